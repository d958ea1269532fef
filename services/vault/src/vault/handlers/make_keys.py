"""Make spare key pairs for sellers to come."""

from chassis import ids
from chassis.door import Tx
from chassis.vault import new_key_pair
from vault.domain.keys import KeyPair, wrap
from vault.store import keys as key_rows


async def make_keys(count: int, *, tx: Tx, master: bytes) -> list[KeyPair]:
    """Make and keep key pairs; only their public halves may leave, after the commit."""
    pairs = [_make(tx, master) for _ in range(count)]

    await key_rows.add(tx, pairs)
    return pairs


def _make(tx: Tx, master: bytes) -> KeyPair:
    key = ids.new_id("key", tx.now)
    private, public = new_key_pair()
    return KeyPair(key=key, public_key=public, wrapped=wrap(private, master=master, key=key))
