"""The outbox under pressure, against a real PostgreSQL: races, years of rows, cut-off requests."""

import asyncio
import random
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager, suppress
from statistics import median
from time import perf_counter
from typing import Any, Final

import pytest
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncEngine

from bells import BY_TEST, BellRung, pen_of, rows
from builders_contracts import a_case_opened
from chassis import ids, views
from chassis.door import Tx, open_door, run
from chassis.outbox import announce
from chassis.relay import publish_some
from contracts.cases import SellerMessageReceived
from corner import a_taker
from extent import short_or_full
from stack.waiting import until

PORCH, INTAKE = pen_of("porch"), pen_of("intake")
PIN: Final = "marketplace-core@1.0.0"


@asynccontextmanager
async def watched(engine: AsyncEngine) -> AsyncIterator[list[str]]:
    """Look at the outbox all the time: whoever sees a sequence sees all before it."""
    holes: list[str] = []
    watching = asyncio.create_task(_watch(engine, holes))
    try:
        yield holes
    finally:
        watching.cancel()
        with suppress(asyncio.CancelledError):
            await watching


async def _watch(engine: AsyncEngine, holes: list[str]) -> None:
    while True:
        holes.extend(str(hole) for hole in await rows(engine, HOLES))


HOLES = """
select subject, count(*), max(sequence) from outbox group by topic, subject
having count(*) <> max(sequence)
"""
BACKWARDS = """
select subject, sequence from (
    select subject, sequence, created_at, lag(created_at) over stream as before
    from outbox window stream as (partition by topic, subject order by sequence)
) as told where created_at <= before
"""


class TestConcurrentWriters:
    @pytest.mark.fault(22)
    async def test_number_one_case_in_the_order_of_their_commits(self, engine: AsyncEngine) -> None:
        case, times = await a_case(engine), short_or_full(100, 1_000)

        async def speak() -> None:
            async with open_door(engine, pen=INTAKE, journey=BY_TEST) as tx:
                await views.lock(tx, case)
                announce(tx, a_message(tx), subject=case)

        async with watched(engine) as holes:
            for _ in range(times):
                await asyncio.gather(speak(), speak())

        assert holes == []
        assert await rows(engine, BACKWARDS) == []
        assert await rows(engine, "select max(sequence), count(*) from outbox") == [
            (2 * times + 1, 2 * times + 1)
        ]

    @pytest.mark.fault(22)
    async def test_of_crossing_sets_of_subjects_never_wait_for_each_other_in_a_circle(
        self, engine: AsyncEngine
    ) -> None:
        """Four at once, each through eighty of a hundred: unsorted, they lock each other out."""
        subjects = [f"bell-{n}" for n in range(100)]

        async def ring(order: Sequence[str]) -> None:
            # Not `run`, which would try again and so hide a deadlock.
            async with open_door(engine, pen=PORCH, journey=BY_TEST) as tx:
                for subject in order:
                    announce(tx, BellRung(), subject=subject)

        async with watched(engine) as holes:
            for seed in range(short_or_full(25, 250)):
                order = random.Random(seed).sample(subjects, k=80)
                orders = [order, order[::-1], order[40:] + order[:40], order[:40][::-1]]
                await asyncio.gather(*map(ring, orders))

        assert holes == []
        assert await rows(engine, BACKWARDS) == []


async def a_case(engine: AsyncEngine) -> str:
    async with open_door(engine, pen=INTAKE, journey=BY_TEST) as tx:
        case = ids.new_id("case", tx.now)
        announce(tx, a_case_opened(), subject=case, marketplace="harbour", playbook=PIN)
    return case


def a_message(tx: Tx) -> SellerMessageReceived:
    message = ids.new_id("msg", tx.now)
    return SellerMessageReceived(message=message, channel="portal", repeated_contact=False)


