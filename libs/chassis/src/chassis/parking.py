"""Records that wait: a failing one holds its case here, not its partition."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from enum import StrEnum
from typing import Any, Final
from uuid import UUID

import orjson

from chassis.cloudevents import RawRecord
from chassis.door import Tx
from chassis.failures import Kind, classify, describe, pause_after
from chassis.inbox import Stream
from chassis.quarantine import storable

REPAIRS: Final = 3  # so often a producer is asked before a gap counts as one that stays

_PARK = """
insert into parked_event as held (
    consumer, src_topic, src_partition, src_offset, producer, subject, sequence, event_id,
    headers, raw, key, timestamp_ms, reason, state, error, attempts, next_attempt_at,
    first_failed_at
)
select $1, * from unnest(
    $2::text[], $3::int[], $4::bigint[], $5::text[], $6::text[], $7::int[], $8::uuid[],
    $9::jsonb[], $10::bytea[], $11::bytea[], $12::bigint[], $13::text[], $14::text[], $15::text[],
    $16::int[], $17::timestamptz[], $18::timestamptz[]
) as new (
    topic, partition, place, producer, subject, sequence, event_id,
    headers, raw, key, timestamp_ms, reason, state, error, attempts, next_attempt_at, at
)
-- Who is asked for what is missing says all that came after it again, every few seconds:
-- one of each is enough.
where new.reason <> 'behind' or not exists (
    select from parked_event as before
    where before.consumer = $1 and before.subject = new.subject
      and before.state in ('waiting', 'dead') and before.src_topic = new.topic
      and (before.producer, before.sequence, before.event_id)
        = (new.producer, new.sequence, new.event_id)
      and (before.src_partition, before.src_offset) <> (new.partition, new.place)
)
on conflict (consumer, src_topic, src_partition, src_offset) do update
    set reason = excluded.reason, state = excluded.state, error = excluded.error,
        attempts = excluded.attempts, next_attempt_at = excluded.next_attempt_at
    where excluded.reason = 'failed' and held.state in ('waiting', 'dead')
"""
_HELD = """
select src_topic, src_partition, src_offset, producer, subject, sequence, event_id, reason, state,
       attempts, greatest(next_attempt_at, first_failed_at) as next_attempt_at
from parked_event
where consumer = $1 and subject = $2 and state in ('waiting', 'dead')
order by src_topic, src_offset
"""
_RECORDS = """
select src_topic, src_partition, src_offset, key, headers::text, raw, timestamp_ms
from parked_event
where consumer = $1 and (src_topic, src_partition, src_offset) in (
    select * from unnest($2::text[], $3::int[], $4::bigint[])
)
order by src_topic, src_offset
"""
_LINES = """
select distinct subject from parked_event where consumer = $1 and state in ('waiting', 'dead')
"""
_DONE = """
update parked_event set state = 'done', error = null
where consumer = $1 and state in ('waiting', 'dead')
  and (src_topic, src_partition, src_offset) in (
    select * from unnest($2::text[], $3::int[], $4::bigint[])
)
"""
_REPAIRED = """
update parked_event
set reason = 'gap', attempts = attempts + $5, next_attempt_at = $6, state = $7, error = $8
where (consumer, src_topic, src_partition, src_offset) = ($1, $2, $3, $4) and state = 'waiting'
"""
_POSTPONE = """
update parked_event set next_attempt_at = $5
where (consumer, src_topic, src_partition, src_offset) = ($1, $2, $3, $4) and reason <> 'failed'
"""
_RETRY = """
with tried as (
    update parked_event set state = 'waiting', next_attempt_at = $5
    where (consumer, src_topic, src_partition, src_offset) = ($1, $2, $3, $4)
      and state in ('waiting', 'dead') and reason <> 'behind'
    returning subject
), others as (
    update parked_event as p set next_attempt_at = $5 from tried
    where p.consumer = $1 and p.subject = tried.subject and p.state = 'waiting'
      and p.reason <> 'failed'
      and (p.src_topic, p.src_partition, p.src_offset) <> ($2, $3, $4)
)
select subject from tried limit 1
"""
_MAKE_DUE = """
update parked_event set next_attempt_at = $2
where consumer = $1 and state = 'waiting' and reason <> 'behind' and next_attempt_at > $2
"""
_DUE = """
select subject from (
    select distinct on (subject) subject, state, reason, next_attempt_at from parked_event
    where consumer = $1 and state in ('waiting', 'dead')
    order by subject, src_topic, src_offset
) as first
where (state = 'waiting' or reason = 'gap') and next_attempt_at <= clock_timestamp()
order by next_attempt_at limit $2
"""


class Reason(StrEnum):
    """Why a record waits."""

    FAILED = "failed"  # it could not be handled
    GAP = "gap"  # one before it is missing
    BEHIND = "behind"  # another of its case waits


class State(StrEnum):
    """How it stands with a parked record."""

    WAITING = "waiting"
    DEAD = "dead"  # no retry by itself: a person must look
    SKIPPED = "skipped"
    DONE = "done"


Place = tuple[str, int, int]
"""Topic, partition, offset."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Parked:
    """A record about to be parked."""

    record: RawRecord
    producer: str
    subject: str
    sequence: int
    event_id: UUID | None
    reason: Reason
    state: State = State.WAITING
    error: str | None = None
    attempts: int = 0
    next_attempt_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Held:
    """A record that is parked: what is needed to decide about it."""

    place: Place
    stream: Stream
    sequence: int
    event_id: UUID
    reason: str
    state: str
    attempts: int
    next_attempt_at: datetime


