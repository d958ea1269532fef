"""The RFC 6962 tree: hashes, and which ranges of leaves a root or a proof is made of."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import reduce
from hashlib import sha256

HASH_BYTES = 32
EMPTY_ROOT = sha256(b"").digest()


@dataclass(frozen=True, slots=True, order=True)
class Range:
    """Leaves `begin` (included) to `end` (excluded) of the log, as RFC 6962 splits it."""

    begin: int
    end: int


@dataclass(frozen=True, slots=True, order=True)
class Node:
    """The complete subtree of 2**height leaves that starts at leaf `number * 2**height`."""

    height: int
    number: int


def leaf_hash(leaf: bytes) -> bytes:
    return sha256(b"\x00" + leaf).digest()


def node_hash(left: bytes, right: bytes) -> bytes:
    return sha256(b"\x01" + left + right).digest()


def complete_hash(hashes: Sequence[bytes]) -> bytes:
    """Return the hash of a complete subtree from its 2**k nodes of one height."""
    row = list(hashes)
    while len(row) > 1:
        row = [node_hash(row[i], row[i + 1]) for i in range(0, len(row), 2)]
    return row[0]


def joined_hash(complete: Sequence[bytes]) -> bytes:
    """Return the hash of a range from its complete subtrees, largest (leftmost) first."""
    return reduce(lambda right, left: node_hash(left, right), reversed(complete))


def complete_nodes(leaves: Range) -> list[Node]:
    """Split a range into complete subtrees, largest first; nothing for an empty range."""
    nodes, position = [], leaves.begin
    for height in reversed(range((leaves.end - leaves.begin).bit_length())):
        if (leaves.end - leaves.begin) >> height & 1:
            nodes.append(Node(height, position >> height))
            position += 1 << height
    return nodes


def inclusion_path(index: int, *, size: int) -> list[Range]:
    """Return the ranges whose hashes prove leaf `index` in the tree of `size` (PATH, §2.1.1)."""
    if not 0 <= index < size:
        raise LeafNotInTree(index, size)
    begin, end, path = 0, size, list[Range]()
    while end - begin > 1:
        middle = begin + _left_width(end - begin)
        if index < middle:
            path.append(Range(middle, end))
            end = middle
        else:
            path.append(Range(begin, middle))
            begin = middle
    return path[::-1]


class LeafNotInTree(Exception):
    def __init__(self, index: int, size: int) -> None:
        super().__init__(f"leaf {index} is not in a tree of {size}")


def consistency_path(*, old: int, new: int) -> list[Range]:
    """
    Return the ranges whose hashes prove that `old` leaves begin the tree of `new` (§2.1.2).

    The empty tree begins every tree: its proof, like that of a tree with itself, is empty.
    """
    if not 0 <= old <= new:
        raise TreeNotGrown(old, new)
    begin, end, path = 0, new, list[Range]()
    while old not in (0, end):
        middle = begin + _left_width(end - begin)
        if old <= middle:
            path.append(Range(middle, end))
            end = middle
        else:
            path.append(Range(begin, middle))
            begin = middle
    return [Range(begin, end), *path[::-1]] if begin else path[::-1]


class TreeNotGrown(Exception):
    def __init__(self, old: int, new: int) -> None:
        super().__init__(f"a tree of {new} does not continue one of {old}")


def _left_width(width: int) -> int:
    """Return the largest power of two smaller than `width`."""
    return 1 << (width - 1).bit_length() - 1


@dataclass(frozen=True, slots=True)
class Head:
    """What a checkpoint states: so many leaves, with this root."""

    size: int
    root: bytes


EMPTY_HEAD = Head(0, EMPTY_ROOT)


def is_consistent(old: Head, new: Head, proof: Sequence[bytes]) -> bool:
    """Check a consistency proof (RFC 9162 §2.1.4.2); what the signer asks before it signs."""
    if old.size == 0:
        return not proof and old.root == EMPTY_ROOT
    if old.size == new.size:
        return not proof and old.root == new.root
    if old.size > new.size:
        return False
    return _roots_from(old, new, proof) == (old.root, new.root)


def _roots_from(old: Head, new: Head, proof: Sequence[bytes]) -> tuple[bytes, bytes] | None:
    """Recompute both roots; `None` when the proof has the wrong length."""
    power_of_two = old.size & (old.size - 1) == 0
    hashes = [old.root, *proof] if power_of_two else list(proof)
    if len(hashes) != len(consistency_path(old=old.size, new=new.size)) + power_of_two:
        return None
    first, last = old.size - 1, new.size - 1
    while first & 1:
        first, last = first >> 1, last >> 1
    old_root = new_root = hashes[0]
    for sibling in hashes[1:]:
        if first & 1 or first == last:
            old_root, new_root = node_hash(sibling, old_root), node_hash(sibling, new_root)
            while first and not first & 1:
                first, last = first >> 1, last >> 1
        else:
            new_root = node_hash(new_root, sibling)
        first, last = first >> 1, last >> 1
    return old_root, new_root
