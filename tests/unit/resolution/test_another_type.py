"""What a checklist keeps, and what is asked for no more, when a case is of another type."""

from datetime import date

import pytest

from builders_contracts import ADDRESS, REGISTRATION, an_id
from builders_resolution import ANSWERED, CLAIMED, ROUTED, TODAY, a_case, accepted, the_playbook
from builders_routing import frozen, reclassified, rerouted
from contracts.lifecycle import CaseState
from contracts.resolution import ChecklistItemCompleted, ChecklistItemWaived
from playbook.next_action import allowed_actions
from resolution.domain.checklist import carry_over
from resolution.domain.evidence import is_of_no_use, kinds_to_ask
from resolution.domain.path import path_so_far
from resolution.domain.standing import situation

VERIFICATION = reclassified("identity_verification")
PROVED = ChecklistItemCompleted(item=ADDRESS, evidence=an_id("evd", 4))


def points(state: CaseState) -> dict[str, str]:
    return {one.item: one.state for one in carry_over(the_playbook(), state, TODAY)}


class TestCarryOver:
    def test_writes_the_points_of_the_new_type(self) -> None:
        assert points(a_case(ROUTED, reclassified("payment_dispute"))) == {
            "compared_with_price_list": "open",
            "payment_record": "open",
        }

    def test_keeps_what_is_done_and_waived_where_both_types_ask_it(self) -> None:
        waived = ChecklistItemWaived(item=REGISTRATION, reason="cannot_exist")
        known = accepted(4, ADDRESS, issued_on=TODAY)

        carried = carry_over(
            the_playbook(), a_case(ANSWERED, known, PROVED, waived, VERIFICATION), TODAY
        )

        of = {one.item: one for one in carried}
        assert (of[ADDRESS].state, of[ADDRESS].evidence) == ("done", an_id("evd", 4))
        assert (of[REGISTRATION].state, of[REGISTRATION].reason) == ("waived", "cannot_exist")
        assert of[REGISTRATION].required is False
        assert of["identity_document"].state == "done"
        assert of["bank_confirmation_offered"].state == "open"

    def test_asks_anew_where_a_document_counts_no_more(self) -> None:
        known = accepted(4, ADDRESS, issued_on=date(2026, 1, 2))

        assert points(a_case(ANSWERED, known, PROVED, VERIFICATION))[ADDRESS] == "open"

    def test_remembers_what_was_done_before_the_case_came_back_to_its_type(self) -> None:
        compared = ChecklistItemCompleted(item="compared_with_price_list")
        there = reclassified("payment_dispute")
        back = reclassified("payment_dispute", previous="payout_hold")

        state = a_case(ROUTED, there, compared, reclassified("payout_hold"), back)

        assert points(state)["compared_with_price_list"] == "done"


class TestIsOfNoUse:
    @pytest.mark.parametrize(
        ("kind", "issue_type", "previous", "is_it"),
        [
            (ADDRESS, "identity_verification", "payout_hold", False),
            (REGISTRATION, "identity_verification", "payout_hold", True),
            (REGISTRATION, "payment_dispute", "payout_hold", True),
            ("supplier_invoice", "listing_suppression", "account_suspension", False),
        ],
    )
    def test_tells_by_what_both_types_have_to_see(
        self, kind: str, issue_type: str, previous: str, *, is_it: bool
    ) -> None:
        state = a_case(ROUTED, reclassified(issue_type, previous=previous))

        found = is_of_no_use(the_playbook(), kind, state=state, previous=previous)

        assert found is is_it


class TestKindsToAsk:
    @pytest.mark.covers("IN-15", "CX-9")
    def test_never_name_what_was_handed_in_under_the_old_type(self) -> None:
        assert kinds_to_ask(the_playbook(), a_case(ANSWERED, VERIFICATION), TODAY) == ()


class TestPath:
    def test_tells_each_move_and_the_first_route(self) -> None:
        state = a_case(ROUTED, VERIFICATION, rerouted("seller_care"), frozen("verification"))

        steps = [(one.what, one.about) for one in path_so_far(state)]

        assert steps == [
            ("case.opened", "payout_hold"),
            ("case.routed", "verification"),
            ("case.reclassified", "identity_verification"),
            ("case.rerouted", "seller_care"),
            ("routing.frozen", "ping_pong"),
        ]


class TestFrozen:
    def test_leaves_handing_on_to_the_arbiter_and_nothing_else(self) -> None:
        facts = (*CLAIMED, reclassified("payment_dispute"))
        done = ChecklistItemCompleted(item="compared_with_price_list")

        free, stopped = (
            situation(the_playbook(), a_case([*facts, done, *more]), (), TODAY)
            for more in ((), (frozen(),))
        )

        assert "hand_off" in allowed_actions(the_playbook(), free)
        assert "hand_off" not in allowed_actions(the_playbook(), stopped)
        assert "judge_evidence" in allowed_actions(the_playbook(), stopped)
