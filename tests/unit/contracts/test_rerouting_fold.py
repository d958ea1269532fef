"""The fold of what people change about a route, a type and a lead."""

from builders_contracts import CASE, MARA, a_classification, a_route, an_id, fold_all, numbered
from builders_resolution import CLAIMED
from contracts import routing
from contracts.event import Contract
from contracts.lifecycle import CaseState


def after(*facts: Contract) -> CaseState:
    return fold_all(numbered([*CLAIMED, *facts]))


def rerouted() -> routing.CaseRerouted:
    return routing.CaseRerouted(
        **dict(a_route(queue="seller_care", team="seller_care")),
        previous_queue="verification",
        previous_team="verification",
        reason="wrong_queue",
    )


class TestRerouted:
    def test_takes_the_case_out_of_hands_and_leaves_its_lead(self) -> None:
        state = after(rerouted())

        assert (state.status, state.assignee) == ("queued", None)
        assert state.route is not None
        assert (state.route.queue, state.route.team) == ("seller_care", "seller_care")
        assert state.lead is not None
        assert state.lead.member == MARA


class TestReclassified:
    def test_is_the_type_that_stands(self) -> None:
        known = dict(a_classification()) | {"issue_type": "chargeback", "reason": "wrong_type"}

        state = after(routing.CaseReclassified(**known, previous="payout_hold"))

        assert (state.issue_type, state.status) == ("chargeback", "in_progress")


class TestLeadTransferred:
    def test_names_who_answers_and_leaves_who_works(self) -> None:
        lead = routing.Lead(team="verification", member=an_id("mem", 8))

        state = after(routing.CaseLeadTransferred(lead=lead, reason="absence"))

        assert state.lead == lead
        assert state.assignee is not None
        assert state.assignee.member == MARA


class TestFrozen:
    def test_changes_no_slot(self) -> None:
        frozen = routing.RoutingFrozen(
            reason="ping_pong", trail=("verification",), arbiter_role="council"
        )

        assert after(frozen) == after()
        assert after().case_id == CASE
