"""Time passed: offers that nobody answered are over."""

from typing import Final

from chassis import views
from chassis.door import Tx
from router.domain.queueing import CaseKey
from router.handlers.end_offer import lapse_offer
from router.store import offers

AT_ONCE: Final = 50


async def lapse_offers(tx: Tx) -> bool:
    """
    End the offers whose time is over; say whether there may be more.

    The cases are locked first, in order, and each offer looked at again: one that was accepted
    meanwhile stays accepted.
    """
    due = await offers.list_due(tx, at=tx.now, limit=AT_ONCE)
    locked = await views.lock_many(tx, due)

    for case_id, view in sorted(locked.items()):
        case = CaseKey(marketplace=view.state.marketplace, case_id=case_id)
        offer = await offers.find_open(tx, case)
        if offer is not None and offer.lapses_at <= tx.now:
            await lapse_offer(offer, reason="no_answer", tx=tx)
    return len(due) == AT_ONCE
