"""A clock of a case moved, or the case waits for somebody else: its place in the worklists."""

from datetime import datetime

from chassis.door import Tx
from router.domain.queueing import CaseKey, ranks
from router.store import case_clocks, queued_cases


async def note_clock(
    case_id: str, *, clock: str, kind: str, due_at: datetime | None, tx: Tx
) -> None:
    """Keep when a clock is due; None: it runs no more. Others' promises rank nothing."""
    if not ranks(kind):
        return
    case = CaseKey(marketplace=tx.views[case_id].state.marketplace, case_id=case_id)

    if due_at is None:
        await case_clocks.remove(tx, case, clock=clock)
    else:
        await case_clocks.put(tx, case, clock=clock, kind=kind, due_at=due_at)


async def note_waiting(case_id: str, *, tx: Tx) -> None:
    """Keep whom the case waits for, as its fold says."""
    state = tx.views[case_id].state
    case = CaseKey(marketplace=state.marketplace, case_id=case_id)

    await queued_cases.set_waiting_on(tx, case, state.waiting_on)
