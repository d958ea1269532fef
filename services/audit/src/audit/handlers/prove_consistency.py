"""Prove that the log of one size begins the log of a later one: nothing was taken back."""

from collections.abc import Sequence
from dataclasses import dataclass

from audit.domain.tiles import (
    Tiles,
    consistency_proof,
    edge_tiles,
    root,
    tiles_for_consistency,
)
from audit.handlers.export_subject import NotSignedYet
from audit.store import checkpoints, log
from chassis.door import Tx
from chassis.problems import FieldError, Invalid


@dataclass(frozen=True, slots=True, kw_only=True)
class Consistent:
    """The proof from one size to another, and both roots as the log has them."""

    old: int
    new: int
    path: Sequence[bytes]
    old_root: bytes
    new_root: bytes


async def prove_consistency(tx: Tx, *, old: int, new: int | None) -> Consistent:
    """
    Build the RFC 6962 proof from size `old` to size `new`, else to the newest checkpoint.

    Raises:
        NotSignedYet: No `new` is given, and nothing that large is signed yet.
        Invalid: `new` is beyond the log, or before `old`.
    """
    new = await _newest_signed(tx, old) if new is None else new
    if new > (await log.read(tx)).head.size:
        raise Invalid([FieldError("/query/to", "size", "the log is not that long")])
    if old > new:
        raise Invalid([FieldError("/query/from", "size", "must not be greater than `to`")])
    wanted = tiles_for_consistency(old=old, new=new) | edge_tiles(old) | edge_tiles(new)
    tiles: Tiles = await log.load_tiles(tx, wanted)
    return Consistent(
        old=old,
        new=new,
        path=consistency_proof(old=old, new=new, tiles=tiles),
        old_root=root(old, tiles),
        new_root=root(new, tiles),
    )


async def _newest_signed(tx: Tx, old: int) -> int:
    found = await checkpoints.find_newest(tx)
    if found is None or found.head.size < old:
        raise NotSignedYet
    return found.head.size
