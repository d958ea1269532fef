"""The fold of what people change about a route, a type and a lead."""

from builders_contracts import MARA, an_id, fold_all, numbered
from builders_resolution import CLAIMED
from builders_routing import frozen, reclassified, rerouted, unfrozen
from contracts import routing
from contracts.event import Contract
from contracts.lifecycle import CaseState

FROZEN = frozen("verification")


def after(*facts: Contract) -> CaseState:
    return fold_all(numbered([*CLAIMED, *facts]))


class TestRerouted:
    def test_takes_the_case_out_of_hands_and_leaves_its_lead(self) -> None:
        state = after(rerouted("seller_care"))

        assert (state.status, state.assignee) == ("queued", None)
        assert state.route is not None
        assert (state.route.queue, state.route.team) == ("seller_care", "seller_care")
        assert state.lead is not None
        assert state.lead.member == MARA


class TestReclassified:
    def test_is_the_type_that_stands(self) -> None:
        state = after(reclassified("chargeback"))

        assert (state.issue_type, state.status) == ("chargeback", "in_progress")


class TestLeadTransferred:
    def test_names_who_answers_and_leaves_who_works(self) -> None:
        lead = routing.Lead(team="verification", member=an_id("mem", 8))

        state = after(routing.CaseLeadTransferred(lead=lead, reason="absence"))

        assert state.lead == lead
        assert state.assignee is not None
        assert state.assignee.member == MARA


class TestMoves:
    def test_keep_what_later_ones_overwrite(self) -> None:
        state = after(reclassified("chargeback"), rerouted("seller_care"), rerouted("seller_care"))

        assert [(one.what, one.about) for one in state.moves] == [
            ("case.reclassified", "chargeback"),
            ("case.routed", "verification"),
            ("case.assigned", MARA),
            ("case.rerouted", "seller_care"),
            ("case.rerouted", "seller_care"),
        ]
        first = after().route
        assert first is not None
        assert state.moves[1].at == first.routed_at


class TestUnassigned:
    def test_keeps_that_somebody_had_the_case(self) -> None:
        left = routing.CaseUnassigned(assignment=an_id("asg"), member=MARA, reason="absence")

        state = after(left)

        assert state.assignee is None
        assert [(one.what, one.about) for one in state.moves] == [("case.assigned", MARA)]


class TestFrozen:
    def test_holds_until_the_arbiter_has_decided(self) -> None:
        state, later = after(FROZEN), after(FROZEN, unfrozen("seller_care"))

        assert not after().is_frozen
        assert state.is_frozen
        assert state.freeze is not None
        assert (state.freeze.trail, state.freeze.arbiter_role) == (("verification",), "council")
        assert not later.is_frozen
        assert later.freeze is not None
        assert later.freeze.decided_for == "seller_care"

    def test_again_after_the_arbiter(self) -> None:
        assert after(FROZEN, unfrozen("seller_care"), FROZEN).is_frozen

    def test_over_without_a_freeze_changes_none(self) -> None:
        assert after(unfrozen("seller_care")).freeze is None
