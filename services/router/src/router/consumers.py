"""Door 2: what the router listens to. One entry a subscription."""

from collections.abc import Mapping
from typing import Final

from chassis.door import Tx
from chassis.subscriptions import Consumer, Subscription, subscribe
from contracts import handoff, resolution
from contracts.cases import (
    CaseLinked,
    CaseMerged,
    CaseOpened,
    EvidenceReceived,
    RecheckReported,
    SellerMessageReceived,
)
from contracts.catalogue import CASES
from contracts.event import Contract, Event
from contracts.resolution import CaseClosed, CaseReopened, CaseResolved
from contracts.sla import (
    Breached,
    ClockCancelled,
    ClockResumed,
    ClockStarted,
    Met,
    TargetChanged,
    Warned,
)
from playbook.model import Playbook, pinned
from router.handlers.end_case import end_case
from router.handlers.follow_handoff import follow_handoff
from router.handlers.judge_anew import judge_anew
from router.handlers.keep_outcome import keep_outcome
from router.handlers.move_when_complete import move_when_complete
from router.handlers.rank_case import note_clock, note_waiting
from router.handlers.requeue_case import requeue_case
from router.handlers.route_case import route_case

MOVES_THE_WAIT: Final[tuple[type[Contract], ...]] = (
    resolution.EvidenceRequested,
    resolution.EvidenceRejected,
    CaseLinked,
    Warned,
    Breached,
)
"""Whatever may change whom a case waits for, or that its seller was to end it alone."""
PASSES: Final = "passes"
COMPLETES: Final[tuple[type[Contract], ...]] = (
    EvidenceReceived,
    resolution.EvidenceAccepted,
    resolution.EvidenceWaived,
    resolution.ChecklistItemWaived,
)
"""The same, and what may be the last that was missing."""
HANDED_ON: Final[tuple[type[Contract], ...]] = (
    handoff.HandoffRequested,
    handoff.HandoffReturned,
    handoff.HandoffLapsed,
    handoff.HandoffRecalled,
    handoff.HandoffCompleted,
)
"""The same, and whatever sends a case to a team or back."""


def router_consumer(playbooks: Mapping[str, Playbook]) -> Consumer:
    return Consumer(
        name="router",
        topics=(CASES,),
        subscriptions=(
            _route(playbooks),
            _judge_anew(playbooks),
            subscribe(ClockStarted, _on_clock_started),
            subscribe(ClockResumed, _on_clock_resumed),
            subscribe(TargetChanged, _on_target_changed),
            subscribe(Met, _on_met),
            subscribe(ClockCancelled, _on_clock_cancelled),
            *(subscribe(contract, _on_wait_moved) for contract in MOVES_THE_WAIT),
            *_milestones(playbooks),
            subscribe(RecheckReported, _on_recheck_reported),
            *(subscribe(contract, _on_handed_on) for contract in HANDED_ON),
            subscribe(CaseResolved, _on_case_resolved),
            subscribe(CaseClosed, _on_case_ended),
            subscribe(CaseMerged, _on_case_ended),
            _requeue(playbooks),
        ),
    )


def _route(playbooks: Mapping[str, Playbook]) -> Subscription:
    async def on_case_opened(event: Event[CaseOpened], /, *, tx: Tx) -> None:
        pin = tx.views[event.subject].state.playbook
        await route_case(event, tx=tx, playbook=pinned(playbooks, pin))

    return subscribe(CaseOpened, on_case_opened)


def _milestones(playbooks: Mapping[str, Playbook]) -> tuple[Subscription, ...]:
    async def on_less_missing(event: Event[Contract], /, *, tx: Tx) -> None:
        await note_waiting(event.subject, tx=tx)
        playbook = pinned(playbooks, tx.views[event.subject].state.playbook)
        await move_when_complete(event, tx=tx, playbook=playbook)

    return tuple(subscribe(contract, on_less_missing) for contract in COMPLETES)


def _judge_anew(playbooks: Mapping[str, Playbook]) -> Subscription:
    async def on_seller_message(event: Event[SellerMessageReceived], /, *, tx: Tx) -> None:
        await note_waiting(event.subject, tx=tx)
        if event.fact.facts:
            pin = tx.views[event.subject].state.playbook
            await judge_anew(event, tx=tx, playbook=pinned(playbooks, pin))

    return subscribe(SellerMessageReceived, on_seller_message)


def _requeue(playbooks: Mapping[str, Playbook]) -> Subscription:
    async def on_case_reopened(event: Event[CaseReopened], /, *, tx: Tx) -> None:
        pin = tx.views[event.subject].state.playbook
        await requeue_case(event, tx=tx, playbook=pinned(playbooks, pin))

    return subscribe(CaseReopened, on_case_reopened)


async def _on_clock_started(event: Event[ClockStarted], /, *, tx: Tx) -> None:
    clock = event.fact
    await note_clock(event.subject, clock=clock.clock, kind=clock.kind, due_at=clock.due_at, tx=tx)


async def _on_clock_resumed(event: Event[ClockResumed], /, *, tx: Tx) -> None:
    clock = event.fact
    await note_clock(event.subject, clock=clock.clock, kind=clock.kind, due_at=clock.due_at, tx=tx)


async def _on_target_changed(event: Event[TargetChanged], /, *, tx: Tx) -> None:
    clock = event.fact
    if clock.due_at is not None:
        await note_clock(
            event.subject, clock=clock.clock, kind=clock.kind, due_at=clock.due_at, tx=tx
        )


async def _on_met(event: Event[Met], /, *, tx: Tx) -> None:
    clock = event.fact
    await note_clock(event.subject, clock=clock.clock, kind=clock.kind, due_at=None, tx=tx)


async def _on_clock_cancelled(event: Event[ClockCancelled], /, *, tx: Tx) -> None:
    clock = event.fact
    await note_clock(event.subject, clock=clock.clock, kind=clock.kind, due_at=None, tx=tx)


async def _on_wait_moved(event: Event[Contract], /, *, tx: Tx) -> None:
    await note_waiting(event.subject, tx=tx)


async def _on_recheck_reported(event: Event[RecheckReported], /, *, tx: Tx) -> None:
    if event.fact.result != PASSES:  # one that passes ends the case, or a person has it
        await note_waiting(event.subject, tx=tx)


async def _on_handed_on(event: Event[Contract], /, *, tx: Tx) -> None:
    await note_waiting(event.subject, tx=tx)
    await follow_handoff(event, tx=tx)


async def _on_case_resolved(event: Event[CaseResolved], /, *, tx: Tx) -> None:
    await keep_outcome(event, tx=tx)
    await end_case(event.subject, ended_at=event.time, tx=tx)


async def _on_case_ended(event: Event[Contract], /, *, tx: Tx) -> None:
    await end_case(event.subject, ended_at=event.time, tx=tx)
