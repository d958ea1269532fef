"""The fold of a case: slots, status, lead, and that producers commute."""

from collections.abc import Iterator
from itertools import groupby
from typing import Any

import pytest
from hypothesis import given, settings, strategies as st

from builders_contracts import E1, event, fold_all, opened
from contracts import handoff, resolution, routing
from contracts.lifecycle import CaseState, fold
from contracts.lifecycle.state import Handoff
from contracts.lifecycle.v1 import CaseNotOpened


def upto(count: int) -> CaseState:
    return fold_all(E1[:count])


class TestStatus:
    @pytest.mark.parametrize(
        ("type_of_last", "status", "waiting_on"),
        [
            ("case.opened.v1", "opened", "platform"),
            ("case.routed.v1", "queued", "platform"),
            ("evidence.requested.v1", "waiting_seller", "seller"),
            ("evidence.received.v1", "queued", "platform"),
            ("case.assigned.v1", "in_progress", "platform"),
            ("handoff.requested.v1", "waiting_partner", "partner"),
            ("handoff.accepted.v1", "waiting_partner", "partner"),
            ("handoff.completed.v1", "in_progress", "platform"),
            ("case.resolved.v1", "resolved", "none"),
        ],
    )
    def test_follows_from_the_slots_along_the_first_road(
        self, type_of_last: str, status: str, waiting_on: str
    ) -> None:
        last = max(i for i, e in enumerate(E1) if e.envelope.type == type_of_last)

        state = upto(last + 1)

        assert (state.status, state.waiting_on) == (status, waiting_on)

    def test_stays_with_the_seller_until_the_last_document_has_come(self) -> None:
        first = next(i for i, e in enumerate(E1) if e.envelope.type == "evidence.received.v1")

        assert upto(first + 1).status == "waiting_seller"

    def test_waits_for_a_third_party_only_if_all_do(self) -> None:
        state = upto(len(E1) - 1)
        blocked = state.model_copy(
            update={
                "handoffs": {
                    "a": _a_handoff(party="third_party"),
                    "b": _a_handoff(party="third_party"),
                }
            }
        )
        mixed = state.model_copy(
            update={"handoffs": blocked.handoffs | {"c": _a_handoff(party="partner")}}
        )

        assert (blocked.waiting_on, mixed.waiting_on) == ("third_party", "partner")

    def test_does_not_wait_for_a_handoff_that_does_not_block(self) -> None:
        state = upto(len(E1) - 1)

        free = state.model_copy(update={"handoffs": {"a": _a_handoff(blocking=False)}})

        assert free.status == "in_progress"


def _a_handoff(**changes: object) -> Handoff:
    state = upto(len(E1))
    return next(iter(state.handoffs.values())).model_copy(update={"state": "requested", **changes})


class TestLead:
    @pytest.mark.covers("HO-8", "OW-4")
    def test_is_never_missing_once_routed_and_never_changes_after_assignment(self) -> None:
        leads = [(e.envelope.type, upto(i + 1).lead) for i, e in enumerate(E1) if upto(i + 1).route]

        assert all(lead for _, lead in leads)
        after = [lead for type_, lead in leads[[t for t, _ in leads].index("case.assigned.v1") :]]
        assert len({lead.model_dump_json() for lead in after if lead}) == 1

    def test_stays_when_the_assignee_goes(self) -> None:
        state = upto(len(E1) - 1)
        assert state.assignee
        gone = routing.CaseUnassigned(
            assignment=state.assignee.assignment, member=state.assignee.member, reason="released"
        )

        after = fold(state, event(gone, sequence=4)).state

        assert (after.assignee, after.lead) == (None, state.lead)


class TestItems:
    def test_open_again_when_the_document_is_rejected(self) -> None:
        received = max(i for i, e in enumerate(E1) if e.envelope.type == "evidence.received.v1")
        state = upto(received + 1)
        evidence, of = next(iter(state.evidence.items()))

        after = fold(
            state,
            event(
                resolution.EvidenceRejected(evidence=evidence, kind=of.kind, reason="unreadable")
            ),
        ).state

        assert [item.kind for item in after.open_items.values()] == [of.kind]
        assert after.status == "waiting_seller"

    def test_close_when_waived(self) -> None:
        requested = next(i for i, e in enumerate(E1) if e.envelope.type == "evidence.requested.v1")
        state = upto(requested + 1)

        for id_, item in state.items.items():
            waiver = resolution.EvidenceWaived(item=id_, kind=item.kind, reason="not_needed")
            state = fold(state, event(waiver)).state

        assert state.open_items == {}

    def test_close_on_sight_for_an_upload_that_nobody_had_asked_for(self) -> None:
        """An upload and the request for that kind may cross: the order must not matter."""
        requested = next(e for e in E1 if e.envelope.type == "evidence.requested.v1")
        received = [e for e in E1 if e.envelope.type == "evidence.received.v1"]

        after = fold_all([opened(), *received, requested])

        assert after.open_items == {}


class TestFold:
    def test_needs_the_case_to_be_opened_first(self) -> None:
        with pytest.raises(CaseNotOpened):
            fold(None, E1[1])

    def test_says_when_no_slot_cares(self) -> None:
        state = fold_all([opened()])

        folded = fold(state, event(handoff.HandoffProgressed(handoff="hnd_" + "0" * 26)))

        assert folded.changed is False

    @settings(derandomize=True, deadline=None, max_examples=200)
    @given(data=st.data())
    def test_comes_to_the_same_in_every_order_that_keeps_each_producers_own(
        self, data: st.DataObject
    ) -> None:
        """What a service folds at its own flush may overtake what it has yet to read."""
        streams = {
            producer: list(events)
            for producer, events in groupby(
                sorted(E1[1:], key=lambda e: (e.envelope.producer, e.envelope.sequence)),
                key=lambda e: e.envelope.producer,
            )
        }

        shuffled = [opened(), *_interleaved(streams, data)]

        assert fold_all(shuffled) == fold_all(E1)


def _interleaved(streams: dict[str, list[Any]], data: st.DataObject) -> Iterator[Any]:
    waiting = {producer: list(events) for producer, events in streams.items()}
    while waiting:
        producer = data.draw(st.sampled_from(sorted(waiting)))
        yield waiting[producer].pop(0)
        if not waiting[producer]:
            del waiting[producer]
