"""What ends without a person, and what the loader refuses of it."""

from dataclasses import replace
from pathlib import Path
from typing import Final

import pytest

from playbook.load import PlaybookInvalid, load_playbook
from playbook.no_touch import Weight, explain_no_touch, find_no_touch
from scenario_filings import the_playbook

SEEN: Final = {"facts.named_policy": ("content",), "facts.named_field": ("bullet",)}
LIGHT: Final = Weight(
    issue_type="listing_suppression",
    severity="low",
    authority_level=2,
    signals=("none", "none", "none"),
    policy_conflict=False,
)
ROW: Final = """    no_touch:
      - rule: mended
        when: {facts.notice: policy}
        letter: care.first_response
        settled_by_check: []
        decision: answer
        outcome: solved
        root_cause: policy_breach
        reasons: [solved]
        redress: none
        owner: care
"""


class TestFindNoTouch:
    def test_takes_the_row_whose_conditions_hold(self) -> None:
        row = find_no_touch(the_playbook(), LIGHT, SEEN)

        assert row is not None
        assert row.rule == "seller_mends_named_part"

    @pytest.mark.covers("RO-10")
    @pytest.mark.parametrize(
        "weight",
        [
            replace(LIGHT, severity="medium"),
            replace(LIGHT, signals=("none", "low", "none")),
            replace(LIGHT, policy_conflict=True),
            replace(LIGHT, authority_level=3),
            replace(LIGHT, issue_type="policy_appeal"),
            replace(LIGHT, issue_type="of_tomorrow"),
        ],
    )
    def test_takes_none_for_what_weighs_anything(self, weight: Weight) -> None:
        assert find_no_touch(the_playbook(), weight, SEEN) is None

    def test_takes_none_whose_conditions_do_not_hold(self) -> None:
        assert find_no_touch(the_playbook(), LIGHT, {"facts.named_policy": ("content",)}) is None

    def test_says_what_made_it_hold(self) -> None:
        row = find_no_touch(the_playbook(), LIGHT, SEEN)
        assert row is not None

        told = explain_no_touch(the_playbook(), "listing_suppression", row, SEEN)

        assert {one.field for one in told} == {
            "facts.named_policy",
            "facts.named_field",
            "facts.comes_back",
        }
        assert all(one.held for one in told)


class TestCheckNoTouch:
    @pytest.mark.covers("RO-10")
    @pytest.mark.parametrize(
        ("old", "new", "says"),
        [
            (
                "rule: mended\n",
                "rule: mended\n        severity: high\n",
                "expected severity `low`: whatever weighs more, a person looks at, found high",
            ),
            (
                "outcome: solved",
                "outcome: declined",
                "expected an outcome that is not against the seller (solved), since only a",
            ),
            ("decision: answer", "decision: guess", "expected a known decision (answer), found"),
            ("cause: policy_breach", "cause: fate", "expected a known root cause ("),
            ("reasons: [solved]", "reasons: [won]", "expected a known reason (policy_applied"),
            ("redress: none", "redress: gold", "expected a known redress ("),
            ("owner: care", "owner: nobody", "expected a known team (brands, care), found nobody"),
            (
                "letter: care.first_response",
                "letter: care.none",
                "expected a known letter for this type (",
            ),
            ("{facts.notice: policy}", "{}", "expected conditions: not every case of a type ends"),
            (
                "{facts.notice: policy}",
                "{facts.notice: a_dream}",
                "expected ",
            ),
            ("check: []", "check: [invoice]", "expected a known point without a document ("),
            ("check: []", "check: []", "expected invoice, which a decision waits for, found none"),
        ],
    )
    def test_refuses_what_a_person_has_to_decide_or_nobody_can_say(
        self, small_folder: Path, old: str, new: str, says: str
    ) -> None:
        assert ROW.count(old) == 1

        problems = lint(small_folder, ROW.replace(old, new))

        found = [one for one in problems if one.startswith("taxonomy.yaml:") and says in one]
        assert found, problems

    @pytest.mark.covers("RO-10")
    def test_refuses_it_where_a_person_always_decides(self, small_folder: Path) -> None:
        file = small_folder / "guardrails.yaml"
        bound = "human_decides: [listing_suppression]\n"
        file.write_text(file.read_text(encoding="utf-8") + bound, encoding="utf-8")

        problems = lint(small_folder, ROW)

        says = "expected no way without a person: guardrails.yaml says that a person decides"
        assert any(says in one for one in problems), problems


def lint(folder: Path, row: str) -> tuple[str, ...]:
    path = folder / "taxonomy.yaml"
    text = path.read_text(encoding="utf-8")
    before = "    rules:\n      - {rule: suppressed_by_words"
    assert text.count(before) == 1
    path.write_text(text.replace(before, row + before), encoding="utf-8")
    with pytest.raises(PlaybookInvalid) as caught:
        load_playbook(folder)
    return caught.value.problems
