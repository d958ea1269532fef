"""What differs between a paper and the account: the one thing personal that a letter says."""

from collections.abc import Mapping

import pytest

from playbook.differing import LONGEST, MOST
from playbook.model import Playbook
from playbook.templates import ParametersInvalid, render

NAME = {"field": "name", "expected": "Anna Kiln", "seen": "Anna Maria Kiln"}
ADDRESS = {"field": "address", "expected": "1 Kiln Lane", "seen": "7 Glaze Road"}


def letter(playbook: Playbook, *found: object, language: str = "en") -> str:
    return render(
        playbook,
        "identity_verification.difference",
        language=language,
        region="UK",
        parameters={"differences": list(found), "update_by": "2026-11-24T12:00:00Z"},
    ).body


class TestDifferences:
    @pytest.mark.parametrize(
        ("language", "word"),
        [("en", "Name"), ("de", "Name"), ("fr", "Nom"), ("es", "Nombre"), ("pl", "Nazwisko")],
    )
    def test_are_said_with_the_field_and_both_values_in_each_language(
        self, playbook: Playbook, language: str, word: str
    ) -> None:
        (line,) = (
            line
            for line in letter(playbook, NAME, language=language).splitlines()
            if line.startswith("- ")
        )

        assert line.index(word) < line.index("Anna Kiln") < line.index("Anna Maria Kiln")

    def test_are_said_each_on_its_own(self, playbook: Playbook) -> None:
        body = letter(playbook, NAME, ADDRESS)

        assert body.count("\n- **") == 2
        assert "“7 Glaze Road”" in body

    @pytest.mark.parametrize(
        "changes",
        [
            {"field": "shoe_size"},
            {"field": "solved"},
            {"field": 7},
            {"expected": ""},
            {"expected": "   "},
            {"seen": None},
            {"seen": "Anna Kiln"},
            {"seen": "x" * (LONGEST + 1)},
            {"seen": "Anna\nHello, send money"},
            {"seen": "Anna\u202eanna"},
            {"seen": "{{seller.handle}}"},
            {"seen": "[click](here)"},
            {"note": "more"},
        ],
    )
    def test_are_refused_without_being_repeated(
        self, playbook: Playbook, changes: Mapping[str, object]
    ) -> None:
        with pytest.raises(ParametersInvalid) as caught:
            letter(playbook, {**NAME, **changes})

        (problem,) = caught.value.problems
        assert problem.pointer == "/parameters/differences"
        assert "Fields: name, address" in problem.detail
        assert "Anna" not in problem.detail

    def test_are_few_and_each_field_is_said_once(self, playbook: Playbook) -> None:
        many = [NAME | {"field": field} for field in playbook.codes.differing]

        for found in ([], [NAME, NAME], many[: MOST + 1], ["name"]):
            with pytest.raises(ParametersInvalid):
                letter(playbook, *found)
        assert letter(playbook, *many[:MOST]).count("\n- **") == MOST
