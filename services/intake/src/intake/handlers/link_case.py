"""A case is linked to an incident, or goes its own way again."""

from chassis import outbox, views
from chassis.door import Tx
from contracts.cases import CaseLinked, CaseUnlinked
from intake.domain.incidents import LinkCase, NoIncident, NotLinked, check_child, check_incident
from intake.store import incidents


async def link_case(tx: Tx, command: LinkCase) -> None:
    """
    Link a case; its clocks, its lead and its promises stay its own. Once linked, it is.

    Raises:
        NoIncident: The other case cannot be its incident.
        NoChild: The case has ended, has an incident, or is one.
    """
    locked = await views.lock_many(tx, [command.case, command.parent])
    child = locked[command.case].state
    parent = locked.get(command.parent)
    if parent is None:
        raise NoIncident
    if child.parent == command.parent:
        return

    check_incident(parent.state, marketplace=child.marketplace, case=child.case_id)
    check_child(child, has_children=await incidents.has_children(tx, command.case))

    await incidents.set_parent(tx, command.case, command.parent)
    linked = CaseLinked(parent=command.parent, reason=command.reason)
    outbox.announce(tx, linked, subject=command.case)


async def unlink_case(tx: Tx, case: str, *, reason: str) -> None:
    """
    Let a case go its own way.

    Raises:
        NotLinked: It belongs to none.
    """
    view = await views.lock(tx, case)
    parent = view.state.parent
    if parent is None:
        raise NotLinked(view.state.status)

    await incidents.set_parent(tx, case, None)
    outbox.announce(tx, CaseUnlinked(parent=parent, reason=reason), subject=case)
