"""Door 2: what resolution hears. One entry a subscription."""

from collections.abc import Mapping

from chassis.consumer import Consumer, subscribe
from chassis.door import Tx
from contracts.cases import AppealFiled, CaseLinked, CaseOpened, CaseUnlinked
from contracts.catalogue import CASES
from contracts.event import Event
from contracts.routing import CaseReclassified, CaseRouted
from contracts.sla import WindowEnded
from playbook.model import Playbook
from resolution.handlers.change_type import change_type
from resolution.handlers.end_window import end_window
from resolution.handlers.follow_incident import follow_incident
from resolution.handlers.guards import pinned
from resolution.handlers.reopen_case import reopen_case
from resolution.handlers.start_work import start_work


def resolution_consumer(playbooks: Mapping[str, Playbook]) -> Consumer:
    async def on_case_routed(event: Event[CaseRouted], /, *, tx: Tx) -> None:
        await start_work(event, tx=tx, playbook=pinned(playbooks, tx.views[event.subject].state))

    async def on_case_reclassified(event: Event[CaseReclassified], /, *, tx: Tx) -> None:
        await change_type(event, tx=tx, playbook=pinned(playbooks, tx.views[event.subject].state))

    async def on_window_ended(event: Event[WindowEnded], /, *, tx: Tx) -> None:
        await end_window(event, tx=tx, playbook=pinned(playbooks, tx.views[event.subject].state))

    async def on_appeal_filed(event: Event[AppealFiled], /, *, tx: Tx) -> None:
        await reopen_case(event, tx=tx, playbook=pinned(playbooks, tx.views[event.subject].state))

    return Consumer(
        name="resolution",
        topics=(CASES,),
        subscriptions=(
            subscribe(CaseRouted, on_case_routed),
            subscribe(CaseReclassified, on_case_reclassified),
            subscribe(WindowEnded, on_window_ended),
            subscribe(AppealFiled, on_appeal_filed),
            subscribe(CaseOpened, follow_incident),
            subscribe(CaseLinked, follow_incident),
            subscribe(CaseUnlinked, follow_incident),
        ),
    )
