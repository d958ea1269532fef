"""A seller's case is filed."""

from typing import Final

from chassis import outbox, views
from chassis.door import Tx
from intake.domain.authority import GrantTakenBack
from intake.domain.filing import AlreadyFiled, FileCase, FiledCase, SubjectTaken
from intake.domain.incidents import check_incident
from intake.store import authorities, cases, defaults

AS_FILED: Final = "opened"


async def file_case(tx: Tx, command: FileCase) -> FiledCase:
    """
    File a case: from here on it is ours.

    Raises:
        AlreadyFiled: The marketplace's id of it is on file.
        SubjectTaken: A case on the same subject was opened a moment ago; look again.
        NoIncident: The parent that the filing names is no open incident of its marketplace.
        GrantTakenBack: Whoever acts for the seller lost the right to a moment ago; look again.
    """
    if parent := command.opened.parent:
        await _join(tx, parent, marketplace=command.marketplace)
    grant = command.opened.acting_party.grant
    if grant is not None and not await authorities.hold(tx, grant):
        raise GrantTakenBack
    case = await cases.add_if_free(tx, command, status=AS_FILED)
    if case is None:
        raise await _why_not(tx, command)

    if uses := command.opened.defaults:
        await defaults.add(tx, case, uses)
    outbox.announce(
        tx,
        command.opened,
        subject=command.case,
        marketplace=command.marketplace,
        playbook=command.playbook,
    )
    return case


async def _join(tx: Tx, parent: str, *, marketplace: str) -> None:
    """Lock the incident: while somebody links it to another, nothing is filed under it."""
    incident = (await views.lock_many(tx, [parent])).get(parent)
    check_incident(incident.state if incident else None, marketplace=marketplace)


async def _why_not(tx: Tx, command: FileCase) -> AlreadyFiled | SubjectTaken:
    existing = await cases.find_filed(tx, command.marketplace, command.opened.external_ref)
    return existing or SubjectTaken()
