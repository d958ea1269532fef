"""A person claims a case, or accepts the offer of one."""

from chassis import ids, views
from chassis.door import Tx
from chassis.outbox import announce
from chassis.problems import NotAllowedNow
from contracts.lifecycle import CaseState
from contracts.lifecycle.appeals import deciders
from contracts.routing import CaseAssigned
from playbook.model import Playbook
from router.domain.queueing import CaseKey
from router.domain.work import (
    AssignCase,
    Assignment,
    CaseTaken,
    Member,
    MemberNotSuited,
    Work,
    team_of,
    what_member_lacks,
)
from router.handlers.end_offer import lapse_offer
from router.store import assignments, members, offers, queued_cases


async def assign_case(command: AssignCase, *, tx: Tx, playbook: Playbook) -> Assignment:
    """
    Give the case to the member; to the one who has it already, change nothing.

    The member's row is locked while the load is counted: two cases taken at once cannot
    exceed the capacity. Who is first assigned becomes the lead, and stays it. Whoever was
    offered the case is told that it is taken; an offer to the member is accepted by this.

    Raises:
        NotAllowedNow: The case is in no queue, or has ended.
        MemberNotFound: Nobody here has that id or login.
        CaseTaken: Somebody else has it.
        MemberNotSuited: The member lacks team, skill, clearance or capacity.
    """
    state = tx.views[command.case_id].state
    case = CaseKey(marketplace=state.marketplace, case_id=state.case_id)
    member = await members.get(tx, command.member, for_update=True)
    if held := await find_held(tx, state, by=member.member):
        return held
    offer = await offers.find_open(tx, case)
    own = offer is not None and offer.member == member.member
    load = await load_of(tx, member.member) - own

    work = work_of(state, playbook)
    if lacks := what_member_lacks(member, work, load=load):
        raise MemberNotSuited(lacks)
    id_ = offer.assignment if offer and own else ids.new_id("asg", tx.now)
    assignment = _assignment(id_, member, state, work, tx=tx)

    if offer and own:
        await offers.end(tx, offer, outcome="accepted")
    elif offer:
        await lapse_offer(offer, reason="taken", tx=tx)
    await assignments.add(tx, assignment)
    await queued_cases.set_holder(tx, case, assignment.member)
    views.touch(tx.views[command.case_id])

    announce(tx, _assigned(assignment, lead=state.named_lead is None), subject=command.case_id)
    return assignment


async def find_held(tx: Tx, state: CaseState, *, by: str) -> Assignment | None:
    """
    Find what the member has of the case already.

    Raises:
        NotAllowedNow: The case is in no queue, or has ended.
        CaseTaken: Somebody else has it.
    """
    held = await assignments.find_open(tx, state.marketplace, state.case_id)
    if held is not None and held.member == by:
        return held
    if state.route is None or state.has_ended:
        raise NotAllowedNow(status=state.status, allowed=[])
    if held is not None:
        raise CaseTaken(held.member)
    return None


async def load_of(tx: Tx, member: str) -> int:
    """Count what a member has in hands and what is kept for them."""
    return await assignments.count_open(tx, member) + await offers.count_open(tx, member)


def work_of(state: CaseState, playbook: Playbook) -> Work:
    """Say what a routed case asks of whoever takes it."""
    route = state.route
    queue = playbook.queue(route.queue) if route else None
    if route is None or queue is None:
        raise NotAllowedNow(status=state.status, allowed=[])
    return Work(
        marketplace=state.marketplace,
        teams=tuple(dict.fromkeys((route.team, queue.secondary))),
        skills=route.skills,
        clearance=queue.clearance,
        barred=deciders(state),
    )


def _assignment(id_: str, member: Member, state: CaseState, work: Work, *, tx: Tx) -> Assignment:
    return Assignment(
        assignment=id_,
        marketplace=state.marketplace,
        case_id=state.case_id,
        member=member.member,
        team=team_of(member, work),
        queue=state.route.queue if state.route else "",
        assigned_at=tx.now,
    )


def _assigned(assignment: Assignment, *, lead: bool) -> CaseAssigned:
    return CaseAssigned(
        assignment=assignment.assignment,
        member=assignment.member,
        team=assignment.team,
        queue=assignment.queue,
        lead=lead,
    )
