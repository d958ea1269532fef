"""A case is linked to an incident, is found not to belong to it, or goes its own way again."""

from chassis import outbox, views
from chassis.door import Tx
from contracts.cases import CaseLinked, CaseUnlinked, LinkDeclined
from intake.domain.incidents import (
    LinkCase,
    NoIncident,
    NotLinked,
    NotProposed,
    check_child,
    check_incident,
)
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
    await incidents.forget_incident(tx, parent)
    outbox.announce(tx, CaseUnlinked(parent=parent, reason=reason), subject=case)


async def decline_link(tx: Tx, command: LinkCase) -> None:
    """
    Note that a case does not belong to an incident for which it was proposed. Once noted, it is.

    Raises:
        NotProposed: It never was.
    """
    await views.lock(tx, command.case)
    is_proposed = await incidents.is_proposed(tx, command.case, command.parent)
    if is_proposed is None:
        raise NotProposed
    if not is_proposed:
        return

    await incidents.decline(tx, command.case, command.parent)
    declined = LinkDeclined(parent=command.parent, reason=command.reason)
    outbox.announce(tx, declined, subject=command.case)
