"""What a service would recognise a seller by: an erasure has to clear it there."""

import json
import re
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

SERVICES = Path(__file__).parents[2] / "services"
CLEARED_BY = {"intake"}
CHANGING = {"post", "put", "patch"}
KEY = "Idempotency-Key"
_TAG = re.compile(r"^\s*(?:add column )?([a-z_]*tag)\s+bytea", re.MULTILINE)


def operations() -> Iterator[tuple[str, Mapping[str, Any]]]:
    for page in sorted(SERVICES.glob("*/openapi.json")):
        for methods in json.loads(page.read_text())["paths"].values():
            for method, operation in methods.items():
                if method in CHANGING:
                    yield page.parent.name, operation


class TestStoredAnswers:
    def test_of_sellers_are_kept_where_they_are_cleared(self) -> None:
        """A seller's answers are kept under the tag of its handle, which only intake can find."""
        keeping = {
            service
            for service, operation in operations()
            if "seller" in operation.get("x-roles", ())
            and KEY in {one["name"] for one in operation.get("parameters", ())}
        }

        assert keeping == CLEARED_BY


class TestTags:
    def test_are_columns_of_services_that_clear_them(self) -> None:
        tagging = {
            migration.parents[2].name: set(_TAG.findall(migration.read_text()))
            for migration in SERVICES.glob("*/migrations/versions/*.py")
            if _TAG.search(migration.read_text())
        }

        assert tagging == {"intake": {"ref_tag", "subject_tag", "file_tag"}}
