"""Time passed: offers that nobody answered are over."""

from collections.abc import Sequence

from chassis import views
from chassis.door import Tx
from router.domain.queueing import CaseKey
from router.handlers.end_offer import lapse_offer
from router.store import offers


async def lapse_offers(tx: Tx, case_ids: Sequence[str]) -> None:
    """
    End the offers of these cases whose time is over.

    The cases are locked first, in order, and each offer looked at again: one that was accepted
    meanwhile stays accepted.
    """
    locked = await views.lock_many(tx, case_ids)

    for case_id, view in sorted(locked.items()):
        case = CaseKey(marketplace=view.state.marketplace, case_id=case_id)
        offer = await offers.find_open(tx, case)
        if offer is not None and offer.lapses_at <= tx.now:
            await lapse_offer(offer, reason="no_answer", tx=tx)
