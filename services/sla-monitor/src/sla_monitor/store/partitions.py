"""How far the log of each partition was read: nothing is fired beyond."""

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Final

from sqlalchemy import text

from chassis.door import Tx

_MOVE: Final = """
insert into partitions (partition, caught_up_at)
select * from unnest($1::int[], $2::timestamptz[]) as told (partition, at) order by partition
on conflict (partition) do update
    set caught_up_at = case
        when partitions.caught_up_at > clock_timestamp() then excluded.caught_up_at
        else greatest(partitions.caught_up_at, excluded.caught_up_at)
    end
"""
_LAG: Final = text(
    "select coalesce(max(clock_timestamp() - caught_up_at), interval '0') from partitions"
)


async def move_forward(tx: Tx, reached: Mapping[int, datetime]) -> None:
    """
    Note what a poll saw. Never backwards: a replica that lags knows less, not other things.

    Except from the future: the database's clock was put back, and what it said before says nothing.
    """
    partitions = sorted(reached)
    connection = await tx.raw()
    await connection.execute(_MOVE, partitions, [reached[one] for one in partitions])


async def list_all(tx: Tx) -> dict[int, datetime]:
    """Say how far each partition was read."""
    connection = await tx.raw()
    rows = await connection.fetch("select partition, caught_up_at from partitions order by 1")
    return {row["partition"]: row["caught_up_at"] for row in rows}


async def find_lag(tx: Tx) -> timedelta:
    """Say how far the partition that is furthest behind lies behind the database's clock."""
    lag: timedelta = await tx.scalar(_LAG)
    return lag
