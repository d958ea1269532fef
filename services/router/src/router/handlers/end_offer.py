"""An offer is over: its time passed, or what it was about has changed."""

from chassis.door import Tx
from chassis.outbox import announce
from contracts.routing import AssignmentLapsed
from router.domain.queueing import CaseKey
from router.domain.work import Offer
from router.store import offers


async def lapse_offer(offer: Offer, *, reason: str, tx: Tx) -> None:
    """Take an offer back, and say why: no_answer, taken, went_offline or another."""
    await offers.end(tx, offer, outcome="lapsed", why=reason)

    announce(
        tx,
        AssignmentLapsed(assignment=offer.assignment, member=offer.member, reason=reason),
        subject=offer.case_id,
    )


async def lapse_offer_of(case: CaseKey, *, reason: str, tx: Tx) -> None:
    """Take back whatever offer of the case is open."""
    offer = await offers.find_open(tx, case)
    if offer is not None:
        await lapse_offer(offer, reason=reason, tx=tx)