def failed(one: Parked, error: BaseException, *, now: datetime) -> Parked:
    """Note a failure: dead at once if no retry can help, else waiting ever longer."""
    attempts = one.attempts + 1
    return replace(
        one,
        reason=Reason.FAILED,
        state=State.DEAD if classify(error) is Kind.PERMANENT else State.WAITING,
        error=describe(error),
        attempts=attempts,
        next_attempt_at=now + pause_after(attempts),
    )


async def park(tx: Tx, consumer: str, parked: Iterable[Parked]) -> None:
    """Park records; one that is parked already keeps its place, and takes a new failure."""
    rows = [tuple(_row(one, tx.now)) for one in parked]
    if rows:
        connection = await tx.raw()
        await connection.execute(_PARK, consumer, *map(list, zip(*rows, strict=True)))


def _row(one: Parked, now: datetime) -> Iterator[Any]:
    record = one.record
    yield from (record.topic, record.partition, record.offset)
    yield from (one.producer, one.subject, one.sequence, one.event_id)
    yield from (storable(record.headers), record.value, record.key, record.timestamp_ms)
    yield from (one.reason, one.state, one.error, one.attempts, one.next_attempt_at, now)


async def list_held(tx: Tx, consumer: str, subject: str) -> list[Held]:
    """Return what waits of a subject, in the order of the topic."""
    connection = await tx.raw()
    return [
        Held(
            place=(row["src_topic"], row["src_partition"], row["src_offset"]),
            stream=Stream(row["producer"], row["src_topic"], row["subject"]),
            sequence=row["sequence"],
            event_id=row["event_id"],
            reason=row["reason"],
            state=row["state"],
            attempts=row["attempts"],
            next_attempt_at=row["next_attempt_at"],
        )
        for row in await connection.fetch(_HELD, consumer, subject)
    ]


async def list_subjects(tx: Tx, consumer: str) -> list[str]:
    """Name the subjects of which something waits: what is known of them is not all there is."""
    connection = await tx.raw()
    return [row["subject"] for row in await connection.fetch(_LINES, consumer)]


async def read_records(tx: Tx, consumer: str, places: Sequence[Place]) -> dict[Place, RawRecord]:
    """Return parked records as they came from Kafka."""
    connection = await tx.raw()
    rows = await connection.fetch(_RECORDS, consumer, *map(list, zip(*places, strict=True)))
    return {
        (row["src_topic"], row["src_partition"], row["src_offset"]): RawRecord(
            topic=row["src_topic"],
            partition=row["src_partition"],
            offset=row["src_offset"],
            key=row["key"],
            headers=orjson.loads(row["headers"]),
            value=row["raw"],
            timestamp_ms=row["timestamp_ms"],
        )
        for row in rows
    }


async def mark_done(tx: Tx, consumer: str, places: Sequence[Place]) -> None:
    if places:
        connection = await tx.raw()
        await connection.execute(_DONE, consumer, *map(list, zip(*places, strict=True)))


async def list_due(tx: Tx, consumer: str, *, limit: int = 100) -> list[str]:
    """Return subjects whose first parked record may be tried again."""
    connection = await tx.raw()
    return [row["subject"] for row in await connection.fetch(_DUE, consumer, limit)]


async def make_due(tx: Tx, consumer: str) -> None:
    """Try at once whatever waits for another try: what it failed of is gone."""
    connection = await tx.raw()
    await connection.execute(_MAKE_DUE, consumer, tx.now)


async def note_repair(tx: Tx, consumer: str, gap: Held, *, counts: bool, lost: bool) -> None:
    """Wait longer for what is missing; after the last repair a person must look."""
    connection = await tx.raw()
    await connection.execute(
        _REPAIRED,
        consumer,
        *gap.place,
        int(counts),
        tx.now + pause_after(gap.attempts + 1),
        State.DEAD if lost else State.WAITING,
        "missing, although asked for" if lost else None,
    )


async def postpone(tx: Tx, consumer: str, first: Held, until: datetime) -> None:
    """Look again later at a subject of which nothing can go on: others want to be looked at."""
    connection = await tx.raw()
    await connection.execute(_POSTPONE, consumer, *first.place, until)


async def retry(tx: Tx, consumer: str, place: Place) -> str | None:
    """Try a record at once, also a dead one; return its subject, None if it cannot be tried."""
    connection = await tx.raw()
    subject: str | None = await connection.fetchval(_RETRY, consumer, *place, tx.now)
    return subject
