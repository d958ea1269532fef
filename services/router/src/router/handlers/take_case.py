"""A member asks for the most urgent case that they may work."""

from collections.abc import Mapping

from chassis import views
from chassis.door import Tx
from playbook.model import Playbook, pinned
from router.domain.work import AssignCase, Assignment, QueueBusy, Reach, TakeCase
from router.handlers.assign_case import assign_case
from router.store import on_hold, queued_cases


async def take_case(
    command: TakeCase, *, tx: Tx, playbooks: Mapping[str, Playbook]
) -> Assignment | None:
    """
    Assign the most urgent case that nobody is just taking; None when there is none.

    Who asks at the same moment gets the next one: rows that others hold are skipped, not waited
    for. Only where nothing is left but what others hold, one of these is waited for, and one
    alone: whoever waits holds nothing that another could wait for. What is parked here, or
    pinned to a playbook that is not here, hides nothing that lies behind it.

    Raises:
        QueueBusy: What was waited for is gone, and others hold all the rest: ask again.
        PlaybookNotLoaded: It went missing between the look and the lock.
        MemberNotFound: Nobody here has that id or login.
        MemberNotSuited: The member has no room for one more case.
    """
    reach = Reach(playbooks=frozenset(playbooks), on_hold=await on_hold.list_cases(tx))
    picked = await queued_cases.pick(tx, command, reach)
    case_id = picked or await _wait_for_one(command, reach, tx=tx)
    if case_id is None:
        return None
    view = await views.lock(tx, case_id)
    if await on_hold.holds(tx, case_id):
        raise QueueBusy  # parked between the look and the lock: the next look leaves it out

    wanted = AssignCase(case_id=case_id, member=command.member)
    return await assign_case(wanted, tx=tx, playbook=pinned(playbooks, view.state.playbook))


async def _wait_for_one(command: TakeCase, reach: Reach, *, tx: Tx) -> str | None:
    first = await queued_cases.find_first(tx, command, reach)
    if first is None:
        return None
    await views.lock(tx, first)
    if await queued_cases.find_first(tx, command, reach, among=[first]):
        return first
    if await queued_cases.find_first(tx, command, reach):
        raise QueueBusy
    return None
