"""Somebody gives a case back to its queue."""

from chassis import views
from chassis.door import Tx
from chassis.outbox import announce
from chassis.problems import NotAllowedNow
from contracts.routing import CaseUnassigned
from playbook.model import Playbook
from router.domain.queueing import CaseKey
from router.domain.work import Assignment, ReleaseCase
from router.handlers.check_reason import check_reason
from router.store import assignments, queued_cases


async def release_case(command: ReleaseCase, *, tx: Tx, playbook: Playbook) -> Assignment:
    """
    End the assignment; the case waits in its queue, in the place that it had.

    The lead stays who it was: towards the seller nothing changes before somebody says so.

    Raises:
        Invalid: The playbook knows no such reason.
        NotAllowedNow: Nobody has the case.
    """
    check_reason(command.reason, playbook.codes.release, of="release")
    state = tx.views[command.case_id].state
    held = await assignments.find_open(tx, state.marketplace, state.case_id)
    if held is None:
        raise NotAllowedNow(status=state.status, allowed=["assignment"])

    await give_back(held, reason=command.reason, tx=tx)
    return held


async def give_back(held: Assignment, *, reason: str, tx: Tx) -> None:
    """Take a case out of somebody's hands, and say so."""
    await assignments.end(tx, held.assignment, reason=reason)
    case = CaseKey(marketplace=held.marketplace, case_id=held.case_id)
    await queued_cases.set_holder(tx, case, None)
    views.touch(tx.views[held.case_id])

    announce(
        tx,
        CaseUnassigned(assignment=held.assignment, member=held.member, reason=reason),
        subject=held.case_id,
    )
