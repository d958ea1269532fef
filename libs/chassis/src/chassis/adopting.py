"""What a restored database has forgotten is taken back from the topics: an operator's way on."""

from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any, Final

import asyncpg
import orjson
import structlog

from chassis.restored import Said, Speaker, look_back_at_own
from chassis.single import driver

_LOCK_HEADS: Final = """
select topic, subject, last_sequence from stream_head
where (topic, subject) in (select * from unnest($1::text[], $2::text[]))
order by topic, subject for update
"""
_ADOPT: Final = """
with said as (
    select * from unnest(
        $1::uuid[], $2::text[], $3::text[], $4::int[], $5::bytea[], $6::jsonb[], $7::bytea[],
        $8::timestamptz[], $9::int[], $10::bigint[], $11::timestamptz[]
    ) with ordinality as s (
        event_id, topic, subject, sequence, key, headers, payload, created_at, place, position,
        published_at, nth
    )
), added as (
    insert into outbox (event_id, topic, subject, sequence, key, headers, payload, created_at)
    select event_id, topic, subject, sequence, key, headers, payload, created_at
    from said order by nth
    returning id, event_id
), sent as (
    insert into outbox_sent (id, kafka_partition, kafka_offset, published_at)
    select id, place, position, published_at from added join said using (event_id)
)
insert into stream_head (topic, subject, last_sequence, last_time)
select topic, subject, max(sequence), max(created_at) from said group by topic, subject
on conflict (topic, subject) do update
    set last_sequence = excluded.last_sequence, last_time = excluded.last_time
"""
_log = structlog.get_logger()


class CannotAdopt(Exception):
    """
    The topic, too, lacks an event between the database's last and its own.

    Look for a newer backup: numbering on would leave a hole for ever.
    """


async def adopt(speaker: Speaker) -> int:
    """
    Take back what the service has said and its database has forgotten; say how many events.

    Afterwards numbering goes on behind them, and they can be published again. Own rows that these
    events told of are not made again: `refold` makes the cases right, a person the rest.
    Run it again after a failure: what is taken back stays.

    Raises:
        CannotAdopt: An event is in neither.
        BrokerAway: Begin again later.
    """
    adopted = 0
    async for said in look_back_at_own(speaker):
        async with driver(speaker.engine) as connection, connection.transaction():
            adopted += await _adopt_some(connection, said)
    _log.info("events_adopted", events=adopted)
    return adopted


async def _adopt_some(connection: asyncpg.Connection, said: Sequence[Said]) -> int:
    topics, subjects = zip(*sorted({one.stream for one in said}), strict=True)
    heads = {(t, s): n for t, s, n in await connection.fetch(_LOCK_HEADS, topics, subjects)}
    forgotten: list[Said] = []
    for one in said:
        sequence, head = one.envelope.sequence, heads.get(one.stream, 0)
        if sequence > head + 1:
            raise CannotAdopt(f"{one.stream[0]} {one.stream[1]}: {head + 1} is nowhere")
        if sequence == head + 1:
            heads[one.stream] = sequence
            forgotten.append(one)
    if forgotten:
        await connection.execute(_ADOPT, *map(list, zip(*map(_row, forgotten), strict=True)))
    return len(forgotten)


def _row(one: Said) -> tuple[Any, ...]:
    record, envelope = one.record, one.envelope
    return (
        *(envelope.id, record.topic, envelope.subject, envelope.sequence, record.key),
        *(orjson.dumps(dict(record.headers)).decode(), record.value, envelope.time),
        *(record.partition, record.offset),
        datetime.fromtimestamp(record.timestamp_ms / 1000, UTC),
    )
