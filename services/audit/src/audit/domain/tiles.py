"""The tree's storage: 256-ary tiles (c2sp.org/tlog-tiles), grown at the right edge."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from audit.domain.merkle import (
    EMPTY_ROOT,
    HASH_BYTES,
    Node,
    Range,
    complete_hash,
    complete_nodes,
    consistency_path,
    inclusion_path,
    joined_hash,
)

TILE_HEIGHT = 8
TILE_WIDTH = 1 << TILE_HEIGHT


@dataclass(frozen=True, slots=True, order=True)
class TileId:
    """Tile `n` of a level; its hash `i` covers leaves from `(n * 256 + i) * 256**level` on."""

    level: int
    n: int


# A tile's bytes: up to 256 hashes, one after the other. A stored tile may be wider than the
# size at hand needs: the tree has grown since, and the first hashes never change.
Tiles = Mapping[TileId, bytes]


@dataclass(frozen=True, slots=True, kw_only=True)
class Growth:
    """What a batch did: the new head, the tiles to write, and the right edge for the next."""

    size: int
    root: bytes
    touched: dict[TileId, bytes]
    edge: dict[TileId, bytes]


class TileMissing(Exception):
    """A tile that the tree must have is absent or too short: the storage has been damaged."""

    def __init__(self, tile: TileId, *, width: int) -> None:
        super().__init__(f"tile {tile.level}/{tile.n} with {width} hashes is needed and not there")


def width_of(tile: TileId, *, size: int) -> int:
    """Return how many hashes the tile holds in a tree of `size`."""
    return max(0, min(TILE_WIDTH, (size >> TILE_HEIGHT * tile.level) - tile.n * TILE_WIDTH))


def edge_tiles(size: int) -> set[TileId]:
    """Name the partial tiles at the right edge: all it takes to append, and for the root."""
    ids = (TileId(level, (size >> TILE_HEIGHT * level) // TILE_WIDTH) for level in range(8))
    return {tile for tile in ids if width_of(tile, size=size)}


def append(leaf_hashes: Sequence[bytes], *, size: int, edge: Tiles) -> Growth:
    """
    Append a batch to a tree of `size` whose `edge_tiles` are `edge`.

    Raises `TileMissing` when the edge does not belong to that size.
    """
    open_tiles = {tile.level: bytearray(_cut(tile, edge, size=size)) for tile in edge_tiles(size)}
    touched: dict[TileId, bytes] = {}
    new_size = size
    for leaf in leaf_hashes:
        new_size += 1
        _push(leaf, open_tiles, touched, size=new_size)
    new_edge = {tile: bytes(open_tiles[tile.level]) for tile in edge_tiles(new_size)}
    changed = {tile: part for tile, part in new_edge.items() if edge.get(tile) != part}
    return Growth(
        size=new_size, root=root(new_size, new_edge), touched=touched | changed, edge=new_edge
    )


def _push(
    leaf: bytes, open_tiles: dict[int, bytearray], full: dict[TileId, bytes], *, size: int
) -> None:
    """Add one leaf; a tile that is full closes and adds its hash to the level above."""
    level, carried = 0, leaf
    while True:
        tile = open_tiles.setdefault(level, bytearray())
        tile += carried
        if len(tile) < TILE_WIDTH * HASH_BYTES:
            return
        closed = bytes(open_tiles.pop(level))
        level += 1
        full[TileId(level - 1, (size >> TILE_HEIGHT * level) - 1)] = closed
        carried = complete_hash(_hashes(closed))


def root(size: int, tiles: Tiles) -> bytes:
    """Return the root of the tree of `size`; `tiles` holds at least its `edge_tiles`."""
    return hash_of(Range(0, size), tiles, size=size) if size else EMPTY_ROOT


def tiles_for_inclusion(index: int, *, size: int) -> set[TileId]:
    return tiles_of(inclusion_path(index, size=size))


def inclusion_proof(index: int, *, size: int, tiles: Tiles) -> list[bytes]:
    """Return the path from the leaf's sibling up; `tiles` holds `tiles_for_inclusion`."""
    return [hash_of(part, tiles, size=size) for part in inclusion_path(index, size=size)]


def tiles_for_consistency(*, old: int, new: int) -> set[TileId]:
    return tiles_of(consistency_path(old=old, new=new))


def consistency_proof(*, old: int, new: int, tiles: Tiles) -> list[bytes]:
    """Return the proof that `old` begins `new`; `tiles` holds `tiles_for_consistency`."""
    return [hash_of(part, tiles, size=new) for part in consistency_path(old=old, new=new)]


def hash_of(leaves: Range, tiles: Tiles, *, size: int) -> bytes:
    return joined_hash([_node(node, tiles, size=size) for node in complete_nodes(leaves)])


def tiles_of(ranges: Iterable[Range]) -> set[TileId]:
    """Name the tiles from which `hash_of` makes the hashes of these ranges."""
    return {_place(node)[0] for part in ranges for node in complete_nodes(part)}


def _node(node: Node, tiles: Tiles, *, size: int) -> bytes:
    tile, first, count = _place(node)
    return complete_hash(_hashes(_cut(tile, tiles, size=size))[first : first + count])


def _place(node: Node) -> tuple[TileId, int, int]:
    """Return the tile that holds the node, and which of its hashes (first, count) make it."""
    level, rest = divmod(node.height, TILE_HEIGHT)
    first = node.number << rest
    return TileId(level, first // TILE_WIDTH), first % TILE_WIDTH, 1 << rest


def _cut(tile: TileId, tiles: Tiles, *, size: int) -> bytes:
    """Return the tile as it was at `size`."""
    width = width_of(tile, size=size)
    hashes = tiles.get(tile, b"")[: width * HASH_BYTES]
    if len(hashes) != width * HASH_BYTES:
        raise TileMissing(tile, width=width)
    return hashes


def leaf_tiles(leaves: Range) -> set[TileId]:
    """Name the tiles that hold the hashes of these leaves."""
    return {TileId(0, n) for n in range(leaves.begin // TILE_WIDTH, -(-leaves.end // TILE_WIDTH))}


def leaf_hashes(leaves: Range, tiles: Tiles) -> list[bytes]:
    """
    Return the hashes of leaves as the tree has them; `tiles` holds their `leaf_tiles`.

    Raises:
        TileMissing: One of them is absent or too short.
    """
    return [_leaf_hash(idx, tiles) for idx in range(leaves.begin, leaves.end)]


def _leaf_hash(idx: int, tiles: Tiles) -> bytes:
    n, place = divmod(idx, TILE_WIDTH)
    found = tiles.get(TileId(0, n), b"")[place * HASH_BYTES : (place + 1) * HASH_BYTES]
    if len(found) != HASH_BYTES:
        raise TileMissing(TileId(0, n), width=place + 1)
    return found


def _hashes(tile: bytes) -> list[bytes]:
    return [tile[i : i + HASH_BYTES] for i in range(0, len(tile), HASH_BYTES)]
