"""A seller was erased: intake forgets how to recognise it."""

import structlog

from chassis.door import Tx
from contracts.event import Event
from contracts.vault import SellerErased
from intake.store import erasure

_log = structlog.get_logger()


async def forget_seller(event: Event[SellerErased], /, *, tx: Tx) -> None:
    """
    Clear tags and stored answers; the files go a moment later, by the clock.

    The same handle files under a new pseudonym from then on.
    """
    if not await erasure.forget_seller(tx, event.fact.seller, erased_at=event.time):
        _log.warning("erased_seller_unknown", seller=event.fact.seller)
