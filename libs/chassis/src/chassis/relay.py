"""What stands in the outbox is published: in order per subject, at least once, never lost."""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any, Final

import orjson
import structlog
from prometheus_client import Counter
from sqlalchemy.ext.asyncio import AsyncEngine

from chassis import failpoint
from chassis.broker import BrokerAway, Kafka, Unsendable, Writer
from chassis.door import Tx
from chassis.failures import pause_after
from chassis.lease import Lease
from chassis.single import fetch

KEEPS: Final = timedelta(days=14)  # sent rows are what a lost record is repaired from
SHORTEST, LONGEST = 0.02, 1.0  # seconds between two looks at an empty outbox

# The first of each subject, across topics: the fact before the offer. One that is not due yet
# keeps those behind it, and no others. No high-water mark: a lower id may commit later.
# What was refused before comes beside it, the smallest first: among what was refused together,
# that is most likely to be innocent.
_NEXT = """
with first as materialized (
    select distinct on (subject) id, attempts, next_attempt_at from outbox_pending
    order by subject, id
), due as (
    select id, attempts from first where next_attempt_at <= clock_timestamp()
), chosen as (
    (select id, attempts from due where attempts = 0 order by id limit $1)
    union all
    (select due.id, attempts from due join outbox as o on o.id = due.id where attempts > 0
     order by length(o.payload), due.id limit $2)
)
select o.id, o.topic, o.key, o.headers::text, o.payload, chosen.attempts
from chosen join outbox as o on o.id = chosen.id order by o.id
"""
_SENT = """
with gone as (delete from outbox_pending where id = any($1))
insert into outbox_sent (id, kafka_partition, kafka_offset, published_at)
select id, partition, place, clock_timestamp()
from unnest($1::bigint[], $2::int[], $3::bigint[]) as acknowledged (id, partition, place)
on conflict (id) do update
    set kafka_partition = excluded.kafka_partition, kafka_offset = excluded.kafka_offset,
        published_at = excluded.published_at
"""
_FAILED = """
update outbox_pending as p
set attempts = p.attempts + 1, next_attempt_at = clock_timestamp() + f.pause, error = f.error
from unnest($1::bigint[], $2::interval[], $3::text[]) as f (id, pause, error) where p.id = f.id
"""
_REPUBLISH = """
insert into outbox_pending (id, topic, subject)
select id, topic, subject from outbox
where topic = $1 and subject = $2 and sequence >= $3 order by id limit $4
on conflict (id) do update set next_attempt_at = '-infinity' returning id
"""
_PURGE = """
with old as (
    select id from outbox_sent where published_at < $1
    and not exists (select from outbox_pending as p where p.id = outbox_sent.id)
    order by published_at limit $2
), unsent as (delete from outbox_sent where id in (select id from old))
delete from outbox where id in (select id from old) returning id
"""
_SUBJECTS: Final = 500
_REFUSED_AT_ONCE: Final = 100
_REPUBLISHED_AT_ONCE: Final = 1000
_PURGED_AT_ONCE: Final = 1000
_AT_ONCE: Final = timedelta(0)

_PUBLISHED = Counter("chassis_events_published", "Events that Kafka has.", ("topic",))
_UNSENDABLE = Counter("chassis_events_unsendable", "Events that Kafka refused.", ("topic",))
_log = structlog.get_logger()


@dataclass(frozen=True, slots=True, kw_only=True)
class Relay:
    """Publishes one service's outbox; of several, the one that holds the lease."""

    engine: AsyncEngine
    kafka: Kafka
    lease: Lease
    stopping: asyncio.Event
    wake: asyncio.Event = field(default_factory=asyncio.Event)
    """Set right after a commit in this process; others are found by looking."""

    async def run(self) -> None:
        """
        Publish until told to stop.

        Raises:
            BrokerAway: Begin again with a new client, after a pause.
        """
        try:
            async with self.kafka.writer() as writer:
                await self._publish(writer)
        finally:
            await self.lease.leave()

    async def _publish(self, writer: Writer) -> None:
        pause = SHORTEST
        while not self.stopping.is_set():
            self.wake.clear()
            busy = await self.lease.hold() and await publish_some(self.engine, writer) > 0
            found = busy or await _woken(self.wake, pause)
            pause = SHORTEST if found else min(pause * 2, LONGEST)


