"""How far a case may climb when a person asks for it."""

import pytest

from builders_contracts import a_case_opened, a_classification, a_route, fold_all, numbered
from builders_resolution import the_playbook
from contracts.lifecycle import CaseState
from contracts.routing import Signals
from sla_monitor.domain.climbing import LevelUnknown, manual_step

REASON = the_playbook().codes.escalation[0]
COUNCIL = 3


def a_case(issue_type: str, *, safety: str = "none", conflict: bool = False) -> CaseState:
    signals = Signals(financial="none", legal="none", safety=safety, policy_conflict=conflict)
    found = a_classification().model_copy(update={"issue_type": issue_type, "signals": signals})
    return fold_all(numbered((a_case_opened(issue_type=issue_type), found, a_route())))


class TestManualStep:
    @pytest.mark.covers("ES-7")
    @pytest.mark.parametrize(
        ("issue_type", "levels"), [("policy_clarification", "1."), ("payment_dispute", "1, 2.")]
    )
    def test_stops_at_the_boundary_of_its_type(self, issue_type: str, levels: str) -> None:
        with pytest.raises(LevelUnknown) as caught:
            manual_step(REASON, COUNCIL, state=a_case(issue_type), playbook=the_playbook())

        assert levels in caught.value.errors[0].detail

    @pytest.mark.parametrize(
        "state",
        [
            a_case("payout_hold"),
            a_case("payment_dispute", safety="high"),
            a_case("payment_dispute", conflict=True),
        ],
    )
    def test_goes_to_the_council_where_it_may_look(self, state: CaseState) -> None:
        step = manual_step(REASON, COUNCIL, state=state, playbook=the_playbook())

        assert (step.level, step.target_role) == (COUNCIL, "council")
