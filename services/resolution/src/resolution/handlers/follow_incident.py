"""A case belongs to an incident from here on, or no more."""

from chassis.door import Tx
from contracts.cases import CaseLinked, CaseOpened, CaseUnlinked
from contracts.event import Event
from resolution.store import children


async def follow_incident(
    event: Event[CaseOpened] | Event[CaseLinked] | Event[CaseUnlinked], /, *, tx: Tx
) -> None:
    """Note what the fold says now; the same again changes nothing."""
    state = tx.views[event.subject].state
    if state.parent is not None:
        await children.set_parent(tx, state, state.parent)
    elif not isinstance(event.fact, CaseOpened):
        await children.remove_parent(tx, state)
