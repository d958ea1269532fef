"""Door 3: what intake does because time passes."""

import asyncio
from collections.abc import Mapping, Sequence
from datetime import timedelta
from pathlib import Path
from typing import Final

from chassis.clock import Duty
from chassis.door import Tx
from chassis.vault_client import VaultClient
from intake.handlers.refill_keys import LOW, keep_keys
from intake.handlers.sweep_files import find_unreferenced
from intake.store import erasure, sellers
from intake.store.files import Files, older_than

KEYS_AT_ONCE: Final = 500
FILES_AT_ONCE: Final = 100
UNREFERENCED_FOR: Final = timedelta(hours=24)


class Refill:
    """
    Keeps the pool of spare keys filled, in chunks.

    The vault is asked only when the last look at the pool says that keys are wanted. A key that
    the vault gave and we lost stays spare there for ever: nobody is bound to it.
    """

    def __init__(self, vault: VaultClient) -> None:
        self._vault = vault
        self._wanted = 0

    async def fetch(self) -> dict[str, str]:
        if self._wanted == 0:
            return {}
        keys = await self._vault.spare_keys(min(self._wanted, KEYS_AT_ONCE))
        return {key.key: key.public_key for key in keys}

    async def keep(self, tx: Tx, keys: Mapping[str, str]) -> bool:
        """Keep what came; True when there is more to fetch at once."""
        self._wanted = await keep_keys(tx, keys)
        return self._wanted > 0


class Pool:
    """
    What this process has seen of the pool, every other second, for `/readyz`.

    Before the vault has ever given a key, no case can be filed; when few are left, new sellers
    will soon have to wait.
    """

    def __init__(self) -> None:
        self._spare = 0
        self._has_begun = False

    async def look(self, tx: Tx) -> None:
        self._spare = await sellers.count_spare_keys(tx, up_to=LOW)
        self._has_begun = self._spare > 0 or await sellers.any_bound(tx)

    async def has_begun(self) -> str | None:
        return None if self._has_begun else "waits for its first spare keys from the vault"

    async def is_full_enough(self) -> str | None:
        return None if self._spare >= LOW else f"{self._spare} spare keys are left"


class Sweep:
    """Removes files that no row speaks of, a day after they were written."""

    def __init__(self, files: Files) -> None:
        self._files = files

    async def list_files(self) -> dict[Path, float]:
        return await asyncio.to_thread(self._files.listing)

    async def remove(self, tx: Tx, listing: Mapping[Path, float]) -> None:
        old = older_than(UNREFERENCED_FOR, listing, now=tx.now)
        for path in await find_unreferenced(tx, old):
            path.unlink(missing_ok=True)


class Removal:
    """
    Removes the files of erased sellers, a hundred at a time.

    Nobody can read them any more; a file that a crash left behind is removed the next time.
    """

    def __init__(self, files: Files) -> None:
        self._files = files

    async def remove(self, tx: Tx) -> bool:
        """Remove some; True when there are more."""
        gone = await erasure.files_to_remove(tx, limit=FILES_AT_ONCE)
        if gone:
            await asyncio.to_thread(self._discard, gone)
            await erasure.note_removed(tx, gone)
        return len(gone) == FILES_AT_ONCE

    def _discard(self, gone: Sequence[str]) -> None:
        for evidence in gone:
            self._files.discard(evidence)


def duties(*, vault: VaultClient, files: Files, pool: Pool) -> tuple[Duty, ...]:
    refill, sweep, removal = Refill(vault), Sweep(files), Removal(files)
    return (
        Duty(
            name="refill-spare-keys",
            every=timedelta(seconds=5),
            prepare=refill.fetch,
            work=refill.keep,
        ),
        Duty(
            name="look-at-spare-keys",
            every=timedelta(seconds=2),
            work=pool.look,
            leased=False,
            role="api",
        ),
        Duty(
            name="sweep-evidence-files",
            every=timedelta(hours=1),
            prepare=sweep.list_files,
            work=sweep.remove,
        ),
        Duty(name="remove-erased-files", every=timedelta(seconds=5), work=removal.remove),
    )
