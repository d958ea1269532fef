"""A case names its seller's key: from then on it is that seller's."""

import structlog

from chassis.door import Tx
from contracts.cases import CaseOpened
from contracts.event import Event
from vault.domain.keys import Binding, KeyState, decide_binding
from vault.store import erasures, keys as key_rows

_log = structlog.get_logger()


async def bind_key(event: Event[CaseOpened], *, tx: Tx) -> None:
    """
    Bind the key to (marketplace, seller), and note that the case is theirs. Idempotent.

    A key that is another seller's, or whose public half is not the vault's, is an alarm: what was
    sealed to it will not open, and nothing here is changed. So is a key that was destroyed: the
    case was filed in the moment of the erasure.
    """
    seller = event.fact.seller
    marketplace = tx.views[event.subject].state.marketplace
    await erasures.add_case(tx, seller.id, event.subject)
    known = await key_rows.find(tx, [seller.key])

    pair = known.get(seller.key)
    binding = decide_binding(
        pair, marketplace=marketplace, seller=seller.id, public=seller.public_key
    )

    if binding is Binding.FOREIGN:
        _log.error("seller_key_foreign", key=seller.key, seller=seller.id, case=event.subject)
        return
    if pair and pair.state is KeyState.DESTROYED:
        _log.error("case_of_erased_seller", seller=seller.id, case=event.subject)
    await key_rows.bind(tx, seller.key, marketplace=marketplace, seller=seller.id)
