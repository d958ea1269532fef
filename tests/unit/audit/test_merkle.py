"""The tree against RFC 6962: known roots, and a naive reading of the RFC's own definitions."""

from collections.abc import Sequence
from functools import cache
from hashlib import sha256

import pytest

from audit.domain.merkle import (
    EMPTY_ROOT,
    Head,
    LeafNotInTree,
    Range,
    TreeNotGrown,
    complete_nodes,
    consistency_path,
    inclusion_path,
    is_consistent,
    leaf_hash,
)
from audit.domain.tiles import TileId, append, consistency_proof, inclusion_proof
from verifier.merkle import WrongPath, root_from_path

# The leaves and roots of the reference tests of Certificate Transparency.
LEAVES = [
    bytes.fromhex(text)
    for text in (
        "",
        "00",
        "10",
        "2021",
        "3031",
        "40414243",
        "5051525354555657",
        "606162636465666768696a6b6c6d6e6f",
    )
]
ROOTS = [
    "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855",
    "6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d",
    "fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125",
    "aeb6bcfe274b70a14fb067a5e5578264db0fa9b51af5e0ba159158f329e06e77",
    "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7",
    "4e3bbb1f7b478dcfe71fb631631519a3bca12c9aefca1612bfce4c13a86264d4",
    "76e67dadbcdf1e10e1b74ddc608abd2f98dfb16fbce75277b5232a127f2087ef",
    "ddb89be403809e325750d3d263cd78929c2942b7942a34b77e122c9594a74c8c",
    "5dc9da79a70659a9ad559cb701ded9a2ab9d823aad2f4960cfe370eff4604328",
]
LARGEST = 130
MANY = tuple(b"%d" % number for number in range(LARGEST))


@cache
def naive_root(begin: int, end: int) -> bytes:
    """MTH of RFC 6962 §2.1, word for word."""
    if end - begin == 0:
        return sha256(b"").digest()
    if end - begin == 1:
        return sha256(b"\x00" + MANY[begin]).digest()
    middle = begin + split(end - begin)
    return sha256(b"\x01" + naive_root(begin, middle) + naive_root(middle, end)).digest()


def naive_path(index: int, begin: int, end: int) -> list[bytes]:
    """PATH of RFC 6962 §2.1.1."""
    if end - begin == 1:
        return []
    middle = begin + split(end - begin)
    if index < middle:
        return [*naive_path(index, begin, middle), naive_root(middle, end)]
    return [*naive_path(index, middle, end), naive_root(begin, middle)]


def naive_subproof(old: int, begin: int, end: int, *, whole: bool) -> list[bytes]:
    """SUBPROOF of RFC 6962 §2.1.2."""
    if old == end:
        return [] if whole else [naive_root(begin, end)]
    middle = begin + split(end - begin)
    if old <= middle:
        left = naive_subproof(old, begin, middle, whole=whole)
        return [*left, naive_root(middle, end)]
    return [*naive_subproof(old, middle, end, whole=False), naive_root(begin, middle)]


def split(width: int) -> int:
    power = 1
    while power * 2 < width:
        power *= 2
    return power


def tree(leaves: Sequence[bytes]) -> tuple[bytes, dict[TileId, bytes]]:
    growth = append([leaf_hash(leaf) for leaf in leaves], size=0, edge={})
    return growth.root, growth.touched


class TestTheRoot:
    @pytest.mark.parametrize("size", range(9))
    def test_is_the_known_one(self, size: int) -> None:
        root, _ = tree(LEAVES[:size])

        assert root.hex() == ROOTS[size]

    def test_of_nothing_is_the_hash_of_nothing(self) -> None:
        assert EMPTY_ROOT.hex() == ROOTS[0]


