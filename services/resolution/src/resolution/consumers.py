"""Door 2: what resolution hears. One entry a subscription."""

from collections.abc import Mapping
from typing import Any

from chassis.consumer import Consumer, subscribe
from chassis.door import Tx
from contracts.cases import AppealFiled, CaseLinked, CaseOpened, CaseUnlinked, RecheckReported
from contracts.catalogue import CASES
from contracts.event import Event
from contracts.routing import CaseReclassified, CaseRouted
from contracts.sla import Warned, WindowEnded
from playbook.model import Playbook, pinned
from resolution.handlers.change_type import change_type
from resolution.handlers.end_window import end_window
from resolution.handlers.follow_incident import follow_incident
from resolution.handlers.remind_seller import remind_seller
from resolution.handlers.reopen_case import reopen_case
from resolution.handlers.resolve_untouched import resolve_untouched
from resolution.handlers.start_work import start_work


def resolution_consumer(playbooks: Mapping[str, Playbook]) -> Consumer:
    async def on_case_routed(event: Event[CaseRouted], /, *, tx: Tx) -> None:
        await start_work(event, tx=tx, playbook=_of(event, tx, playbooks))

    async def on_case_reclassified(event: Event[CaseReclassified], /, *, tx: Tx) -> None:
        await change_type(event, tx=tx, playbook=_of(event, tx, playbooks))

    async def on_recheck_reported(event: Event[RecheckReported], /, *, tx: Tx) -> None:
        await resolve_untouched(event, tx=tx, playbook=_of(event, tx, playbooks))

    async def on_window_ended(event: Event[WindowEnded], /, *, tx: Tx) -> None:
        await end_window(event, tx=tx, playbook=_of(event, tx, playbooks))

    async def on_warned(event: Event[Warned], /, *, tx: Tx) -> None:
        await remind_seller(event, tx=tx, playbook=_of(event, tx, playbooks))

    async def on_appeal_filed(event: Event[AppealFiled], /, *, tx: Tx) -> None:
        await reopen_case(event, tx=tx, playbook=_of(event, tx, playbooks))

    return Consumer(
        name="resolution",
        topics=(CASES,),
        subscriptions=(
            subscribe(CaseRouted, on_case_routed),
            subscribe(CaseReclassified, on_case_reclassified),
            subscribe(RecheckReported, on_recheck_reported),
            subscribe(WindowEnded, on_window_ended),
            subscribe(Warned, on_warned),
            subscribe(AppealFiled, on_appeal_filed),
            subscribe(CaseOpened, follow_incident),
            subscribe(CaseLinked, follow_incident),
            subscribe(CaseUnlinked, follow_incident),
        ),
    )


def _of(event: Event[Any], tx: Tx, playbooks: Mapping[str, Playbook]) -> Playbook:
    return pinned(playbooks, tx.views[event.subject].state.playbook)
