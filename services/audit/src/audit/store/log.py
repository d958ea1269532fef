"""The tree: its head, under whose lock it grows, and its tiles."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from typing import Final

from audit.domain.merkle import Head
from audit.domain.tiles import TileId, TileMissing, edge_tiles, root
from chassis.door import Tx

LOG: Final = "main"

_READ = "select epoch, size, root, fence from log_heads where log = $1"
_TAKE_OVER = "update log_heads set fence = fence + 1 where log = $1 returning fence"
_MOVE = "update log_heads set size = $2, root = $3 where log = $1"
_TILES = """
select level, n, hashes from tiles join unnest($1::int[], $2::bigint[]) as asked (level, n)
    using (level, n)
"""
_WRITE_TILES = """
insert into tiles (level, n, hashes)
select * from unnest($1::int[], $2::bigint[], $3::bytea[])
on conflict (level, n) do update set hashes = excluded.hashes
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class LogHead:
    """The tree as it stands, and the fence of whoever may let it grow."""

    epoch: int
    head: Head
    fence: int


async def read(tx: Tx) -> LogHead:
    return await _read(tx, _READ)


async def lock(tx: Tx) -> LogHead:
    """Read the head and keep everybody else from moving it until the end of the transaction."""
    return await _read(tx, f"{_READ} for update")


async def _read(tx: Tx, statement: str) -> LogHead:
    connection = await tx.raw()
    row = await connection.fetchrow(statement, LOG)
    return LogHead(epoch=row["epoch"], head=Head(row["size"], row["root"]), fence=row["fence"])


async def take_over(tx: Tx) -> int:
    """Shut everybody else out: return the new fence."""
    connection = await tx.raw()
    fence: int = await connection.fetchval(_TAKE_OVER, LOG)
    return fence


async def move(tx: Tx, head: Head) -> None:
    connection = await tx.raw()
    await connection.execute(_MOVE, LOG, head.size, head.root)


async def load_tiles(tx: Tx, wanted: Collection[TileId]) -> dict[TileId, bytes]:
    """Load what there is of these tiles; whoever reads them notices what is missing."""
    connection = await tx.raw()
    rows = await connection.fetch(_TILES, [t.level for t in wanted], [t.n for t in wanted])
    return {TileId(row["level"], row["n"]): row["hashes"] for row in rows}


async def root_at(tx: Tx, size: int) -> bytes | None:
    """Return the root that the log had at this size; None when it is not that long, or damaged."""
    if size > (await read(tx)).head.size:
        return None
    try:
        return root(size, await load_tiles(tx, edge_tiles(size)))
    except TileMissing:
        return None


async def write_tiles(tx: Tx, tiles: Mapping[TileId, bytes]) -> None:
    connection = await tx.raw()
    levels, numbers = [tile.level for tile in tiles], [tile.n for tile in tiles]
    await connection.execute(_WRITE_TILES, levels, numbers, list(tiles.values()))
