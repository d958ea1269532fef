"""A case has ended: free its place and whoever had it."""

from datetime import datetime

from chassis.door import Tx
from chassis.outbox import announce
from contracts.routing import CaseUnassigned
from router.domain.queueing import CaseKey
from router.handlers.end_offer import lapse_offer_of
from router.store import assignments, case_clocks, queued_cases


async def end_case(case_id: str, *, ended_at: datetime, tx: Tx) -> None:
    """
    Take the case out of its queue and end its assignment, so that the load counts it no more.

    Whoever had it when it ended keeps the name on it. One who took it after it had ended, before
    this service knew, is told that there is nothing to do: `case.unassigned`.
    """
    case = CaseKey(marketplace=tx.views[case_id].state.marketplace, case_id=case_id)
    held = await assignments.find_open(tx, case.marketplace, case_id)

    await queued_cases.remove(tx, case)
    await case_clocks.remove_all(tx, case)
    await lapse_offer_of(case, reason="case_ended", tx=tx)
    if held is None:
        return
    await assignments.end(tx, held.assignment, reason="case_ended")

    if held.assigned_at > ended_at:
        announce(
            tx,
            CaseUnassigned(assignment=held.assignment, member=held.member, reason="case_ended"),
            subject=case_id,
        )
