"""Which cases of a seller are the same trouble, what follows from their number, and the lint."""

from datetime import timedelta

import pytest

from playbook.case import CaseFacts
from playbook.classify import classify
from playbook.judgement import case_facts
from playbook.model import Playbook
from playbook.repeats import repeat_marks, repeat_window
from scenario_filings import example, the_playbook
from small_playbook import Spoil

CAUSES = "    root_causes: [data_defect, policy_breach, marketplace_mistake]\n"
TWO_ROWS = """{rule: a, root_cause: data_defect, when: {repeats: ">= 2"}},
      {rule: b, root_cause: data_defect, when: {repeats: ">= 3"}}"""


def fifth() -> CaseFacts:
    return case_facts(the_playbook(), example("e4_one_payout_after_another").case)


class TestRepeatMarks:
    def test_takes_what_makes_it_the_same_trouble(self) -> None:
        facts = {"hold_code": "charge_method", "payout_ref": "PO-1"}

        assert repeat_marks(the_playbook(), "payout_hold", facts) == ("charge_method",)

    def test_are_none_when_one_is_not_known(self) -> None:
        assert repeat_marks(the_playbook(), "payout_hold", {"payout_ref": "PO-1"}) is None

    def test_are_none_of_a_type_that_names_none(self, playbook: Playbook) -> None:
        assert repeat_marks(playbook, "listing_suppression", {"notice": "data"}) is None
        assert repeat_marks(playbook, "of_tomorrow", {}) is None


class TestRepeatWindow:
    def test_is_as_the_type_says(self, playbook: Playbook) -> None:
        assert repeat_window(the_playbook(), "payout_hold") == timedelta(days=90)
        assert repeat_window(playbook, "listing_suppression") == timedelta()
        assert repeat_window(playbook, "of_tomorrow") == timedelta()


class TestSuspicion:
    def test_goes_before_what_a_single_fact_hints_at_and_says_why(self) -> None:
        found = classify(the_playbook(), fifth())

        assert found.root_cause_hint == "product_defect"
        told = {one.field: (one.op, one.seen, one.held) for one in found.predicates}
        assert told["repeats"] == ("at_least", ("4",), True)


class TestLint:
    @pytest.mark.parametrize(
        ("rule", "line"),
        [
            ("{marks: [nothing_asked], within: 3d}", "fact of the type"),
            ("{marks: [notice, notice], within: 3d}", "each mark once"),
            ("{marks: [story], within: 3d}", "not sealed"),
            ("{marks: [listing_ref], within: 3d}", "several cases can share"),
            ("{marks: [], within: 3d}", "at least 1"),
            ("{marks: [notice]}", "within"),
        ],
    )
    def test_holds_marks_to_the_facts_of_their_type(
        self, spoil: Spoil, rule: str, line: str
    ) -> None:
        problems = spoil("taxonomy.yaml", CAUSES, f"{CAUSES}    repeat: {rule}\n")

        assert any("taxonomy.yaml:32:" in one and line in one for one in problems), problems

    @pytest.mark.parametrize(
        ("rows", "line"),
        [
            ("{rule: a, root_cause: moon_phase}", "root cause"),
            ("{rule: a, root_cause: data_defect, when: {facts.story: x}}", "a clear input"),
            ("{rule: a, root_cause: data_defect, when: {repeats: often}}", "number"),
            (
                TWO_ROWS,
                "b, which rows above always take",
            ),
        ],
    )
    def test_holds_suspicions_to_what_is_known_and_can_be_reached(
        self, spoil: Spoil, rows: str, line: str
    ) -> None:
        problems = spoil("taxonomy.yaml", CAUSES, f"{CAUSES}    suspicions: [{rows}]\n")

        assert any("taxonomy.yaml:3" in one and line in one for one in problems), problems
