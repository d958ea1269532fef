"""Erasures that were done before, applied again: a restored database must not bring a key back."""

from collections.abc import Sequence

import structlog
from prometheus_client import Counter

from chassis.door import Tx
from vault.domain.erasure import Erasure
from vault.domain.keys import Owner
from vault.store import erasures, keys

_AGAIN = Counter(
    "vault_keys_destroyed_again_total",
    "Keys of erased sellers that this database had again, and that were destroyed again.",
)
_log = structlog.get_logger()


async def apply_erasures(tx: Tx, done: Sequence[Erasure]) -> None:
    """
    Destroy whatever key of an erased seller is here, and remember the erasure. Idempotent.

    Says nothing: each was announced when it was done.
    """
    owners = {e.key: Owner(marketplace=e.marketplace, seller=e.seller) for e in done}
    again = await keys.destroy(tx, owners)

    await erasures.remember(tx, done)

    for key in again:
        _AGAIN.inc()
        _log.error("erased_key_destroyed_again", key=key)
