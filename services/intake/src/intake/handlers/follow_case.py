"""Something happened to a case elsewhere."""

from chassis.door import Tx
from contracts.event import Contract, Event
from contracts.lifecycle import CaseState
from intake.store import cases


async def follow_case(event: Event[Contract], /, *, tx: Tx) -> None:
    """Keep the status as filed cases are listed by, and free the subject of one that ended."""
    await follow(tx, tx.views[event.subject].state)


async def follow(tx: Tx, state: CaseState) -> None:
    await cases.follow(tx, state.case_id, status=state.status, ended=state.has_ended)
