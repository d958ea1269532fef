"""Prove that a leaf is in the tree of a size: the newest signed one, or one that is asked for."""

from collections.abc import Sequence
from dataclasses import dataclass

from audit.domain.merkle import Range
from audit.domain.tiles import edge_tiles, hash_of, inclusion_proof, tiles_for_inclusion
from audit.handlers.export_subject import NotSignedYet
from audit.store import checkpoints, log
from chassis.door import Tx
from chassis.problems import FieldError, Invalid


@dataclass(frozen=True, slots=True, kw_only=True)
class Proven:
    """A path from a leaf to a root, and the signed note of that root if there is one."""

    size: int
    path: Sequence[bytes]
    root: bytes
    checkpoint: str | None


async def prove_inclusion(tx: Tx, idx: int, *, size: int | None, signed: bool) -> Proven:
    """
    Build the path of a leaf to the root of the tree of `size`, else of the newest checkpoint.

    `signed` says whether a checkpoint of that size is needed.

    Raises:
        NotSignedYet: The newest checkpoint does not cover the leaf yet.
        Invalid: The leaf is not in the tree of that size, or nothing signed has it.
    """
    found = await (
        checkpoints.find_newest(tx) if size is None else checkpoints.find_of_size(tx, size)
    )
    if size is None:
        if found is None or idx >= found.head.size:
            raise NotSignedYet
        size = found.head.size
    elif found is None and signed:
        raise _refused("no checkpoint has this size; leave it out, or ask for JSON")
    if not idx < size <= (await log.read(tx)).head.size:
        raise _refused("the event is not in the tree of this size")
    tiles = await log.load_tiles(tx, tiles_for_inclusion(idx, size=size) | edge_tiles(size))
    return Proven(
        size=size,
        path=inclusion_proof(idx, size=size, tiles=tiles),
        root=found.head.root if found else hash_of(Range(0, size), tiles, size=size),
        checkpoint=found.note if found else None,
    )


def _refused(why: str) -> Invalid:
    return Invalid([FieldError("/query/size", "size", why)])
