"""A member asks for the most urgent case that they may work."""

from collections.abc import Mapping

from chassis import views
from chassis.door import Tx
from playbook.model import Playbook
from router.domain.work import AssignCase, Assignment, QueueBusy, TakeCase
from router.handlers.assign_case import assign_case
from router.store import queued_cases


async def take_case(
    command: TakeCase, *, tx: Tx, playbooks: Mapping[str, Playbook]
) -> Assignment | None:
    """
    Assign the most urgent case that nobody is just taking; None when there is none.

    Who asks at the same moment gets the next one: rows that others hold are skipped, not waited
    for. Only where nothing is left but what others hold, one of these is waited for, and one
    alone: whoever waits holds nothing that another could wait for.

    Raises:
        QueueBusy: What was waited for is gone, and others hold all the rest: ask again.
        MemberNotFound: Nobody here has that id or login.
        MemberNotSuited: The member has no room for one more case.
    """
    case_id = await queued_cases.pick(tx, command) or await _wait_for_one(command, tx=tx)
    if case_id is None:
        return None
    view = await views.lock(tx, case_id)

    wanted = AssignCase(case_id=case_id, member=command.member)
    return await assign_case(wanted, tx=tx, playbook=playbooks[view.state.playbook])


async def _wait_for_one(command: TakeCase, *, tx: Tx) -> str | None:
    first = await queued_cases.find_first(tx, command)
    if first is None:
        return None
    await views.lock(tx, first)
    if await queued_cases.find_first(tx, command, among=[first]):
        return first
    if await queued_cases.find_first(tx, command):
        raise QueueBusy
    return None