class TestOldRows:
    @pytest.mark.alone
    @pytest.mark.fault(25)
    async def test_do_not_slow_the_relay_down(self, engine: AsyncEngine) -> None:
        await retain(engine, short_or_full(50_000, 1_000_000))
        writer, took = a_taker(), []
        for _ in range(100):
            began = perf_counter()
            assert await publish_some(engine, writer) == 0
            took.append(perf_counter() - began)

        assert median(took) < 0.005

    @pytest.mark.fault(25)
    async def test_are_never_touched_and_leave_no_bloat_behind(self, engine: AsyncEngine) -> None:
        """What waits comes and goes; vacuumed as it is by itself, its table does not grow."""
        await retain(engine, short_or_full(50_000, 1_000_000))
        writer, sizes = a_taker(), []
        for _ in range(short_or_full(12, 400)):
            for _ in range(20):
                await ring_many(engine, 50)
                while await publish_some(engine, writer):
                    pass
            await vacuum(engine, "outbox_pending")
            sizes.append(await number(engine, SIZE_OF_PENDING))

        assert await rows(engine, UPDATED) == [(0,)]
        begun = len(sizes) // 4
        assert max(sizes[begun:]) <= 2 * max(sizes[:begun]), sizes  # with bloat it is 4 times


SIZE_OF_PENDING = "select pg_total_relation_size('outbox_pending')"
UPDATED = "select n_tup_upd from pg_stat_user_tables where relname = 'outbox'"


async def ring_many(engine: AsyncEngine, count: int) -> None:
    async with open_door(engine, pen=PORCH, journey=BY_TEST) as tx:
        for number in range(count):
            announce(tx, BellRung(), subject=f"bell-{number}")


async def retain(engine: AsyncEngine, count: int) -> None:
    """Fill the outbox with what was published long ago."""
    async with engine.begin() as connection:
        for statement in _RETAIN:
            await connection.execute(text(statement), {"count": count})
    await vacuum(engine, "outbox, outbox_sent, outbox_pending")


async def vacuum(engine: AsyncEngine, tables: str) -> None:
    async with engine.connect() as connection:
        alone = await connection.execution_options(isolation_level="AUTOCOMMIT")
        await alone.execute(text(f"vacuum analyze {tables}"))


_RETAIN = (
    """insert into outbox (event_id, topic, subject, sequence, key, headers, payload, created_at)
    select gen_random_uuid(), 'bells.v1', 'old-' || n, 1, 'x', '{}', repeat('x', 300)::bytea, now()
    from generate_series(1, :count) as n""",
    """insert into outbox_sent (id, kafka_partition, kafka_offset, published_at)
    select id, 0, id, now() from outbox where subject like 'old-%' and cast(:count as int) > 0""",
)


class TestCancelledRequests:
    @pytest.mark.fault(31)
    async def test_give_their_connections_back(self, engine: AsyncEngine) -> None:
        """Cut off in the middle of a statement, of a raw one, and before the commit."""
        chance, times = random.Random(31), short_or_full(100, 1_000)
        await ring_many(engine, 1)
        before = await backends(engine)

        async def ask(tx: Tx) -> None:
            announce(tx, BellRung(), subject=f"bell-{chance.randrange(8)}")
            await tx.execute(text("select pg_sleep(0.01)"))
            await (await tx.raw()).execute("select pg_sleep(0.01)")

        for _ in range(times // 10):
            await asyncio.gather(
                *(cut_off(engine, ask, chance.uniform(0, 0.04)) for _ in range(10))
            )

        pool: Any = engine.pool
        assert pool.checkedout() == 0
        most = before + int(pool.size())

        async def settled() -> bool:
            return await backends(engine) <= most

        await until(settled, within=10)
        await ring_many(engine, 3)
        assert await rows(engine, HOLES) == []
        assert await rows(engine, IN_TRANSACTION) == [(0,)]


IN_TRANSACTION = """
select count(*) from pg_stat_activity
where datname = current_database() and state like 'idle in%'
"""


async def cut_off(engine: AsyncEngine, work: Any, after: float) -> None:  # noqa: ANN401 - a handler
    with suppress(TimeoutError):
        async with asyncio.timeout(after):
            await run(engine, work, pen=PORCH, journey=BY_TEST)


async def backends(engine: AsyncEngine) -> int:
    return await number(
        engine, "select count(*) from pg_stat_activity where datname = current_database()"
    )


async def number(engine: AsyncEngine, query: str) -> int:
    return int(str((await rows(engine, query))[0][0]))
