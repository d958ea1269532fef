"""What has been taken in and waits for its index."""

from collections.abc import Collection, Sequence
from typing import Final
from uuid import UUID

import asyncpg
import orjson
from sqlalchemy.ext.asyncio import AsyncEngine

from audit.domain.arrivals import Arrival, Known, Place
from chassis.door import Tx
from chassis.single import fetch_value

# Any number of our own: the lock of whoever stages records from outside.
_STAGING: Final = 4_210_771
_COLUMNS: Final = """event_id, digest, topic, partition, "offset", producer, subject, sequence,
    type, marketplace, occurred_at, headers, payload, leaf, received_at"""

_ADD = f"""
insert into staged ({_COLUMNS})
select * from unnest(
    $1::uuid[], $2::bytea[], $3::text[], $4::int[], $5::bigint[], $6::text[], $7::text[],
    $8::int[], $9::text[], $10::text[], $11::timestamptz[], $12::jsonb[], $13::bytea[],
    $14::bytea[], $15::timestamptz[]
)
"""  # noqa: S608 - a constant list of columns
_KNOWN_IDS = """
select event_id, digest from leaves where event_id = any($1)
union all
select event_id, digest from staged where event_id = any($1)
"""
_KNOWN_PLACES = """
with asked as (select * from unnest($1::text[], $2::text[], $3::text[], $4::int[])
    as asked (producer, topic, subject, sequence))
select producer, topic, subject, sequence from leaves join asked
    using (producer, topic, subject, sequence)
union all
select producer, topic, subject, sequence from staged join asked
    using (producer, topic, subject, sequence)
"""
_NEXT = f"""
select {_COLUMNS} from staged s
where not exists (
    select from streams h
    where h.topic = s.topic and h.subject = s.subject and h.held_since is not null
)
order by received_at, partition, "offset", sequence
limit $1
"""  # noqa: S608 - a constant list of columns
_ANY = "select exists (select from staged)"


async def wait_for_turn(tx: Tx) -> None:
    """
    Let one transaction at a time stage records from outside, until its end.

    What is looked up afterwards is then still true when it is written: overlapping owners of a
    partition cannot both take one event for new.
    """
    connection = await tx.raw()
    await connection.execute("select pg_advisory_xact_lock($1)", _STAGING)


async def find_known(tx: Tx, *, ids: Collection[UUID], places: Collection[Place]) -> Known:
    """Find which ids and places are taken, by a leaf or by what is staged."""
    connection = await tx.raw()
    found = await connection.fetch(_KNOWN_IDS, list(ids))
    columns = list(map(list, zip(*places, strict=True))) or [[], [], [], []]
    taken = await connection.fetch(_KNOWN_PLACES, *columns)
    return Known(
        digests={row["event_id"]: row["digest"] for row in found},
        places={Place(*row) for row in taken},
    )


async def has(tx: Tx, event_id: UUID) -> bool:
    connection = await tx.raw()
    return bool(await connection.fetch(_KNOWN_IDS, [event_id]))


async def has_any(tx: Tx) -> bool:
    connection = await tx.raw()
    return bool(await connection.fetchval(_ANY))


async def glance(engine: AsyncEngine) -> bool:
    """Say whether anything is staged, outside of any transaction."""
    return bool(await fetch_value(engine, _ANY))


async def add(tx: Tx, arrivals: Sequence[Arrival]) -> None:
    """Stage what has passed every check."""
    if arrivals:
        connection = await tx.raw()
        rows = [_row(arrival) for arrival in arrivals]
        await connection.execute(_ADD, *map(list, zip(*rows, strict=True)))


def _row(arrival: Arrival) -> tuple[object, ...]:
    return (
        arrival.event_id,
        arrival.digest,
        arrival.place.topic,
        arrival.partition,
        arrival.offset,
        arrival.place.producer,
        arrival.place.subject,
        arrival.place.sequence,
        arrival.type,
        arrival.marketplace,
        arrival.occurred_at,
        orjson.dumps(dict(arrival.headers)).decode(),
        arrival.payload,
        arrival.leaf,
        arrival.received_at,
    )


async def list_next(tx: Tx, *, limit: int) -> list[Arrival]:
    """List what may be sequenced next, in order of arrival; held subjects are left out."""
    connection = await tx.raw()
    return [_arrival(row) for row in await connection.fetch(_NEXT, limit)]


def _arrival(row: asyncpg.Record) -> Arrival:
    return Arrival(
        event_id=row["event_id"],
        digest=row["digest"],
        place=Place(row["producer"], row["topic"], row["subject"], row["sequence"]),
        partition=row["partition"],
        offset=row["offset"],
        type=row["type"],
        marketplace=row["marketplace"],
        occurred_at=row["occurred_at"],
        headers=row["headers"],
        payload=row["payload"],
        leaf=row["leaf"],
        received_at=row["received_at"],
    )


async def remove(tx: Tx, event_ids: Collection[UUID]) -> None:
    connection = await tx.raw()
    await connection.execute("delete from staged where event_id = any($1)", list(event_ids))
