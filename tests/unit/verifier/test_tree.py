"""Roots and proofs: known answers, the RFC's own words, and a log that others have written."""

from random import Random

import pytest
from tlog_scales.backend import LocalBackend
from tlog_scales.reader import TilesReader
from tlog_scales.signing import DummySigner
from tlog_scales.tlog import (
    ConsistencyProof,
    ConsistencyProofInvalid,
    InclusionProof,
    InclusionProofInvalid,
)
from tlog_scales.writer import TilesWriter

from extent import short_or_full
from textbook import CONSISTENCY, INCLUSION, LEAVES, ROOTS, Textbook
from verifier.merkle import WrongPath, leaf_hash, root_from_path
from verifier.tree import EMPTY_ROOT, Head, roots_at, roots_from_growth

SMALL = 300
LARGE = short_or_full(10_000, 100_000)
PROBES = short_or_full(100, 1_000)
MANY = [b"leaf %d" % number for number in range(LARGE)]
HASHES = [leaf_hash(leaf) for leaf in MANY]
BOOK = Textbook(MANY)


@pytest.fixture(scope="module")
def others(tmp_path_factory: pytest.TempPathFactory) -> TilesReader:
    """Return the same leaves in a log of tlog-scales, which makes its own roots and proofs."""
    folder = tmp_path_factory.mktemp("log") / "tiles"
    writer = TilesWriter.create(folder, "audit.test/others")
    for leaf in MANY:
        writer.add_leaf(leaf)
    writer.commit([DummySigner(key_id=1)])
    reader = TilesReader(LocalBackend(folder))
    reader.set_size(LARGE)
    return reader


class TestTheRoot:
    @pytest.mark.parametrize("size", range(9))
    def test_is_the_known_one(self, size: int) -> None:
        roots = roots_at({size}, [leaf_hash(leaf) for leaf in LEAVES])

        assert roots[size].hex() == ROOTS[size]

    def test_of_nothing_is_the_hash_of_nothing(self) -> None:
        assert EMPTY_ROOT.hex() == ROOTS[0]

    @pytest.mark.fault(66)
    def test_of_every_small_size_is_that_of_the_rfc_and_of_others(
        self, others: TilesReader
    ) -> None:
        roots = roots_at(range(SMALL + 1), HASHES[:SMALL])

        for size in range(SMALL + 1):
            assert roots[size] == BOOK.root(0, size) == others.mth(0, size)

    @pytest.mark.fault(66)
    def test_of_large_sizes_is_that_of_the_rfc_and_of_others(self, others: TilesReader) -> None:
        sizes = {*Random(66).sample(range(SMALL, LARGE), PROBES), LARGE}

        roots = roots_at(sizes, HASHES)

        for size in sizes:
            assert roots[size] == BOOK.root(0, size) == others.mth(0, size)

    @pytest.mark.parametrize("first", [1, 2, 3, 64, 77, 128, 255])
    def test_is_reached_from_the_subtrees_before_a_range(self, first: int) -> None:
        widths = [1 << bit for bit in reversed(range(9)) if first >> bit & 1]
        starts = [sum(widths[:number]) for number in range(len(widths))]
        before = [BOOK.root(at, at + width) for at, width in zip(starts, widths, strict=True)]

        roots = roots_at({first, SMALL}, HASHES[first:SMALL], first=first, before=before)

        assert roots == {first: BOOK.root(0, first), SMALL: BOOK.root(0, SMALL)}

    def test_is_not_made_from_subtrees_of_another_number_of_leaves(self) -> None:
        with pytest.raises(WrongPath):
            roots_at({9}, HASHES[3:9], first=3, before=[HASHES[0]])

    def test_is_unknown_before_and_beyond_the_leaves(self) -> None:
        before = [BOOK.root(0, 2)]

        assert roots_at({1, 9}, HASHES[2:8], first=2, before=before) == {}


