"""A legal hold is released: one person asks, another does it."""

from uuid import UUID

from audit.domain.hold import Hold, Step, decide_release
from audit.handlers.bear_witness import bear_witness
from audit.store import holds
from chassis.door import Tx
from chassis.signing import Signer
from contracts.audit import HoldReleased


async def release_hold(tx: Tx, hold: Hold, *, signer: Signer, correlation_id: UUID | None) -> Hold:
    """
    Ask for the release of a locked hold, or, as another person, release it and leave a leaf.

    The same person again changes nothing, nor does anyone once it is released.
    """
    requested_by = hold.release_requested_by
    if requested_by is None:
        return await holds.request_release(tx, hold, by=tx.journey.actor)
    if decide_release(hold, by=tx.journey.actor) is Step.NOTHING:
        return hold

    released = await holds.release(tx, hold, by=tx.journey.actor)

    await bear_witness(
        tx,
        HoldReleased(
            hold=hold.id,
            seller=hold.scope.seller,
            case=hold.scope.case,
            requested_by=requested_by,
        ),
        signer=signer,
        subject=hold.scope.subject,
        marketplace=hold.scope.marketplace,
        correlation_id=correlation_id,
    )
    return released
