"""The schemas that editors use agree with the loader on the playbooks that there are."""

import json
from collections.abc import Iterator
from datetime import date, datetime
from pathlib import Path
from typing import Any

import jsonschema_rs
import pytest
from typer.testing import CliRunner

from playbook.cli import app
from playbook.documents import read_document
from playbook.parts import PARTS
from playbook.schemas import KINDS, schema
from small_playbook import SMALL

CORE = Path(__file__).parents[3] / "playbooks" / "marketplace-core"


def validator(kind: str) -> jsonschema_rs.Draft202012Validator:
    return jsonschema_rs.Draft202012Validator(schema(kind), validate_formats=True)


def _instant(at: date | datetime) -> str:
    return at.isoformat()


def written(path: Path) -> Any:  # noqa: ANN401 - whatever the file holds, as JSON has it
    """Read a file, or the front matter of Markdown, as an editor does: dates are text."""
    text = path.read_text(encoding="utf-8")
    front = text.split("---\n", 2)[1] if path.suffix == ".md" else text
    return json.loads(json.dumps(read_document(path.name, front).content, default=_instant))


def files() -> Iterator[tuple[str, Path]]:
    for folder in (SMALL, CORE):
        for part in PARTS:
            for path in sorted(folder.glob(part.pattern)):
                yield part.name, path


class TestSchema:
    @pytest.mark.parametrize("kind", KINDS)
    def test_accepts_every_file_there_is(self, kind: str) -> None:
        accepts = validator(kind)

        wrong = {
            path.name: [error.message for error in accepts.iter_errors(written(path))]
            for one, path in files()
            if one == kind
        }

        assert {name: errors for name, errors in wrong.items() if errors} == {}

    def test_has_a_file_of_each_kind_to_look_at(self) -> None:
        assert {kind for kind, _ in files()} == set(KINDS)

    @pytest.mark.parametrize(
        ("kind", "file", "old", "new"),
        [
            ("teams", "teams.yaml", "skills: [listings]", "skils: [listings]"),
            ("teams", "teams.yaml", "kind: partner", "kind: stranger"),
            ("retention", "retention.yaml", "keep: 365d", "keep: a year"),
            ("calendars", "calendars.yaml", "mon: [09:00-17:00]", "mon: [nine to five]"),
            ("calendars", "calendars.yaml", "{mon: ", "{monday: "),
            ("severity", "severity.yaml", "amount_at_risk: known", "amount_at_risk: [known]"),
            ("taxonomy", "taxonomy.yaml", "{en: Invoice,", "{in English: Invoice,"),
            ("trees", "trees/listing_not_visible.yaml", "    answers:", "    answer:"),
            ("guardrails", "guardrails.yaml", "offered: true", "offered: false"),
        ],
    )
    def test_refuses_what_the_loader_refuses(
        self, small_folder: Path, kind: str, file: str, old: str, new: str
    ) -> None:
        path = small_folder / file
        text = path.read_text(encoding="utf-8")
        assert old in text

        path.write_text(text.replace(old, new, 1), encoding="utf-8")

        assert not validator(kind).is_valid(written(path))

    def test_asks_front_matter_for_no_body_and_no_folder(self) -> None:
        found = schema("knowledge")

        assert "body" not in found["properties"]
        assert "language" not in found["required"]

    def test_knows_no_other_kind(self) -> None:
        with pytest.raises(KeyError):
            schema("weather")


class TestSchemaCommand:
    def test_prints_one_and_lists_all(self) -> None:
        listed = CliRunner().invoke(app, ["schema"]).output.splitlines()
        printed = CliRunner().invoke(app, ["schema", "routing"]).output

        assert [line.split()[0] for line in listed] == list(KINDS)
        assert json.loads(printed) == schema("routing")
