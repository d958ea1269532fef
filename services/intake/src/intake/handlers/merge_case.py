"""A case repeats an older one: it ends, and what it brought goes on there."""

from functools import partial

from chassis import ids, outbox, views
from chassis.door import Tx
from chassis.views import CaseView
from contracts.cases import CaseMerged
from contracts.lifecycle import CaseState
from intake.domain.merging import (
    MergeCase,
    check_duplicate,
    check_original,
    contact_of,
    documents_of,
)
from intake.handlers.follow_case import follow
from intake.store import contacts, documents, incidents


async def merge_case(tx: Tx, command: MergeCase) -> None:
    """
    Merge a case into an older one of its seller, which keeps its place. Once merged, it is.

    Raises:
        NoSuchOriginal: The other is none that this case could repeat.
        NoDuplicate: The case has ended, is an incident, or a team has it in its hands.
    """
    locked = await views.lock_many(tx, [command.case, command.into])
    case, known = locked[command.case].state, locked.get(command.into)
    if case.merged_into == command.into:
        return
    original = check_original(known.state if known else None, case=case)
    check_duplicate(case, has_children=await incidents.has_children(tx, command.case))

    outbox.announce(tx, CaseMerged(into=command.into, reason=command.reason), subject=command.case)
    await _point_at(tx, case, original)
    # The events are folded at the flush; only then is it known what the cases wait for.
    tx.before_commit.extend(partial(_follow, tx, view) for view in locked.values())


async def _follow(tx: Tx, view: CaseView) -> None:
    await follow(tx, view.state)


async def _point_at(tx: Tx, case: CaseState, original: CaseState) -> None:
    """Let whoever knows the merged case find the older one, which has its documents."""
    message = ids.new_id("msg", tx.now)
    await contacts.move(tx, case.case_id, to=original.case_id)
    await contacts.add_if_free(
        tx,
        marketplace=original.marketplace,
        case=original.case_id,
        message=message,
        external_ref=case.external_ref,
    )
    senders = await documents.provenances(tx, case.evidence)

    contact = contact_of(case, original=original, message=message)
    outbox.announce(tx, contact, subject=original.case_id)
    for receipt in documents_of(case, senders=senders):
        outbox.announce(tx, receipt, subject=original.case_id)
