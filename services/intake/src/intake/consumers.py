"""Door 2: what intake hears. It folds all of `cases.v1`; these events move a filed case."""

from typing import Final

from chassis.consumer import Consumer, Subscription, subscribe
from contracts import handoff, resolution, routing
from contracts.catalogue import CASES
from contracts.event import Contract
from intake.handlers.follow_case import follow_case

_MOVING: Final[tuple[type[Contract], ...]] = (
    routing.CaseTriageRequired,
    routing.CaseClassified,
    routing.CaseRouted,
    routing.CaseAssigned,
    routing.CaseUnassigned,
    resolution.EvidenceRequested,
    resolution.EvidenceRejected,
    resolution.EvidenceWaived,
    resolution.CaseResolved,
    resolution.CaseClosed,
    handoff.HandoffRequested,
    handoff.HandoffReturned,
    handoff.HandoffLapsed,
    handoff.HandoffRecalled,
    handoff.HandoffCompleted,
)
SUBSCRIPTIONS: Final[tuple[Subscription, ...]] = tuple(
    subscribe(contract, follow_case) for contract in _MOVING
)
CONSUMER: Final = Consumer(name="intake", topics=(CASES,), subscriptions=SUBSCRIPTIONS)
