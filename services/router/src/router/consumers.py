"""Door 2: what the router listens to. One entry a subscription."""

from collections.abc import Mapping

from chassis.door import Tx
from chassis.subscriptions import Consumer, Subscription, subscribe
from contracts.cases import CaseOpened
from contracts.catalogue import CASES
from contracts.event import Event
from contracts.resolution import CaseClosed, CaseResolved
from contracts.sla import ClockResumed, ClockStarted
from playbook.model import Playbook
from router import store
from router.handlers.end_case import end_case
from router.handlers.route_case import route_case

_RESOLUTION = "resolution"


def router_consumer(playbooks: Mapping[str, Playbook]) -> Consumer:
    return Consumer(
        name="router",
        topics=(CASES,),
        subscriptions=(
            _route(playbooks),
            subscribe(ClockStarted, _on_clock_started),
            subscribe(ClockResumed, _on_clock_resumed),
            subscribe(CaseResolved, _on_case_resolved),
            subscribe(CaseClosed, _on_case_closed),
        ),
    )


def _route(playbooks: Mapping[str, Playbook]) -> Subscription:
    async def on_case_opened(event: Event[CaseOpened], /, *, tx: Tx) -> None:
        pin = tx.views[event.subject].state.playbook
        await route_case(event, tx=tx, playbook=playbooks[pin])

    return subscribe(CaseOpened, on_case_opened)


async def _on_clock_started(event: Event[ClockStarted], /, *, tx: Tx) -> None:
    if event.fact.kind == _RESOLUTION:
        case = (tx.views[event.subject].state.marketplace, event.subject)
        await store.set_due(tx, case=case, due_at=event.fact.due_at)


async def _on_clock_resumed(event: Event[ClockResumed], /, *, tx: Tx) -> None:
    if event.fact.kind == _RESOLUTION:
        case = (tx.views[event.subject].state.marketplace, event.subject)
        await store.set_due(tx, case=case, due_at=event.fact.due_at)


async def _on_case_resolved(event: Event[CaseResolved], /, *, tx: Tx) -> None:
    await end_case(event.subject, ended_at=event.time, tx=tx)


async def _on_case_closed(event: Event[CaseClosed], /, *, tx: Tx) -> None:
    await end_case(event.subject, ended_at=event.time, tx=tx)
