"""Tiles across their boundaries, batch by batch."""

from hashlib import sha256

import pytest
from hypothesis import given, settings, strategies as st

from audit.domain.merkle import complete_hash, leaf_hash
from audit.domain.tiles import (
    TileId,
    TileMissing,
    append,
    edge_tiles,
    inclusion_proof,
    root,
    tiles_for_consistency,
    tiles_for_inclusion,
    width_of,
)
from verifier.merkle import root_from_path

LEAVES = [b"%d" % number for number in range(1200)]
HASHES = [leaf_hash(leaf) for leaf in LEAVES]
CONSTANT = sha256(b"the same leaf").digest()


class TestTheLayout:
    def test_of_70_000_leaves_is_the_one_of_the_specification(self) -> None:
        """The example of c2sp.org/tlog-tiles."""
        size = 70_000

        assert width_of(TileId(0, 272), size=size) == 256
        assert width_of(TileId(0, 273), size=size) == 112
        assert width_of(TileId(1, 0), size=size) == 256
        assert width_of(TileId(1, 1), size=size) == 17
        assert width_of(TileId(2, 0), size=size) == 1
        assert edge_tiles(size) == {TileId(0, 273), TileId(1, 1), TileId(2, 0)}

    @pytest.mark.parametrize(
        ("size", "edge"),
        [
            (0, set()),
            (1, {TileId(0, 0)}),
            (255, {TileId(0, 0)}),
            (256, {TileId(1, 0)}),
            (257, {TileId(0, 1), TileId(1, 0)}),
            (65_535, {TileId(0, 255), TileId(1, 0)}),
            (65_536, {TileId(2, 0)}),
            (65_537, {TileId(0, 256), TileId(2, 0)}),
        ],
    )
    def test_of_the_right_edge(self, size: int, edge: set[TileId]) -> None:
        assert edge_tiles(size) == edge

    def test_needs_no_more_than_eight_tiles_to_go_on(self) -> None:
        assert len(edge_tiles(256**8 - 1)) == 8


class TestAppend:
    def test_closes_tiles_and_opens_the_level_above(self) -> None:
        growth = append([CONSTANT] * 65_537, size=0, edge={})

        full = complete_hash([CONSTANT] * 256)
        assert growth.touched[TileId(0, 0)] == growth.touched[TileId(0, 255)] == CONSTANT * 256
        assert growth.touched[TileId(0, 256)] == CONSTANT
        assert growth.touched[TileId(1, 0)] == full * 256
        assert growth.touched[TileId(2, 0)] == complete_hash([full] * 256)
        assert len(growth.touched) == 256 + 1 + 1 + 1
        assert growth.edge.keys() == edge_tiles(65_537)

    @settings(derandomize=True, deadline=None, max_examples=30)
    @given(st.lists(st.integers(0, 400), max_size=5))
    def test_comes_out_the_same_however_it_is_cut_into_batches(self, batches: list[int]) -> None:
        size, stored = 0, dict[TileId, bytes]()
        for batch in batches:
            leaves = HASHES[:1200][size : size + batch]
            edge = {tile: stored[tile] for tile in edge_tiles(size)}
            growth = append(leaves, size=size, edge=edge)
            size, stored = growth.size, stored | growth.touched

        whole = append(HASHES[:size], size=0, edge={})

        assert stored == whole.touched
        assert root(size, stored) == whole.root

    def test_writes_only_what_has_changed(self) -> None:
        first = append(HASHES[:300], size=0, edge={})

        growth = append(HASHES[300:301], size=300, edge=first.edge)

        assert growth.touched.keys() == {TileId(0, 1)}

    def test_of_nothing_changes_nothing(self) -> None:
        first = append(HASHES[:300], size=0, edge={})

        growth = append([], size=300, edge=first.edge)

        assert (growth.touched, growth.root, growth.size) == ({}, first.root, 300)

    def test_refuses_an_edge_of_another_size(self) -> None:
        first = append(HASHES[:300], size=0, edge={})

        with pytest.raises(TileMissing):
            append(HASHES[:1], size=301, edge=first.edge)


class TestProofs:
    @pytest.mark.parametrize("index", [0, 255, 256, 511, 512, 1023, 1199])
    def test_need_only_the_tiles_they_name(self, index: int) -> None:
        growth = append(HASHES, size=0, edge={})
        named = tiles_for_inclusion(index, size=1200)

        path = inclusion_proof(
            index, size=1200, tiles={tile: growth.touched[tile] for tile in named}
        )

        found = root_from_path(LEAVES[index], index=index, size=1200, path=path)
        assert found == growth.root
        assert len(named) <= 3

    def test_of_consistency_name_tiles_that_exist(self) -> None:
        growth = append(HASHES, size=0, edge={})

        assert tiles_for_consistency(old=257, new=1200) <= growth.touched.keys()