async def _woken(wake: asyncio.Event, seconds: float) -> bool:
    try:
        async with asyncio.timeout(seconds):
            await wake.wait()
    except TimeoutError:
        return False
    return True


@dataclass(frozen=True, slots=True, kw_only=True)
class _Pending:
    id: int
    topic: str
    key: bytes
    headers: dict[str, str]
    payload: bytes
    attempts: int


async def publish_some(engine: AsyncEngine, writer: Writer) -> int:
    """
    Publish the first pending event of each subject; say how many Kafka has.

    No transaction is open meanwhile. What was sent but not marked is sent again: consumers know
    it by its sequence.

    Raises:
        BrokerAway: Kafka is gone; what it had taken is marked.
    """
    pending = [_read(row) for row in await fetch(engine, _NEXT, _SUBJECTS, _REFUSED_AT_ONCE)]
    fresh = [one for one in pending if not one.attempts]
    refused = [one for one in pending if one.attempts]
    return await _publish(engine, writer, fresh) + await _publish(engine, writer, refused)


async def _publish(engine: AsyncEngine, writer: Writer, pending: Sequence[_Pending]) -> int:
    if not pending:
        return 0
    results = await asyncio.gather(*(_send(writer, one) for one in pending), return_exceptions=True)
    failpoint.reach("sent")
    done = list(zip(pending, results, strict=True))
    placed = [(one, place) for one, place in done if isinstance(place, tuple)]
    await _mark_sent(engine, placed)
    await _mark_failed(engine, [(o, e) for o, e in done if isinstance(e, Unsendable)])
    _raise_first([e for _, e in done if not isinstance(e, tuple | Unsendable)])
    return len(placed)


def _read(row: Any) -> _Pending:  # noqa: ANN401 - a row of an untyped driver
    return _Pending(
        id=row["id"],
        topic=row["topic"],
        key=row["key"],
        headers=orjson.loads(row["headers"]),
        payload=row["payload"],
        attempts=row["attempts"],
    )


async def _send(writer: Writer, one: _Pending) -> tuple[int, int]:
    """Send an event: with others first, and alone once it was refused in their company."""
    return await writer.send(
        one.topic, key=one.key, value=one.payload, headers=one.headers, alone=one.attempts > 0
    )


async def _mark_sent(
    engine: AsyncEngine, placed: Sequence[tuple[_Pending, tuple[int, int]]]
) -> None:
    if not placed:
        return
    numbers = [one.id for one, _ in placed]
    partitions, offsets = [p for _, (p, _) in placed], [o for _, (_, o) in placed]
    await fetch(engine, _SENT, numbers, partitions, offsets)
    for one, _ in placed:
        _PUBLISHED.labels(one.topic).inc()


async def _mark_failed(engine: AsyncEngine, failed: Sequence[tuple[_Pending, Unsendable]]) -> None:
    if not failed:
        return
    numbers = [one.id for one, _ in failed]
    pauses = [pause_after(one.attempts) if one.attempts else _AT_ONCE for one, _ in failed]
    await fetch(engine, _FAILED, numbers, pauses, [str(error) for _, error in failed])
    for one, error in failed:
        if one.attempts:
            _UNSENDABLE.labels(one.topic).inc()
            _log.error("event_unsendable", outbox_id=one.id, topic=one.topic, error=str(error))


def _raise_first(errors: Sequence[BaseException]) -> None:
    for error in errors:
        if not isinstance(error, BrokerAway):
            raise error
    if errors:
        raise errors[0]


async def republish(tx: Tx, *, topic: str, subject: str, from_sequence: int) -> int:
    """
    Publish a stream again from a sequence on, ≤ 1,000 events; say how many will be.

    What Kafka has refused is tried again at once.
    """
    connection = await tx.raw()
    wanted = (topic, subject, from_sequence, _REPUBLISHED_AT_ONCE)
    return len(await connection.fetch(_REPUBLISH, *wanted))


async def purge(tx: Tx) -> bool:
    """Delete a chunk of what was published long ago; say whether there may be more."""
    connection = await tx.raw()
    gone = await connection.fetch(_PURGE, tx.now - KEEPS, _PURGED_AT_ONCE)
    return len(gone) == _PURGED_AT_ONCE
