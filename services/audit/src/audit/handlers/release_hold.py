"""A legal hold is released: one person asks, another does it; both are on record."""

from uuid import UUID

from audit.domain.hold import Hold, Step, decide_release
from audit.handlers.bear_witness import bear_witness
from audit.store import holds
from chassis.door import Tx
from chassis.signing import Signer
from contracts.audit import AuditAccessed, HoldReleased


async def release_hold(tx: Tx, hold: Hold, *, signer: Signer, correlation_id: UUID | None) -> Hold:
    """
    Ask for the release of a locked hold, or, as another person, release it. Each leaves a leaf.

    The same person again changes nothing, nor does anyone once it is released.
    """
    step = decide_release(hold, by=tx.journey.actor)
    if step is Step.NOTHING:
        return hold

    change = holds.request_release if step is Step.FIRST else holds.release
    changed = await change(tx, hold, by=tx.journey.actor)

    await bear_witness(
        tx,
        _fact(hold),
        signer=signer,
        subject=hold.scope.subject,
        marketplace=hold.scope.marketplace,
        correlation_id=correlation_id,
    )
    return changed


def _fact(hold: Hold) -> AuditAccessed | HoldReleased:
    """Say what a call does to a hold that was in this state."""
    if hold.release_requested_by is None:
        return AuditAccessed(what="hold_release", query={"hold": hold.id})
    return HoldReleased(
        hold=hold.id,
        seller=hold.scope.seller,
        case=hold.scope.case,
        requested_by=hold.release_requested_by,
    )
