"""What an event means for clocks."""

from collections.abc import Sequence

from builders_contracts import (
    ADDRESS,
    CASE,
    REGISTRATION,
    a_handoff_request,
    a_message,
    a_receipt,
    an_id,
    an_item,
    event,
    fold_all,
    numbered,
)
from builders_sla_monitor import OPENED, asked
from contracts.event import Contract
from contracts.resolution import EvidenceRequested, EvidenceWaived
from sla_monitor.domain.happening import Happening, read_event


def happening(facts: Sequence[Contract]) -> Happening:
    """Read the last of some events of a case."""
    return read_event(event(facts[-1]), fold_all(numbered(facts)))


class TestReadEvent:
    def test_names_the_case_and_what_else_it_is_about(self) -> None:
        read = happening((*OPENED, a_handoff_request()))

        assert read.event == "handoff.requested"
        assert read.objects == {"case": (CASE,), "handoff": (an_id("hnd"),)}

    def test_tells_what_a_letter_does(self) -> None:
        assert happening((*OPENED, a_message(1))).traits == {"qualifying", "promises"}
        silent = a_message(1, qualifying=False, update_by=None)
        assert happening((*OPENED, silent)).traits == frozenset()

    def test_sees_the_last_document_of_a_request(self) -> None:
        first = happening((*OPENED, asked(), a_receipt(3, REGISTRATION)))
        last = happening((*OPENED, asked(), a_receipt(3, REGISTRATION), a_receipt(4, ADDRESS)))

        assert first.traits == frozenset()
        assert "request" not in first.objects
        assert last.traits == {"all_received"}
        assert last.objects["request"] == (an_id("req"),)

    def test_sees_a_request_answered_while_another_is_open(self) -> None:
        another = EvidenceRequested(
            request=an_id("req", 2), items=(an_item(3, "invoice"),), due_at=asked().due_at
        )
        facts = (*OPENED, asked(), another, a_receipt(3, "invoice"))

        assert happening(facts).objects["request"] == (an_id("req", 2),)

    def test_counts_a_waived_document_as_answered(self) -> None:
        waived = EvidenceWaived(kind=ADDRESS, item=an_id("itm", 2), reason="not_needed")
        facts = (*OPENED, asked(), a_receipt(3, REGISTRATION), waived)

        assert happening(facts).traits == {"all_received"}
