"""How far each producer's numbers have come, what is held for a missing one, what stayed away."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from audit.domain.arrivals import Place, Stream
from chassis.door import Tx

# A signed event of a broken producer may name any number: its gap leaf tells the whole range,
# the table only so much of it one by one.
_MOST_NAMED: Final = 10_000

_LAST = """
select producer, topic, subject, last_sequence
from streams join unnest($1::text[], $2::text[], $3::text[]) as asked (producer, topic, subject)
    using (producer, topic, subject)
"""
_ADVANCE = """
insert into streams (producer, topic, subject, last_sequence)
select * from unnest($1::text[], $2::text[], $3::text[], $4::int[])
on conflict (producer, topic, subject) do update
    set last_sequence = greatest(streams.last_sequence, excluded.last_sequence)
"""
_HOLD = """
insert into streams (producer, topic, subject, last_sequence, held_since)
select *, 0, $4::timestamptz from unnest($1::text[], $2::text[], $3::text[])
on conflict (producer, topic, subject) do update
    set held_since = coalesce(streams.held_since, excluded.held_since)
"""
_LET_GO = """
update streams h set held_since = null
where held_since is not null and exists (
    select from staged s
    where s.producer = h.producer and s.topic = h.topic and s.subject = h.subject
        and s.sequence <= h.last_sequence + 1
)
"""
_HELD = """
select h.producer, h.topic, h.subject, h.last_sequence + 1 as first_missing,
    min(s.sequence) - 1 as last_missing, h.held_since, min(s.marketplace) as marketplace
from streams h join staged s
    on s.producer = h.producer and s.topic = h.topic and s.subject = h.subject
        and s.sequence > h.last_sequence
where h.held_since is not null and h.held_since <= $1
group by h.producer, h.topic, h.subject
"""
_NAME_GAP = """
insert into gaps (producer, topic, subject, sequence, gap_idx)
select $1, $2, $3, sequence, $6 from generate_series($4::int, $5::int) as sequence
on conflict do nothing
"""
_STILL_AWAY = """
select producer, topic, subject, min(sequence) as first from gaps
where late_idx is null group by producer, topic, subject
"""
_GIVE_UP = """
insert into streams (producer, topic, subject, last_sequence) values ($1, $2, $3, $4)
on conflict (producer, topic, subject) do update
    set last_sequence = greatest(streams.last_sequence, excluded.last_sequence), held_since = null
"""
_CAME_LATE = """
update gaps set late_idx = late.idx
from unnest($1::text[], $2::text[], $3::text[], $4::int[], $5::bigint[])
    as late (producer, topic, subject, sequence, idx)
where (gaps.producer, gaps.topic, gaps.subject, gaps.sequence)
    = (late.producer, late.topic, late.subject, late.sequence)
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Missing:
    """Numbers of a stream that have not come, while later ones wait for them."""

    stream: Stream
    first: int
    last: int
    held_since: datetime
    marketplace: str | None


async def read_last(tx: Tx, streams: Collection[Stream]) -> dict[Stream, int]:
    connection = await tx.raw()
    rows = await connection.fetch(_LAST, *_columns(streams))
    return {
        Stream(row["producer"], row["topic"], row["subject"]): row["last_sequence"] for row in rows
    }


async def advance(tx: Tx, ends: Mapping[Stream, int]) -> None:
    connection = await tx.raw()
    await connection.execute(_ADVANCE, *_columns(ends), list(ends.values()))


async def hold(tx: Tx, streams: Collection[Stream]) -> None:
    """Hold back the subjects of these streams; those that are held already stay so."""
    if streams:
        connection = await tx.raw()
        await connection.execute(_HOLD, *_columns(streams), tx.now)


async def let_go(tx: Tx) -> None:
    """Free the streams of which what was missing has been staged."""
    connection = await tx.raw()
    await connection.execute(_LET_GO)


async def list_missing(tx: Tx, *, held_before: datetime) -> list[Missing]:
    connection = await tx.raw()
    return [
        Missing(
            stream=Stream(row["producer"], row["topic"], row["subject"]),
            first=row["first_missing"],
            last=row["last_missing"],
            held_since=row["held_since"],
            marketplace=row["marketplace"],
        )
        for row in await connection.fetch(_HELD, held_before)
    ]


async def give_up(tx: Tx, stream: Stream, *, first: int, last: int, gap_idx: int) -> None:
    """Name missing numbers a gap and let the subject flow on."""
    connection = await tx.raw()
    named = min(last, first + _MOST_NAMED - 1)
    await connection.execute(_NAME_GAP, *stream, first, named, gap_idx)
    await connection.execute(_GIVE_UP, *stream, last)


async def list_still_away(tx: Tx) -> dict[Stream, int]:
    """List the streams with a gap that was never filled, and its first number."""
    connection = await tx.raw()
    return {
        Stream(row["producer"], row["topic"], row["subject"]): row["first"]
        for row in await connection.fetch(_STILL_AWAY)
    }


async def note_late(tx: Tx, late: Mapping[Place, int]) -> None:
    """Note where events stand that came after their gap was reported."""
    if late:
        connection = await tx.raw()
        columns = map(list, zip(*late, strict=True))
        await connection.execute(_CAME_LATE, *columns, list(late.values()))


def _columns(streams: Collection[Stream]) -> list[list[str]]:
    return [list(column) for column in zip(*streams, strict=True)] or [[], [], []]
