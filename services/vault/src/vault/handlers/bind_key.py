"""A case names its seller's key: from then on it is that seller's."""

import structlog

from chassis.door import Tx
from contracts.cases import CaseOpened
from contracts.event import Event
from vault.domain.keys import Binding, decide_binding
from vault.store import keys as key_rows

_log = structlog.get_logger()


async def bind_key(event: Event[CaseOpened], *, tx: Tx) -> None:
    """
    Bind the key to (marketplace, seller). Idempotent.

    A key that is another seller's, or whose public half is not the vault's, is an alarm: what was
    sealed to it will not open, and nothing here is changed.
    """
    seller = event.fact.seller
    marketplace = tx.views[event.subject].state.marketplace
    known = await key_rows.find(tx, [seller.key])

    binding = decide_binding(
        known.get(seller.key), marketplace=marketplace, seller=seller.id, public=seller.public_key
    )

    if binding is Binding.FOREIGN:
        _log.error("seller_key_foreign", key=seller.key, seller=seller.id, case=event.subject)
        return
    await key_rows.bind(tx, seller.key, marketplace=marketplace, seller=seller.id)
