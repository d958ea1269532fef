"""Two services act on one case at once: in whatever order the log has it, all come to the same."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any, Final

import pytest

from builders_contracts import (
    ADDRESS,
    E1,
    MARA,
    REGISTRATION,
    a_handoff_request,
    a_receipt,
    an_id,
    an_item,
    event,
    fold_all,
)
from contracts import cases, handoff, resolution, routing
from contracts.event import Contract, Event
from contracts.lifecycle import CaseState

ROUTED: Final = E1[:3]
ASSIGNED: Final = routing.CaseAssigned(
    assignment=an_id("asg", 2), member=MARA, team="verification", queue="verification", lead=True
)
RESOLVED: Final = resolution.CaseResolved(
    outcome="released", root_cause="verification_expired", episode=0
)
SILENCE: Final = resolution.CaseResolved(outcome="no_response", root_cause="no_response", episode=0)


@dataclass(frozen=True, slots=True, kw_only=True)
class Race:
    """Who says what at the same time, what follows from both, and how the case ends up."""

    first: Contract
    second: Contract
    after: tuple[Contract, ...] = ()
    ends: Callable[[CaseState], bool]


RACES: Final = {
    "handoff requested, case ended: handoff recalls": Race(
        first=a_handoff_request(),
        second=RESOLVED,
        after=(handoff.HandoffRecalled(handoff=an_id("hnd"), reason="case_ended"),),
        ends=lambda case: (
            case.status == "resolved" and case.handoffs[an_id("hnd")].state == "recalled"
        ),
    ),
    "assigned, case ended: router unassigns": Race(
        first=ASSIGNED,
        second=RESOLVED,
        after=(
            routing.CaseUnassigned(assignment=an_id("asg", 2), member=MARA, reason="case_ended"),
        ),
        ends=lambda case: case.status == "resolved" and case.assignee is None,
    ),
    "requested, uploaded unasked: the item is closed on sight": Race(
        first=resolution.EvidenceRequested(
            request=an_id("req"),
            items=(an_item(1, REGISTRATION),),
            due_at=E1[0].time,
        ),
        second=a_receipt(3, REGISTRATION),
        ends=lambda case: case.waiting_on != "seller",
    ),
    "requested two, uploaded one unasked: the other stays open": Race(
        first=resolution.EvidenceRequested(
            request=an_id("req"),
            items=(an_item(1, REGISTRATION), an_item(2, ADDRESS)),
            due_at=E1[0].time,
        ),
        second=a_receipt(3, REGISTRATION),
        ends=lambda case: case.waiting_on == "seller",
    ),
    "uploaded, ended by silence": Race(
        first=a_receipt(3, REGISTRATION),
        second=SILENCE,
        ends=lambda case: case.outcome == "no_response" and an_id("evd", 3) in case.evidence,
    ),
    "merged, decided elsewhere": Race(
        first=cases.CaseMerged(into=an_id("case", 2), reason="filed_twice"),
        second=RESOLVED,
        ends=lambda case: case.status == "merged" and case.waiting_on == "none",
    ),
    "merged, handed on: handoff recalls": Race(
        first=a_handoff_request(),
        second=cases.CaseMerged(into=an_id("case", 2), reason="filed_twice"),
        after=(handoff.HandoffRecalled(handoff=an_id("hnd"), reason="case_ended"),),
        ends=lambda case: case.status == "merged" and not case.blocking_handoffs,
    ),
    "handoff accepted, seller uploads": Race(
        first=a_handoff_request(),
        second=a_receipt(3, REGISTRATION),
        after=(handoff.HandoffAccepted(handoff=an_id("hnd"), team="finance"),),
        ends=lambda case: case.status == "waiting_partner",
    ),
}


class TestRaces:
    @pytest.mark.fault(115)
    @pytest.mark.parametrize("name", RACES)
    def test_end_the_same_whoever_comes_first(self, name: str) -> None:
        race = RACES[name]
        ends = [fold_all([*ROUTED, *order]) for order in _interleavings(race)]

        assert len(ends) > 1
        assert all(state == ends[0] for state in ends)
        assert race.ends(ends[0])


def _interleavings(race: Race) -> Iterator[Sequence[Event[Any]]]:
    """Put one before the other, and the other before the one; each event keeps its own time."""
    first, second, *after = _timed([race.first, race.second, *race.after])
    yield [first, second, *after]
    yield [second, first, *after]
    if after and after[0].envelope.producer == first.envelope.producer:
        # A service that folds what it says when it says it: its own words first, both of them.
        yield [first, *after, second]


def _timed(facts: Sequence[Contract]) -> list[Event[Any]]:
    return [event(fact, sequence=9 + n, minute=30 + n) for n, fact in enumerate(facts)]
