"""Make a bundle of a range of the log: every entry, so that nothing can be left out of it."""

import asyncio
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

from audit.domain.bundle import Keys
from audit.domain.merkle import Range
from audit.domain.range_bundle import RangeBundle, RangeEntry, outside, tiles_outside
from audit.domain.tiles import leaf_hashes, leaf_tiles
from audit.handlers.bear_witness import bear_witness
from audit.handlers.export_subject import ExportTooLarge, NotSignedYet, export_keys
from audit.store import checkpoints, exports, leaves, log
from audit.store.checkpoints import Checkpoint
from audit.store.exports import Export
from audit.store.leaves import Logged
from chassis import ids
from chassis.door import Tx
from chassis.problems import FieldError, Invalid
from chassis.signing import Signer
from contracts.audit import AuditExported

LARGEST_RANGE: Final = 100_000  # entries
_AT_ONCE: Final = 4096  # entries that are in memory: whole tiles


@dataclass(frozen=True, slots=True, kw_only=True)
class ExportRange:
    """Entries `begin` to before `end` (default: all that is signed), told to this marketplace."""

    begin: int
    end: int | None
    marketplace: str


async def export_range(
    tx: Tx,
    command: ExportRange,
    *,
    public_keys: Mapping[str, Ed25519PublicKey],
    signer: Signer,
) -> Export:
    """
    Build the bundle of a range as of the newest checkpoint; its leaf commits with it.

    Raises:
        NotSignedYet: The range ends beyond what is signed.
        ExportTooLarge: More than 100,000 entries.
        Invalid: The range is empty.
    """
    signed = await _checkpoint(tx, command)
    wanted = _range(command, signed)

    keys = await export_keys(tx, public_keys=public_keys, signer=signer)
    zipped = await _bundle(tx, wanted, signed, keys=keys, marketplace=command.marketplace)

    export = Export(
        id=ids.new_id(exports.PREFIX, tx.now),
        marketplace=command.marketplace,
        subject=log.LOG,
        as_of=signed.head.size,
        events=wanted.end - wanted.begin,
        zip=zipped,
    )
    await exports.add(tx, export)

    asked = {"from": str(wanted.begin), "to": str(wanted.end)}
    await bear_witness(
        tx,
        AuditExported(export=export.id, query=asked, as_of=export.as_of),
        signer=signer,
        subject=log.LOG,
        marketplace=command.marketplace,
    )
    return export


async def _checkpoint(tx: Tx, command: ExportRange) -> Checkpoint:
    signed = await checkpoints.find_newest(tx)
    if signed is None or (command.end or 0) > signed.head.size:
        raise NotSignedYet
    return signed


def _range(command: ExportRange, signed: Checkpoint) -> Range:
    end = signed.head.size if command.end is None else command.end
    if command.begin >= end:
        raise Invalid([FieldError("/range/from", "range", "must be smaller than where it ends")])
    if end - command.begin > LARGEST_RANGE:
        raise ExportTooLarge
    return Range(command.begin, end)


async def _bundle(
    tx: Tx, wanted: Range, signed: Checkpoint, *, keys: Keys, marketplace: str
) -> bytes:
    size, bundle = signed.head.size, RangeBundle()
    for begin in range(wanted.begin, wanted.end, _AT_ONCE):
        part = Range(begin, min(begin + _AT_ONCE, wanted.end))
        # Elsewhere: packing takes the time of many requests.
        await asyncio.to_thread(bundle.add, await _entries(tx, part, marketplace))
    tiles = await log.load_tiles(tx, tiles_outside(wanted, size=size))
    return bundle.finish(
        outside(wanted, size=size, tiles=tiles),
        checkpoint=signed.note,
        as_of=size,
        keys=keys,
        query={
            "range": {"from": wanted.begin, "to": wanted.end},
            "marketplace": marketplace,
        },
        requester=tx.journey.actor,
    )


async def _entries(tx: Tx, part: Range, marketplace: str) -> list[RangeEntry]:
    """Read what the tree has and what the table has: an entry without its leaf gets no line."""
    hashes = leaf_hashes(part, await log.load_tiles(tx, leaf_tiles(part)))
    logged = await leaves.list_of_range(tx, part.begin, part.end, marketplace=marketplace)
    return _joined(part, hashes, logged, marketplace)


def _joined(
    part: Range, hashes: Sequence[bytes], logged: Sequence[Logged], marketplace: str
) -> list[RangeEntry]:
    return [
        RangeEntry(
            index=one.idx,
            leaf_hash=hashes[one.idx - part.begin],
            leaf=one.leaf,
            headers=one.headers,
            payload=one.payload,
        )
        if one.marketplace in {None, marketplace}
        else RangeEntry(index=one.idx, leaf_hash=hashes[one.idx - part.begin])
        for one in logged
    ]
