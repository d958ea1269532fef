"""A seller comes back about a case that is open already."""

from chassis import outbox, views
from chassis.door import Tx
from intake.domain.filing import CaseHasEnded, FiledCase, NoteContact
from intake.store import cases, contacts


async def note_contact(tx: Tx, command: NoteContact) -> FiledCase:
    """
    Add what was said to the open case, which keeps its place and its queue time.

    Raises:
        AlreadyFiled: The marketplace's id of this filing is on file.
        CaseHasEnded: It ended a moment ago, or somebody was faster; look again.
    """
    view = await views.lock(tx, command.case)
    marketplace, external_ref = view.state.marketplace, command.heard.external_ref
    existing = await cases.find_filed(tx, marketplace, external_ref)

    if existing is not None:
        raise existing
    case = await cases.find(tx, command.case)
    if case is None or view.state.has_ended:
        raise CaseHasEnded

    if not await contacts.add_if_free(
        tx,
        marketplace=marketplace,
        case=command.case,
        message=command.heard.message,
        external_ref=external_ref,
    ):
        # Who was faster has committed by now, perhaps about another case.
        existing = await cases.find_filed(tx, marketplace, external_ref)
        raise existing or CaseHasEnded

    outbox.announce(tx, command.heard_by(view.state), subject=command.case)
    return case
