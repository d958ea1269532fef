"""A range and what lies around it make the root: by an accumulator written for this test."""

import pytest
from hypothesis import given, settings, strategies as st

from audit.domain.merkle import Head, Range, is_consistent, leaf_hash, node_hash
from audit.domain.range_bundle import outside, tiles_outside
from audit.domain.tiles import TileId, TileMissing, append, leaf_hashes, leaf_tiles

HASHES = [leaf_hash(b"%d" % number) for number in range(1500)]
WHOLE = append(HASHES, size=0, edge={})
TILES = WHOLE.touched | WHOLE.edge


def root_of(complete: list[tuple[int, bytes]]) -> bytes:
    """Fold complete subtrees (width, hash), largest first, from the right."""
    _, reached = complete[-1]
    for _, left in reversed(complete[:-1]):
        reached = node_hash(left, reached)
    return reached


def grown(complete: list[tuple[int, bytes]], hashes: list[bytes]) -> list[tuple[int, bytes]]:
    """Put leaves behind complete subtrees; two of one width become one."""
    for leaf in hashes:
        complete = [*complete, (1, leaf)]
        while len(complete) > 1 and complete[-1][0] == complete[-2][0]:
            (width, left), (_, right) = complete[-2:]
            complete = [*complete[:-2], (2 * width, node_hash(left, right))]
    return complete


def root_at(size: int) -> bytes:
    return append(HASHES[:size], size=0, edge={}).root


class TestOutside:
    @settings(max_examples=150, deadline=None)
    @given(st.data())
    def test_leads_from_the_entries_of_a_range_to_the_root(self, data: st.DataObject) -> None:
        size = data.draw(st.integers(1, 1500))
        begin = data.draw(st.integers(0, size - 1))
        end = data.draw(st.integers(begin + 1, size))
        wanted = Range(begin, end)
        needed = {tile: TILES[tile] for tile in tiles_outside(wanted, size=size)}

        around = outside(wanted, size=size, tiles=needed)

        widths = [1 << bit for bit in range(11, -1, -1) if begin >> bit & 1]
        before = list(zip(widths, around.before, strict=True))
        reached = Head(end, root_of(grown(before, HASHES[begin:end])))
        assert not before or root_of(before) == root_at(begin)
        assert is_consistent(reached, Head(size, root_at(size)), around.after)

    def test_is_nothing_for_the_whole_tree(self) -> None:
        around = outside(Range(0, 1500), size=1500, tiles=TILES)

        assert (around.before, around.after) == ([], [])


class TestLeafHashes:
    @pytest.mark.parametrize("part", [Range(0, 1), Range(255, 257), Range(300, 1500)])
    def test_are_those_of_the_tree(self, part: Range) -> None:
        needed = {tile: TILES[tile] for tile in leaf_tiles(part)}

        assert leaf_hashes(part, needed) == HASHES[part.begin : part.end]

    def test_are_missed_when_a_tile_is_too_short(self) -> None:
        short = {TileId(0, 0): TILES[TileId(0, 0)][:64]}

        with pytest.raises(TileMissing):
            leaf_hashes(Range(1, 3), short)
