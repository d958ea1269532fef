"""Door 2: what handoff listens to. One entry a subscription."""

from collections.abc import Mapping

from chassis.cloudevents import NotAnEvent, RawRecord
from chassis.door import Tx
from chassis.json_text import NotJson, parse
from chassis.subscriptions import Consumer, RawSubscription, Subscription, subscribe, subscribe_raw
from contracts.cases import CaseMerged
from contracts.catalogue import CASES, REPLIES
from contracts.event import Contract, Event
from contracts.resolution import CaseClosed, CaseResolved
from contracts.routing import CaseReclassified, RoutingUnfrozen
from contracts.sla import Breached
from handoff.handlers.hear_reply import hear_reply
from handoff.handlers.recall_handoff import (
    end_handoffs,
    lapse_handoff,
    recall_for_arbiter,
    recall_for_type,
)
from playbook.model import Playbook, pinned

_LARGEST_REPLY = 64 * 1024


def handoff_consumer(playbooks: Mapping[str, Playbook]) -> Consumer:
    return Consumer(
        name="handoff",
        topics=(CASES, REPLIES),
        subscriptions=(
            subscribe(CaseResolved, _on_case_ended),
            subscribe(CaseClosed, _on_case_ended),
            subscribe(CaseMerged, _on_case_ended),
            subscribe(Breached, _on_breached),
            _reclassified(playbooks),
            subscribe(RoutingUnfrozen, _on_routing_unfrozen),
            _replies(playbooks),
        ),
    )


async def _on_case_ended(event: Event[Contract], /, *, tx: Tx) -> None:
    await end_handoffs(event.subject, tx=tx)


async def _on_breached(event: Event[Breached], /, *, tx: Tx) -> None:
    if event.fact.kind == "handoff_accept":
        await lapse_handoff(event.fact.object, tx=tx)


async def _on_routing_unfrozen(event: Event[RoutingUnfrozen], /, *, tx: Tx) -> None:
    await recall_for_arbiter(event.subject, team=event.fact.team, tx=tx)


def _reclassified(playbooks: Mapping[str, Playbook]) -> Subscription:
    async def on_case_reclassified(event: Event[CaseReclassified], /, *, tx: Tx) -> None:
        playbook = pinned(playbooks, tx.views[event.subject].state.playbook)
        await recall_for_type(event.subject, tx=tx, playbook=playbook)

    return subscribe(CaseReclassified, on_case_reclassified)


def _replies(playbooks: Mapping[str, Playbook]) -> RawSubscription:
    async def on_reply(record: RawRecord, /, *, tx: Tx) -> None:
        await hear_reply(_object(record), record=record, tx=tx, playbooks=playbooks)

    return subscribe_raw(REPLIES, on_reply)


def _object(record: RawRecord) -> dict[str, object]:
    """Read the record's JSON object; whatever is none goes to the quarantine."""
    if not record.value or len(record.value) > _LARGEST_REPLY:
        raise NotAnEvent("no value, or more than 64 KiB")
    try:
        written = parse(record.value).value
    except NotJson as error:
        raise NotAnEvent(error.reason) from error
    if not isinstance(written, dict):
        raise NotAnEvent("not a JSON object")
    return written
