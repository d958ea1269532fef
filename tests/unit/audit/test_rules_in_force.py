"""Which rule decided a case, and until when each was what held."""

from datetime import timedelta

import pytest

from audit.domain.explanation import Explanation, explain
from audit.domain.rules_in_force import applied_rules, playbook_at
from builders_contracts import E1, NOON, event
from builders_routing import rerouted
from contracts.resolution import DecisionRecorded

FILED, ROUTED = E1[0], E1[2]
LATER = event(rerouted("seller_care"), sequence=3, minute=90)


@pytest.fixture
def told() -> Explanation:
    return explain(enumerate([*E1, LATER]))


class TestAppliedRules:
    @pytest.mark.covers("AU-2", "GV-13")
    def test_name_the_row_and_the_version_of_every_answer(self, told: Explanation) -> None:
        found = [(one.question, one.rules, one.noted.playbook) for one in applied_rules(told)]

        pin = "marketplace-core@1.0.0"
        assert found == [
            ("classification", ("rule",), pin),
            ("route", ("missing_verification_evidence",), pin),
            ("decision", _decided().rules, pin),
            ("route", (LATER.fact.rule,), pin),
        ]

    def test_hold_until_the_next_answer_to_the_same_question(self, told: Explanation) -> None:
        first, second = (one for one in applied_rules(told) if one.question == "route")

        assert (first.until, second.until) == (LATER.time, None)
        just_before = LATER.time - timedelta(milliseconds=1)
        assert (first.held_at(just_before), second.held_at(just_before)) == (True, False)
        assert (first.held_at(LATER.time), second.held_at(LATER.time)) == (False, True)
        assert not first.held_at(ROUTED.time - timedelta(milliseconds=1))

    def test_of_nothing_are_none(self) -> None:
        assert applied_rules(explain([])) == ()


class TestPlaybookAt:
    def test_is_the_pin_from_the_filing_on(self, told: Explanation) -> None:
        assert playbook_at(told, FILED.time) == "marketplace-core@1.0.0"
        assert playbook_at(told, FILED.time - timedelta(seconds=1)) is None
        assert playbook_at(explain([]), NOON) is None


def _decided() -> DecisionRecorded:
    return next(one.fact for one in E1 if isinstance(one.fact, DecisionRecorded))
