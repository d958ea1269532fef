"""Door 2: what intake hears. It folds all of `cases.v1`; these move a case, or erase a seller."""

from typing import Final

from chassis.consumer import Consumer, Subscription, subscribe
from contracts import handoff, resolution, routing
from contracts.catalogue import CASES, GOVERNANCE
from contracts.event import Contract
from contracts.vault import SellerErased
from intake.handlers.follow_case import follow_case
from intake.handlers.forget_seller import forget_seller

_MOVING: Final[tuple[type[Contract], ...]] = (
    routing.CaseTriageRequired,
    routing.CaseClassified,
    routing.CaseReclassified,
    routing.CaseRouted,
    routing.CaseRerouted,
    routing.CaseAssigned,
    routing.CaseUnassigned,
    resolution.EvidenceRequested,
    resolution.EvidenceRejected,
    resolution.EvidenceWaived,
    resolution.CaseResolved,
    resolution.CaseReopened,
    resolution.CaseClosed,
    handoff.HandoffRequested,
    handoff.HandoffReturned,
    handoff.HandoffLapsed,
    handoff.HandoffRecalled,
    handoff.HandoffCompleted,
)
SUBSCRIPTIONS: Final[tuple[Subscription, ...]] = (
    *(subscribe(contract, follow_case) for contract in _MOVING),
    subscribe(SellerErased, forget_seller),
)
CONSUMER: Final = Consumer(name="intake", topics=(CASES, GOVERNANCE), subscriptions=SUBSCRIPTIONS)