class TestAnInclusionProof:
    @pytest.mark.parametrize("size", range(1, LARGEST + 1))
    def test_is_the_rfcs_and_leads_the_verifier_to_the_root(self, size: int) -> None:
        root, tiles = tree(MANY[:size])

        for index in range(size):
            path = inclusion_proof(index, size=size, tiles=tiles)
            assert path == naive_path(index, 0, size)
            assert root_from_path(MANY[index], index=index, size=size, path=path) == root
        assert root == naive_root(0, size)

    def test_of_an_older_tree_comes_from_the_tiles_of_today(self) -> None:
        _, tiles = tree(MANY)

        assert inclusion_proof(5, size=77, tiles=tiles) == naive_path(5, 0, 77)

    @pytest.mark.parametrize(("index", "size"), [(0, 0), (3, 3), (-1, 3)])
    def test_does_not_exist_outside_the_tree(self, index: int, size: int) -> None:
        with pytest.raises(LeafNotInTree):
            inclusion_path(index, size=size)

    @pytest.mark.parametrize(("index", "change"), [(4, 1), (4, -1), (6, 1), (6, -1)])
    def test_of_another_length_is_refused(self, index: int, change: int) -> None:
        path = naive_path(index, 0, 7)
        wrong = [*path, path[0]] if change > 0 else path[:-1]

        with pytest.raises(WrongPath):
            root_from_path(MANY[index], index=index, size=7, path=wrong)


class TestAConsistencyProof:
    @pytest.mark.parametrize("new", range(1, LARGEST + 1, 3))
    def test_is_the_rfcs_and_holds(self, new: int) -> None:
        root, tiles = tree(MANY[:new])

        for old in range(1, new + 1):
            proof = consistency_proof(old=old, new=new, tiles=tiles)
            assert proof == naive_subproof(old, 0, new, whole=True)
            assert is_consistent(Head(old, naive_root(0, old)), Head(new, root), proof)

    def test_is_the_known_one(self) -> None:
        _, tiles = tree(LEAVES)

        proof = consistency_proof(old=6, new=8, tiles=tiles)

        assert [part.hex() for part in proof] == [
            "0ebc5d3437fbe2db158b9f126a1d118e308181031d0a949f8dededebc558ef6a",
            "ca854ea128ed050b41b35ffc1b87b8eb2bde461e9e3b5596ece6b9d5975a0ae0",
            "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7",
        ]

    def test_fails_for_another_past(self) -> None:
        proof = naive_subproof(6, 0, 100, whole=True)
        new = Head(100, naive_root(0, 100))

        assert not is_consistent(Head(6, naive_root(1, 7)), new, proof)
        assert not is_consistent(Head(7, naive_root(0, 7)), new, proof)
        assert not is_consistent(Head(6, naive_root(0, 6)), Head(100, naive_root(1, 101)), proof)
        assert not is_consistent(Head(6, naive_root(0, 6)), new, proof[:-1])
        assert not is_consistent(Head(6, naive_root(0, 6)), new, [*proof, proof[0]])
        assert not is_consistent(Head(6, naive_root(0, 6)), new, [])

    def test_fails_when_the_log_went_back(self) -> None:
        old, new = Head(9, naive_root(0, 9)), Head(8, naive_root(0, 8))

        assert not is_consistent(old, new, [])
        with pytest.raises(TreeNotGrown):
            consistency_path(old=9, new=8)

    def test_between_equal_heads_is_empty_and_the_roots_must_be_one(self) -> None:
        head = Head(8, naive_root(0, 8))

        assert is_consistent(head, head, [])
        assert not is_consistent(head, Head(8, naive_root(1, 9)), [])
        assert not is_consistent(head, head, [head.root])

    def test_from_the_empty_tree_is_empty(self) -> None:
        new = Head(8, naive_root(0, 8))

        assert consistency_path(old=0, new=8) == []
        assert is_consistent(Head(0, EMPTY_ROOT), new, [])
        assert not is_consistent(Head(0, new.root), new, [])


class TestCompleteNodes:
    def test_cover_the_range_without_overlap(self) -> None:
        covered = [
            leaf
            for node in complete_nodes(Range(64, 64 + 45))
            for leaf in range(node.number << node.height, (node.number + 1) << node.height)
        ]

        assert covered == list(range(64, 109))
