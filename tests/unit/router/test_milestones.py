"""When nobody has to send a case on."""

import pytest

from builders_contracts import (
    NOON,
    a_case_opened,
    a_classification,
    a_receipt,
    a_route,
    an_id,
    an_item,
    fold_all,
    numbered,
)
from builders_resolution import the_playbook
from builders_routing import frozen, rerouted
from contracts import resolution
from contracts.event import Contract
from contracts.lifecycle import CaseState
from router.domain.milestones import may_move, with_arrived
from router.domain.work import facts_of

OPENED = a_case_opened(issue_type="buyer_dispute", facts={"order_ref": "O-80"})
CLASSIFIED = a_classification().model_copy(update={"issue_type": "buyer_dispute"})
SENT = (OPENED, CLASSIFIED, a_route(queue="orders", rule="dispute_missing_evidence"))


BY_PERSON = rerouted("seller_care").model_copy(update={"rule": "chosen_by_person"})


def case(*facts: Contract) -> CaseState:
    return fold_all(numbered([*SENT, *facts]))


def arrived(*facts: Contract) -> tuple[str, ...]:
    state = case(*facts)
    return with_arrived(the_playbook(), facts_of(state, at=NOON.date()), state).arrived


class TestMayMove:
    def test_where_a_row_of_the_table_sent_it(self) -> None:
        assert may_move(the_playbook(), case())

    @pytest.mark.parametrize(
        "fact",
        [
            pytest.param(BY_PERSON, id="a person sent it"),
            pytest.param(frozen(), id="routing is frozen"),
            pytest.param(
                resolution.CaseResolved(outcome="for_seller", root_cause="x", episode=0),
                id="it has ended",
            ),
            pytest.param(
                resolution.EvidenceRequested(
                    request=an_id("req"), items=(an_item(1, "item_photos"),), due_at=NOON
                ),
                id="it waits for the seller",
            ),
        ],
    )
    def test_not_where_something_else_was_said(self, fact: Contract) -> None:
        state = case(fact)

        assert not may_move(the_playbook(), state)


class TestWithArrived:
    def test_takes_what_came_before_anybody_judged_it(self) -> None:
        assert arrived(a_receipt(3, "item_photos")) == ("item_photos",)

    def test_takes_nothing_that_will_not_do(self) -> None:
        refused = resolution.EvidenceRejected(
            evidence=an_id("evd", 3), kind="item_photos", reason="unreadable"
        )

        assert arrived(a_receipt(3, "item_photos"), refused) == ()

    def test_takes_what_the_case_does_not_need(self) -> None:
        waived = resolution.ChecklistItemWaived(item="shipping_proof", reason="not_needed")

        assert arrived(waived) == ("shipping_proof",)
