"""Spare keys have come from the vault."""

from collections.abc import Mapping
from typing import Final

from chassis.door import Tx
from intake.store import sellers

LOW: Final = 2_000
FULL: Final = 5_000


async def keep_keys(tx: Tx, keys: Mapping[str, str]) -> int:
    """Keep spare public keys (id → key); return how many are wanted still (0: enough)."""
    if keys:
        await sellers.add_spare_keys(tx, keys)
    there = await sellers.count_spare_keys(tx, up_to=FULL)
    return FULL - there if there < LOW or keys else 0
