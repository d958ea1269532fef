"""What stands in the tables of a service, as figures under /metrics."""

import pytest
from prometheus_client import REGISTRY
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncEngine, create_async_engine

from chassis import figures

PENDING = """
with said as (
    insert into outbox (event_id, topic, subject, sequence, key, headers, payload, created_at)
    select gen_random_uuid(), 'cases.v1', 'front', n, '', '{}', '',
           clock_timestamp() - interval '90 s'
    from generate_series(1, 3) n returning id, topic, subject
)
insert into outbox_pending (id, topic, subject, error)
select id, topic, subject, case when id % 3 = 0 then 'MessageSizeTooLarge' end from said
"""
PARKED = """
insert into parked_event (
    consumer, src_topic, src_partition, src_offset, producer, subject, sequence, headers, reason,
    state, attempts, next_attempt_at, first_failed_at, timestamp_ms
)
select 'hall', 'cases.v1', 0, n, 'porch', 'front', n, '{}',
       case n when 1 then 'failed' else 'behind' end,
       case n when 1 then 'dead' when 2 then 'waiting' else 'done' end,
       1, clock_timestamp(), clock_timestamp() - n * interval '100 s', 0
from generate_series(1, 3) n
"""


async def put(engine: AsyncEngine, *statements: str) -> None:
    async with engine.begin() as connection:
        for statement in statements:
            await connection.execute(text(statement))


def figure(name: str, **labels: str) -> float | None:
    return REGISTRY.get_sample_value(name, labels)


class TestFigures:
    async def test_say_what_waits_and_since_when(self, engine: AsyncEngine) -> None:
        await put(engine, PENDING, PARKED)

        await figures.read(engine)

        dead = {"consumer": "hall", "reason": "failed", "state": "dead"}
        behind = {"consumer": "hall", "reason": "behind", "state": "waiting"}
        assert figure("chassis_outbox_pending") == 3
        assert figure("chassis_outbox_refused") == 1
        assert figure("chassis_outbox_oldest_seconds") == pytest.approx(90, abs=30)
        assert (figure("chassis_parked", **dead), figure("chassis_parked", **behind)) == (1, 1)
        assert figure("chassis_parked_oldest_seconds", **dead) == pytest.approx(100, abs=30)
        assert figure("chassis_held_subjects", consumer="hall") == 1

    async def test_forget_what_waits_no_more(self, engine: AsyncEngine) -> None:
        await put(engine, PENDING, PARKED)
        await figures.read(engine)
        await put(engine, "delete from parked_event", "delete from outbox_pending")

        await figures.read(engine)

        assert figure("chassis_outbox_pending") == 0
        assert figure("chassis_outbox_oldest_seconds") == 0
        assert figure("chassis_held_subjects", consumer="hall") is None

    async def test_stay_as_they_were_while_the_database_is_away(self, engine: AsyncEngine) -> None:
        await put(engine, PENDING)
        await figures.read(engine)
        read_at = figure("chassis_figures_timestamp_seconds")
        nowhere = create_async_engine("postgresql+asyncpg://nobody@127.0.0.1:1/nothing")

        await figures.read(nowhere)

        assert figure("chassis_outbox_pending") == 3
        assert figure("chassis_figures_timestamp_seconds") == read_at
