"""Many cases like one that the SLA monitor has heard of: copied row by row, ids and all."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Final
from uuid import UUID

import asyncpg
from sqlalchemy.ext.asyncio import AsyncEngine

from builders_sla_monitor import World
from chassis import ids
from sla_monitor.store.clocks import name_clock

_OF_A_CASE: Final[Mapping[str, str]] = {
    "case_view": "case_id = $1",
    "sla_cases": "case_id = $1",
    "clocks": "case_id = $1",
    "clock_steps": "clock_id in (select clock_id from clocks where case_id = $1)",
    "clock_intervals": "clock_id in (select clock_id from clocks where case_id = $1)",
    "inbox_subject": "subject = $2",
    "inbox_cursor": "subject = $2",
    "stream_head": "subject = $2",
}
_CHUNK: Final = 500


async def multiply(world: World, case: str, copies: Sequence[str]) -> None:
    """
    Make each of `copies` a case just like `case`: its fold, its clocks, how far it was heard.

    Event ids in cursors stay those of the model; nothing compares them with another stream's.
    """
    connection = await connect(world.engine)
    try:
        model = {
            table: await connection.fetch(
                f"select * from {table} where {where} and $1::uuid is not null"  # noqa: S608 - of constants
                " and $2::text is not null",
                ids.to_uuid(case),
                case,
            )
            for table, where in _OF_A_CASE.items()
        }
        for start in range(0, len(copies), _CHUNK):
            chunk = copies[start : start + _CHUNK]
            for table, rows in model.items():
                await _copy(connection, table, rows, list(_swaps(model["clocks"], case, chunk)))
    finally:
        await connection.close()
    heard = {of: count for of, count in world.counts.items() if of[1] == case}
    for copy in copies:
        world.counts.update({(producer, copy): count for (producer, _), count in heard.items()})


async def connect(engine: AsyncEngine) -> asyncpg.Connection:
    """Open a connection of the driver alone: no codec of SQLAlchemy stands between."""
    url = engine.url.set(drivername="postgresql").render_as_string(hide_password=False)
    return await asyncpg.connect(url)


def _swaps(
    clocks: Sequence[asyncpg.Record], case: str, copies: Sequence[str]
) -> Iterator[dict[UUID | str, UUID | str]]:
    """Say what becomes what in each copy: the case's id and its clocks', as uuid and as text."""
    for copy in copies:
        swap: dict[UUID | str, UUID | str] = {case: copy, ids.to_uuid(case): ids.to_uuid(copy)}
        for clock in clocks:
            about = clock["object_id"].replace(case, copy)
            name = name_clock(copy, about, clock["kind"], clock["episode"])
            swap[clock["clock_id"]] = ids.to_uuid(name)
            swap[ids.from_uuid("clk", clock["clock_id"])] = name
        yield swap


async def _copy(
    connection: asyncpg.Connection,
    table: str,
    rows: Sequence[asyncpg.Record],
    swaps: Sequence[Mapping[UUID | str, UUID | str]],
) -> None:
    if rows:
        records = [tuple(_swapped(value, swap) for value in row) for swap in swaps for row in rows]
        await connection.copy_records_to_table(table, records=records, columns=list(rows[0].keys()))


def _swapped(value: Any, swap: Mapping[UUID | str, UUID | str]) -> Any:  # noqa: ANN401 - of any column
    if isinstance(value, UUID):
        return swap.get(value, value)
    if isinstance(value, str):
        for old, new in swap.items():
            if isinstance(old, str):
                value = value.replace(old, str(new))
    return value
