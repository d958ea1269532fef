"""The tree, from the outside: from a leaf and its path to the root (RFC 9162 §2.1.3.2)."""

from collections.abc import Sequence
from hashlib import sha256

HASH_BYTES = 32


class WrongPath(Exception):
    """The path cannot belong to that leaf and size: too long, too short, leaf outside."""


def leaf_hash(leaf: bytes) -> bytes:
    return sha256(b"\x00" + leaf).digest()


def root_from_path(leaf: bytes, *, index: int, size: int, path: Sequence[bytes]) -> bytes:
    """Return the root of the tree of `size` that has this leaf at `index`."""
    if not 0 <= index < size:
        raise WrongPath(f"leaf {index} lies outside a tree of {size}")
    number, last, reached = index, size - 1, leaf_hash(leaf)
    for sibling in path:
        if not last:
            raise WrongPath("the path goes on above the root")
        if number & 1 or number == last:
            reached = node_hash(sibling, reached)
            number, last = _skip_lone_levels(number, last)
        else:
            reached = node_hash(reached, sibling)
        number, last = number >> 1, last >> 1
    if last:
        raise WrongPath("the path ends below the root")
    return reached


def node_hash(left: bytes, right: bytes) -> bytes:
    return sha256(b"\x01" + left + right).digest()


def _skip_lone_levels(number: int, last: int) -> tuple[int, int]:
    """Climb past the levels where the last node has no sibling and moves up unchanged."""
    while number and not number & 1:
        number, last = number >> 1, last >> 1
    return number, last
