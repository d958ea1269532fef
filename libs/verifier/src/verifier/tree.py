"""The tree as it grows: the roots that many leaves make, and whether one tree continues another."""

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from hashlib import sha256

from verifier.merkle import WrongPath, node_hash

EMPTY_ROOT = sha256(b"").digest()


@dataclass(frozen=True, slots=True)
class Head:
    """So many leaves, with this root."""

    size: int
    root: bytes


@dataclass(frozen=True, slots=True)
class _Subtree:
    """A complete subtree: `width` leaves, a power of two."""

    width: int
    root: bytes


def roots_at(
    sizes: Collection[int],
    leaf_hashes: Iterable[bytes],
    *,
    first: int = 0,
    before: Sequence[bytes] = (),
) -> Mapping[int, bytes]:
    """
    Return the roots of the trees of `sizes`, from the hashes of the leaves from `first` on.

    `before` holds the complete subtrees of the leaves before `first`, largest first. A size that
    lies before `first`, or beyond the leaves, has no root here. Raises `WrongPath` when `before`
    does not belong to `first`.
    """
    row = _complete_subtrees(first, before)
    roots = {first: _folded(row)} if first in sizes else {}
    for size, leaf in enumerate(leaf_hashes, start=first + 1):
        _push(row, leaf)
        if size in sizes:
            roots[size] = _folded(row)
    return roots


def _complete_subtrees(first: int, before: Sequence[bytes]) -> list[_Subtree]:
    widths = [1 << bit for bit in reversed(range(first.bit_length())) if first >> bit & 1]
    if len(widths) != len(before):
        raise WrongPath(f"{len(widths)} hashes stand for {first} leaves, not {len(before)}")
    return [_Subtree(width, root) for width, root in zip(widths, before, strict=True)]


def _push(row: list[_Subtree], leaf: bytes) -> None:
    """Add a leaf: equal neighbours become one, as in a sum of binary numbers."""
    width, reached = 1, leaf
    while row and row[-1].width == width:
        reached = node_hash(row.pop().root, reached)
        width *= 2
    row.append(_Subtree(width, reached))


def _folded(row: Sequence[_Subtree]) -> bytes:
    if not row:
        return EMPTY_ROOT
    reached = row[-1].root
    for left in reversed(row[:-1]):
        reached = node_hash(left.root, reached)
    return reached


def roots_from_growth(old: Head, new: Head, path: Sequence[bytes]) -> tuple[bytes, bytes]:
    """
    Return both roots as a consistency proof makes them (RFC 9162 §2.1.4.2).

    They are those of the heads exactly when the first `old.size` leaves of the new tree are the
    old tree. Needs `0 < old.size < new.size`; raises `WrongPath` for a path of another length.
    """
    hashes = [old.root, *path] if _is_power_of_two(old.size) else list(path)
    if not hashes:
        raise WrongPath("the proof is empty")
    number, last = old.size - 1, new.size - 1
    while number & 1:
        number, last = number >> 1, last >> 1
    old_root = new_root = hashes[0]
    for sibling in hashes[1:]:
        if not last:
            raise WrongPath("the proof goes on above the root")
        if number & 1 or number == last:
            old_root, new_root = node_hash(sibling, old_root), node_hash(sibling, new_root)
            while number and not number & 1:
                number, last = number >> 1, last >> 1
        else:
            new_root = node_hash(new_root, sibling)
        number, last = number >> 1, last >> 1
    if last:
        raise WrongPath("the proof ends below the root")
    return old_root, new_root


def _is_power_of_two(size: int) -> bool:
    return size & (size - 1) == 0
