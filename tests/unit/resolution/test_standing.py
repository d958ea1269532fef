"""Where a case stands, what happened to it, and where the next action is done."""

import pytest

from builders_contracts import (
    ADDRESS,
    E1,
    MARA,
    NOON,
    REGISTRATION,
    a_case_opened,
    a_handoff_request,
    a_receipt,
    an_id,
    event,
    fold_all,
)
from builders_resolution import (
    ADDRESS_PROOF,
    ANSWERED,
    ASKED,
    CLAIMED,
    TODAY,
    a_case,
    rejected,
    the_playbook,
)
from contracts import handoff, resolution
from resolution.domain.actions import place_of
from resolution.domain.checklist import Point, instantiate, point_of
from resolution.domain.path import path_so_far
from resolution.domain.standing import authority_level, situation

CASE = an_id("case")


class TestSituation:
    def test_sums_up_the_fold_and_the_checklist(self) -> None:
        state = a_case(CLAIMED)
        points = instantiate(the_playbook(), state, TODAY)

        found = situation(the_playbook(), state, points, TODAY)

        assert (found.status, found.waiting_on, found.assigned) == ("in_progress", "platform", True)
        assert found.to_judge == (REGISTRATION, ADDRESS)
        assert found.missing == (REGISTRATION, ADDRESS)
        assert found.requested == ()
        assert found.checklist["identity_document"] == "done"
        assert found.authority_level == 2

    def test_names_what_was_asked_for(self) -> None:
        found = situation(the_playbook(), a_case(ASKED), (), TODAY)

        assert found.requested == (REGISTRATION, ADDRESS)

    def test_tells_open_handoffs_from_completed_ones(self) -> None:
        offered = a_case(CLAIMED, a_handoff_request())
        done = handoff.HandoffCompleted(handoff=an_id("hnd"), team="finance", result={})
        completed = a_case(CLAIMED, a_handoff_request(), done)

        assert situation(the_playbook(), offered, (), TODAY).open_handoffs == ("finance",)
        assert situation(the_playbook(), completed, (), TODAY).completed_handoffs == ("finance",)


class TestAuthorityLevel:
    def test_is_as_classified(self) -> None:
        assert authority_level(the_playbook(), a_case()) == 2

    def test_is_else_the_issue_types(self) -> None:
        unclassified = a_case([a_case_opened(issue_type="listing_error")])

        assert authority_level(the_playbook(), unclassified) == 1

    def test_is_the_most_for_a_type_that_nobody_knows(self) -> None:
        unknown = a_case([a_case_opened(issue_type="telepathy")])

        assert authority_level(the_playbook(), unknown) == 4


class TestChecklist:
    @pytest.mark.covers("SC-8")
    def test_starts_with_done_what_is_on_file(self) -> None:
        points = instantiate(the_playbook(), a_case(), TODAY)

        assert [(p.item, p.state) for p in points] == [
            ("identity_document", "done"),
            ("business_registration", "open"),
            ("proof_of_address", "open"),
        ]

    def test_finds_the_open_point_of_a_kind(self) -> None:
        points = (
            Point(item="a", kind=ADDRESS, required=True, state="done"),
            Point(item="b", kind=ADDRESS, required=True, state="open"),
        )

        assert point_of(points, ADDRESS) == points[1]
        assert point_of(points, REGISTRATION) is None


class TestPlaceOf:
    @pytest.mark.parametrize(
        ("verb", "service", "place"),
        [
            ("claim", "router", "/assignment"),
            ("hand_off", "handoff", "/handoffs"),
            ("decide", "resolution", "/decisions"),
            ("request_evidence", "resolution", "/evidence-requests"),
            ("judge_evidence", "resolution", f"/evidence/{an_id('evd', 3)}/judgement"),
            ("wait_for_seller", "resolution", ""),
        ],
    )
    def test_is_where_the_verb_is_done(self, verb: str, service: str, place: str) -> None:
        assert place_of(a_case(ANSWERED), verb) == (service, f"/v1/cases/{CASE}{place}")


class TestPathSoFar:
    def test_tells_the_first_road_in_order(self) -> None:
        path = path_so_far(fold_all(E1))

        assert [one.what for one in path] == [
            "case.opened",
            "case.routed",
            "seller.message_sent",
            "evidence.received",
            "evidence.received",
            "case.assigned",
            "evidence.accepted",
            "checklist.item_completed",
            "evidence.accepted",
            "checklist.item_completed",
            "handoff.requested",
            "decision.recorded",
            "seller.message_sent",
            "case.resolved",
        ]
        assert path[5].about == MARA

    def test_tells_what_was_waived_and_rejected(self) -> None:
        waived = resolution.ChecklistItemWaived(item=ADDRESS, reason="already_proven")
        state = a_case(ANSWERED, rejected(3, REGISTRATION), waived, a_receipt(5, REGISTRATION))

        told = [one.what for one in path_so_far(state)]

        assert told[-3:] == ["evidence.rejected", "checklist.item_waived", "evidence.received"]

    def test_tells_a_judgement_of_what_has_not_arrived(self) -> None:
        state = a_case(ASKED, rejected(4, ADDRESS))

        assert path_so_far(state)[-1].about == ADDRESS_PROOF

    def test_ends_with_how_the_case_was_closed(self) -> None:
        closed = event(resolution.CaseClosed(outcome="released"), minute=60)
        state = fold_all([*E1, closed]).model_copy(update={"withdrawn_at": NOON})

        told = [one.what for one in path_so_far(state)]

        assert told[-1] == "case.closed"
        assert "case.withdrawn" in told

    def test_begins_before_the_route(self) -> None:
        assert [one.what for one in path_so_far(a_case([a_case_opened()]))] == ["case.opened"]
