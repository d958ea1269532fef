"""A legal hold is placed: it stands with the first word, a second person confirms it."""

from uuid import UUID

from audit.domain.hold import Hold, Scope, Step, decide_placing
from audit.handlers.bear_witness import bear_witness
from audit.store import holds
from chassis import ids
from chassis.door import Tx
from chassis.signing import Signer
from contracts.audit import HoldPlaced


async def place_hold(
    tx: Tx, scope: Scope, reason: str, *, signer: Signer, correlation_id: UUID | None
) -> Hold:
    """
    Place a hold, or confirm the one that another person has placed; its leaf commits with it.

    The same person again changes nothing.
    """
    await holds.wait_for_turn(tx)
    same = await holds.find_same(tx, scope, reason)
    step = decide_placing(same, by=tx.journey.actor)
    if same and step is Step.NOTHING:
        return same

    hold = await (holds.approve(tx, same, by=tx.journey.actor) if same else _add(tx, scope, reason))

    await bear_witness(
        tx,
        HoldPlaced(
            hold=hold.id,
            seller=scope.seller,
            case=scope.case,
            reason=reason,
            confirmed=hold.approved_by is not None,
        ),
        signer=signer,
        subject=scope.subject,
        marketplace=scope.marketplace,
        correlation_id=correlation_id,
    )
    return hold


async def _add(tx: Tx, scope: Scope, reason: str) -> Hold:
    hold = Hold(
        id=ids.new_id(holds.PREFIX, tx.now),
        scope=scope,
        reason=reason,
        placed_by=tx.journey.actor,
        placed_at=tx.now,
    )
    await holds.add(tx, hold)
    return hold
