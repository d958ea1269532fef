"""A seller's case is filed."""

from collections.abc import Collection
from typing import Final

from chassis import outbox, views
from chassis.door import Tx
from intake.domain.authority import GrantTakenBack
from intake.domain.filing import AlreadyFiled, FileCase, FiledCase, SubjectTaken, alone
from intake.domain.incidents import NoIncident, check_incident, parent_of, share_marks
from intake.store import authorities, cases, defaults, incidents
from playbook.questions import IncidentMarks

AS_FILED: Final = "opened"


async def file_case(
    tx: Tx, command: FileCase, *, beside: Collection[str] = frozenset()
) -> FiledCase:
    """
    File a case: from here on it is ours. `beside`: those filed before it in this transaction.

    Raises:
        AlreadyFiled: The marketplace's id of it is on file.
        SubjectTaken: A case on the same subject was opened a moment ago; look again.
        NoIncident: The parent that the filing names is no open incident of its marketplace.
        GrantTakenBack: Whoever acts for the seller lost the right to a moment ago; look again.
    """
    command = await _joined(tx, command, beside)
    grant = command.opened.acting_party.grant
    if grant is not None and not await authorities.hold(tx, grant):
        raise GrantTakenBack
    case = await cases.add_if_free(tx, command, status=AS_FILED)
    if case is None:
        raise await _why_not(tx, command)

    if uses := command.opened.defaults:
        await defaults.add(tx, case, uses)
    await _among_others(tx, command)
    outbox.announce(
        tx,
        command.opened,
        subject=command.case,
        marketplace=command.marketplace,
        playbook=command.playbook,
    )
    return case


async def _joined(tx: Tx, command: FileCase, beside: Collection[str]) -> FileCase:
    """
    Lock the incident: while somebody links it to another, nothing is filed under it.

    One that the case has found by itself, and that has ended since, keeps nobody from filing.
    """
    parent = command.opened.parent
    if parent is None or parent in beside:  # nobody else can see that one yet
        return command
    incident = (await views.lock_many(tx, [parent])).get(parent)
    try:
        check_incident(incident.state if incident else None, marketplace=command.marketplace)
    except NoIncident:
        if parent_of(command.opened.matched or ()) != parent:
            raise
        return alone(command)
    return command


async def _among_others(tx: Tx, command: FileCase) -> None:
    """Note the incident that the case makes of another, and those that it may belong to."""
    if parent := command.opened.parent:
        await incidents.note_incident(tx, parent)
    else:
        await incidents.propose(tx, [(command.case, one) for one in command.opened.matched or ()])
    if rule := command.declares:
        await _ask_about_earlier(tx, command, rule)


async def _ask_about_earlier(tx: Tx, command: FileCase, rule: IncidentMarks) -> None:
    """Propose those who had reported it before anybody knew that many are hit."""
    earlier = await incidents.find_earlier(
        tx,
        but=command.case,
        marketplace=command.marketplace,
        issue_type=command.opened.issue_type,
        since=tx.now - rule.within,
    )
    shared = share_marks(rule, command.marks or {}, earlier, incident=command.case)
    await incidents.propose(tx, [*shared])


async def _why_not(tx: Tx, command: FileCase) -> AlreadyFiled | SubjectTaken:
    existing = await cases.find_filed(tx, command.marketplace, command.opened.external_ref)
    return existing or SubjectTaken()
