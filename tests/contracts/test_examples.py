"""What the services' documents show as an example is a code of the playbook's list."""

import json
import re
from collections.abc import Iterator
from pathlib import Path

from builders_resolution import the_playbook

ROOT = Path(__file__).parents[2]
_NAMES_A_LIST = re.compile(r"playbook's list `?([a-z_]+)")


def examples() -> Iterator[tuple[str, str, str]]:
    """Yield where an example stands, the list that its field names, and the example."""
    for path in sorted((ROOT / "services").glob("*/openapi.json")):
        schemas = json.loads(path.read_bytes())["components"]["schemas"]
        for name, schema in schemas.items():
            for field, about in schema.get("properties", {}).items():
                for codes in _NAMES_A_LIST.findall(about.get("description", "")):
                    for example in about.get("examples", []):
                        yield f"{path.parent.name}: {name}.{field}", codes, example


class TestExamples:
    def test_of_codes_are_on_the_list_that_they_name(self) -> None:
        codes, shown = the_playbook().codes, list(examples())

        strangers = [one for one in shown if one[2] not in getattr(codes, one[1])]

        assert "classification" in {named for _, named, _ in shown}
        assert strangers == []