class TestInclusion:
    @pytest.mark.parametrize(("place", "known"), INCLUSION.items())
    def test_leads_to_the_known_root(self, place: tuple[int, int], known: list[str]) -> None:
        index, size = place
        path = [bytes.fromhex(part) for part in known]

        root = root_from_path(LEAVES[index], index=index, size=size, path=path)

        assert root.hex() == ROOTS[size]

    @pytest.mark.fault(66)
    def test_of_every_leaf_of_every_small_tree_is_shown(self) -> None:
        """45,150 proofs, each by the RFC's definition and each led to its root."""
        for size in range(1, SMALL + 1):
            for index in range(size):
                path = BOOK.path(index, 0, size)
                root = root_from_path(MANY[index], index=index, size=size, path=path)
                assert root == BOOK.root(0, size)

    @pytest.mark.fault(66)
    def test_is_shown_as_others_show_it(self, others: TilesReader) -> None:
        random = Random(66)
        for _ in range(PROBES):
            size = random.randint(1, LARGE)
            index = random.randrange(size)
            theirs = others.get_inclusion_proof(index, size)

            root = root_from_path(MANY[index], index=index, size=size, path=theirs.node_hashes)

            assert theirs.node_hashes == BOOK.path(index, 0, size)
            assert root == others.mth(0, size)
            InclusionProof(index, size, theirs.node_hashes).check(HASHES[index], root)

    @pytest.mark.fault(66)
    def test_fails_whenever_others_say_that_it_does(self) -> None:
        """Any hash, index, size or length of a path that is another."""
        random, agreed = Random(68), 0
        for _ in range(PROBES * 10):
            size = random.randint(1, 100)
            index = random.randrange(size)
            path = BOOK.path(index, 0, size)
            shown = random.choice([index, index + 1, random.randrange(size)])
            of = random.choice([size, size + 1, max(size - 1, 1)])
            damaged = random.choice([path, path[:-1], [*path, HASHES[0]], path[::-1]])
            root = random.choice([BOOK.root(0, size), BOOK.root(0, of), *damaged[-1:]])
            holds = _holds(index, InclusionProof(shown, of, damaged), root)
            agreed += holds
            assert holds == _others_hold(index, InclusionProof(shown, of, damaged), root)
        assert agreed


def _holds(leaf: int, proof: InclusionProof, root: bytes) -> bool:
    index, size = proof.leaf_index, proof.tree_size
    try:
        reached = root_from_path(MANY[leaf], index=index, size=size, path=proof.node_hashes)
    except WrongPath:
        return False
    return reached == root


def _others_hold(leaf: int, proof: InclusionProof, root: bytes) -> bool:
    try:
        proof.check(HASHES[leaf], root)
    except InclusionProofInvalid:
        return False
    return True


class TestConsistency:
    @pytest.mark.parametrize(("sizes", "known"), CONSISTENCY.items())
    def test_is_the_known_one(self, sizes: tuple[int, int], known: list[str]) -> None:
        old, new = (Head(size, bytes.fromhex(ROOTS[size])) for size in sizes)

        path = [bytes.fromhex(part) for part in known]

        assert Textbook(LEAVES).proof(*sizes) == path
        if sizes[0] < sizes[1]:
            assert roots_from_growth(old, new, path) == (old.root, new.root)

    @pytest.mark.fault(66)
    def test_of_every_two_small_trees_is_shown(self) -> None:
        """44,850 proofs."""
        heads = [Head(size, BOOK.root(0, size)) for size in range(SMALL + 1)]
        for new in heads[2:]:
            for old in heads[1 : new.size]:
                made = roots_from_growth(old, new, BOOK.proof(old.size, new.size))
                assert made == (old.root, new.root)

    @pytest.mark.fault(66)
    def test_is_shown_as_others_show_it(self, others: TilesReader) -> None:
        random = Random(66)
        for _ in range(PROBES):
            old, new = (self._head(size, others) for size in sorted(random.sample(SIZES, 2)))
            theirs = others.get_consistency_proof(old.size, new.size)

            made = roots_from_growth(old, new, theirs.node_hashes)

            assert theirs.node_hashes == BOOK.proof(old.size, new.size)
            assert made == (old.root, new.root)

    @pytest.mark.fault(66)
    def test_fails_whenever_others_say_that_it_does(self) -> None:
        """Any hash, size or length of a proof that is another."""
        random = Random(67)
        agreed = 0
        for _ in range(PROBES * 10):
            old, new = (Head(n, BOOK.root(0, n)) for n in sorted(random.sample(range(1, 100), 2)))
            path = BOOK.proof(old.size, new.size)
            shown = random.choice([old, Head(old.size, new.root), self._beside(old, random)])
            damaged = random.choice([path, path[:-1], [*path, old.root], path[::-1]])
            agreed += self._holds(shown, new, damaged)
            assert self._holds(shown, new, damaged) == self._others_hold(shown, new, damaged)
        assert agreed

    @staticmethod
    def _head(size: int, others: TilesReader) -> Head:
        return Head(size, others.mth(0, size))

    @staticmethod
    def _beside(head: Head, random: Random) -> Head:
        size = head.size + random.choice([-1, 1])
        return Head(max(size, 1), head.root)

    @staticmethod
    def _holds(old: Head, new: Head, path: list[bytes]) -> bool:
        if old.size >= new.size:
            return old == new and not path
        try:
            return roots_from_growth(old, new, path) == (old.root, new.root)
        except WrongPath:
            return False

    @staticmethod
    def _others_hold(old: Head, new: Head, path: list[bytes]) -> bool:
        try:
            ConsistencyProof(old.size, new.size, path).check(old.root, new.root)
        except ConsistencyProofInvalid:
            return False
        return True


SIZES = range(1, LARGE + 1)
