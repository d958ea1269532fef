"""Door 2: what the SLA monitor listens to. Every event that may move a clock or end a wait."""

from collections.abc import Callable, Mapping
from datetime import datetime
from functools import partial
from typing import Final

from chassis.consumer import Consumer, Permanent, subscribe
from chassis.door import Tx
from contracts import assets, cases, handoff, resolution, routing
from contracts.catalogue import CASES, GOVERNANCE
from contracts.event import Contract, Event
from sla_monitor.domain.climbing import PING_PONG
from sla_monitor.domain.escalations import ARBITRATED
from sla_monitor.domain.following import Rules
from sla_monitor.handlers.call_arbiter import call_arbiter
from sla_monitor.handlers.call_at_once import call_at_once
from sla_monitor.handlers.enrol_member import enrol_member
from sla_monitor.handlers.follow_case import follow_case
from sla_monitor.handlers.resolve_escalation import end_of_trigger
from sla_monitor.handlers.tell_council import tell_council
from sla_monitor.store import partitions, sla_cases

FOLLOWED: Final[tuple[type[Contract], ...]] = (
    cases.CaseOpened,
    cases.CaseMerged,
    cases.EvidenceReceived,
    cases.SellerMessageReceived,
    routing.CaseRouted,
    routing.CaseReclassified,
    routing.CaseRerouted,
    routing.CaseAssigned,
    resolution.EvidenceRequested,
    resolution.EvidenceAccepted,
    resolution.EvidenceRejected,
    resolution.EvidenceWaived,
    resolution.SellerMessageSent,
    resolution.CaseResolved,
    resolution.CaseReopened,
    resolution.CaseClosed,
    handoff.HandoffRequested,
    handoff.HandoffAccepted,
    handoff.HandoffReturned,
    handoff.HandoffLapsed,
    handoff.HandoffRecalled,
    handoff.HandoffCompleted,
)
"""Whatever starts or stops a clock, and whatever changes whom a case waits for."""

JUDGED: Final = (routing.CaseRouted, routing.CaseReclassified)
"""After which a case's severity, and whose it is, are known."""


def sla_consumer(rules: Rules, *, wake: Callable[[], None] = lambda: None) -> Consumer:
    """Hear cases and members. `wake` is called when the log was read up to something due."""

    async def on_case_event(event: Event[Contract], /, *, tx: Tx) -> None:
        partition = tx.journey.partition
        if partition is None:
            raise Permanent("a case's event comes from a partition")
        await follow_case(event, tx=tx, rules=rules, partition=partition)
        if isinstance(event.fact, JUDGED):
            await call_at_once(tx.views[event.subject].state, tx=tx, rules=rules)

    async def on_routing_frozen(event: Event[routing.RoutingFrozen], /, *, tx: Tx) -> None:
        await call_arbiter(event, tx=tx, rules=rules)

    async def on_letter_withdrawn(
        event: Event[assets.AssetInvalidationNoted], /, *, tx: Tx
    ) -> None:
        await tell_council(event, tx=tx, rules=rules)

    return Consumer(
        name=sla_cases.CONSUMER,
        topics=(CASES, GOVERNANCE),
        subscriptions=(
            *(subscribe(contract, on_case_event) for contract in FOLLOWED),
            subscribe(routing.RoutingFrozen, on_routing_frozen),
            subscribe(routing.RoutingUnfrozen, on_routing_unfrozen),
            subscribe(assets.AssetInvalidationNoted, on_letter_withdrawn),
            subscribe(routing.MemberEnrolled, enrol_member),
        ),
        caught_up=partial(note_caught_up, wake=wake),
    )


async def on_routing_unfrozen(event: Event[routing.RoutingUnfrozen], /, *, tx: Tx) -> None:
    await end_of_trigger(tx, tx.views[event.subject].state, trigger=PING_PONG, outcome=ARBITRATED)


async def note_caught_up(
    read_to: Mapping[tuple[str, int], datetime], /, *, tx: Tx, wake: Callable[[], None]
) -> None:
    """Let clocks fire as far as their partitions were read: at once, if something is due."""
    cases_read = {partition: at for (topic, partition), at in read_to.items() if topic == CASES}
    if not cases_read:
        return

    await partitions.move_forward(tx, cases_read)

    if await sla_cases.find_due(tx, limit=1):
        tx.after_commit.append(wake)
