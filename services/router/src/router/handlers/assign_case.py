"""A person takes a case, or a supervisor gives it to one."""

from chassis import ids, views
from chassis.door import Tx
from chassis.outbox import announce
from chassis.problems import NotAllowedNow
from contracts.lifecycle import CaseState
from contracts.routing import CaseAssigned
from playbook.model import Playbook
from router.domain.queueing import CaseKey
from router.domain.work import (
    AssignCase,
    Assignment,
    CaseTaken,
    MemberNotSuited,
    Work,
    what_member_lacks,
)
from router.store import assignments, members, queued_cases


async def assign_case(command: AssignCase, *, tx: Tx, playbook: Playbook) -> Assignment:
    """
    Give the case to the member; to the one who has it already, change nothing.

    The member's row is locked while the load is counted: two cases taken at once cannot
    exceed the capacity. Who is first assigned becomes the lead, and stays it.

    Raises:
        NotAllowedNow: The case is in no queue, or has ended.
        MemberNotFound: Nobody here has that id or login.
        CaseTaken: Somebody else has it.
        MemberNotSuited: The member lacks team, skill, clearance or capacity.
    """
    view = tx.views[command.case_id]
    member = await members.get(tx, command.member, for_update=True)
    held = await assignments.find_open(tx, view.state.marketplace, command.case_id)
    load = await assignments.count_open(tx, member.member)

    if held is not None and held.member == member.member:
        return held
    assignment = _open(view.state, member.member, tx=tx)
    if held is not None:
        raise CaseTaken(held.member)
    work = _work(view.state, assignment, playbook)
    if lacks := what_member_lacks(member, work, load=load):
        raise MemberNotSuited(lacks)

    await assignments.add(tx, assignment)
    case = CaseKey(marketplace=assignment.marketplace, case_id=assignment.case_id)
    await queued_cases.set_holder(tx, case, assignment.member)
    views.touch(view)

    announce(tx, _assigned(assignment, lead=view.state.named_lead is None), subject=command.case_id)
    return assignment


def _open(state: CaseState, member: str, *, tx: Tx) -> Assignment:
    if state.route is None or state.has_ended:
        raise NotAllowedNow(status=state.status, allowed=[])
    return Assignment(
        assignment=ids.new_id("asg", tx.now),
        marketplace=state.marketplace,
        case_id=state.case_id,
        member=member,
        team=state.route.team,
        queue=state.route.queue,
        assigned_at=tx.now,
    )


def _work(state: CaseState, assignment: Assignment, playbook: Playbook) -> Work:
    queue = playbook.queue(assignment.queue)
    return Work(
        marketplace=state.marketplace,
        team=assignment.team,
        skills=state.route.skills if state.route else (),
        clearance=queue.clearance if queue else (),
    )


def _assigned(assignment: Assignment, *, lead: bool) -> CaseAssigned:
    return CaseAssigned(
        assignment=assignment.assignment,
        member=assignment.member,
        team=assignment.team,
        queue=assignment.queue,
        lead=lead,
    )
