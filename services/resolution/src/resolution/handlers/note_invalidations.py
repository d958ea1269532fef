"""Time has come to a withdrawal, and the cases that used the letter are told."""

from collections.abc import Sequence

from chassis import views
from chassis.door import Tx
from chassis.outbox import announce
from contracts.assets import AssetInvalidationNoted
from resolution.domain.invalidation import Recontact
from resolution.handlers.invalidate_letter import list_uses
from resolution.store import invalidations, recontacts


async def list_due(tx: Tx) -> bool:
    """List the cases of one withdrawal that has come into force; True: there may be more."""
    due = await invalidations.find_unlisted(tx)
    if due is None:
        return False
    now = await invalidations.wait_for_sendings(tx, marketplace=due.marketplace, asset=due.asset)

    await list_uses(tx, due, at=now)
    return True


async def note_uses(tx: Tx, case_ids: Sequence[str]) -> None:
    """
    Tell cases that letters of theirs were withdrawn, each once.

    Nobody is asked in a case that has ended, nor twice about the same letter. The council is told
    in the first case that asks. A case whose events wait here is told too: nothing in its fold
    depends on it.
    """
    await views.lock_many(tx, case_ids)

    for recontact in await recontacts.list_unnoted(tx, case_ids):
        await _note(tx, recontact)


async def _note(tx: Tx, recontact: Recontact) -> None:
    invalidation = await invalidations.get(tx, recontact.invalidation)
    uses = await recontacts.uses_of(tx, invalidation, [recontact.case])
    view = tx.views[recontact.case]
    asked = not view.state.has_ended and not await recontacts.was_asked_before(tx, recontact)

    await recontacts.note(tx, recontact, asked=asked)
    council = asked and await invalidations.take_council(tx, invalidation.id, recontact.case)
    views.touch(view)

    noted = AssetInvalidationNoted(
        invalidation=invalidation.id,
        asset=invalidation.asset,
        reason=invalidation.reason,
        messages=uses[recontact.case],
        asked=asked,
        tell_council=council,
    )
    announce(tx, noted, subject=recontact.case)
