"""Readers in processes of their own: killed at every step, and frozen in the middle."""

import asyncio
import random
import signal
from asyncio.subprocess import DEVNULL, Process
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import replace

import pytest
from sqlalchemy.ext.asyncio import AsyncEngine

from belfry import World, kafka_client, put
from bell_reader import LINGERS, Orders
from bells import BellRung, a_record, answered, hall, rows
from extent import short_or_full
from stack.waiting import until

POINTS = ("after_handler", "before_commit", "after_commit", "batch_committed", "before_offsets")
SUBJECTS = ("front", "back", "side")
SEED = 2026
BUSY_NOW = "select true from pg_locks where locktype = 'advisory' and objid = 4711 and granted"
# Of the one that was frozen PostgreSQL has ended the session: this is another one, at rest.
CAME_AGAIN = (
    "select true from pg_stat_activity where application_name = 'frozen' and state = 'idle'"
)


@asynccontextmanager
async def a_process(orders: Orders) -> AsyncIterator[Process]:
    running = await asyncio.create_subprocess_exec(
        *orders.command(), stdout=DEVNULL, stderr=DEVNULL
    )
    try:
        yield running
    finally:
        if running.returncode is None:
            running.kill()
            await running.wait()


def orders_for(world: World, name: str, instance: str | None = None) -> Orders:
    return Orders(
        database=world.engine.url.render_as_string(hide_password=False),
        servers=world.kafka.servers,
        prefix=world.kafka.prefix,
        name=name,
        instance=instance,
    )


@pytest.mark.fault(26)
class TestAReaderKilledAnywhere:
    async def test_does_everything_once(self, world: World) -> None:
        """An instance name lets the next process have the partitions at once."""
        chance, kills = random.Random(SEED), short_or_full(10, 50)
        orders, sent = orders_for(world, "killed", instance="hall-1"), 0
        async with kafka_client(world.kafka) as producer:
            for _kill in range(kills):
                for _ in range(4):
                    sent += 1
                    for partition, about in enumerate(SUBJECTS):
                        record = a_record(sequence=sent, about=about)
                        await put(producer, world.kafka, record, partition)
                trap = f"{chance.choice(POINTS)}:kill@{chance.randint(1, 3)}"
                async with a_process(replace(orders, failpoints=trap)) as reader:
                    await until(is_dead_or_done(reader, world, sent * len(SUBJECTS)), within=60)
            async with a_process(orders):
                await until(all_answered(world.engine, sent * len(SUBJECTS)), within=60)

        for about in SUBJECTS:
            assert await answered(world.engine, about=about) == list(range(1, sent + 1))
        assert await rows(world.engine, "select * from parked_event") == []


class TestAFrozenReader:
    @pytest.mark.parametrize(
        "names",
        [
            pytest.param((None, None), marks=pytest.mark.fault(29)),
            pytest.param(("hall-1", "hall-2"), marks=pytest.mark.fault(30)),
        ],
        ids=["any member", "static members"],
    )
    async def test_wakes_up_after_another_took_over_and_has_no_effect(
        self, world: World, names: tuple[str | None, str | None]
    ) -> None:
        orders = orders_for(world, "frozen", instance=names[0])
        async with kafka_client(world.kafka) as producer, a_process(orders) as frozen:
            await put(producer, world.kafka, a_record(BellRung(times=LINGERS), sequence=1))
            await until(is_true(world.engine, BUSY_NOW), within=60)
            frozen.send_signal(signal.SIGSTOP)
            kafka = replace(world.kafka, instance=names[1])
            async with world.at_work(lambda: world.keep(world.reading(hall(), kafka=kafka))):
                await put(producer, world.kafka, a_record(BellRung(times=2), sequence=2))
                await world.have_answered(LINGERS, 2, within=60)

                frozen.send_signal(signal.SIGCONT)
                await until(is_true(world.engine, CAME_AGAIN), within=60)
                await put(producer, world.kafka, a_record(BellRung(times=3), sequence=3))
                await world.have_answered(LINGERS, 2, 3, within=60)

        assert await rows(world.engine, "select * from parked_event") == []
        cursors = "select last_sequence from inbox_cursor"
        assert await rows(world.engine, cursors) == [(3,)]


def is_true(engine: AsyncEngine, query: str) -> Callable[[], Awaitable[bool]]:
    async def look() -> bool:
        return bool(await rows(engine, query))

    return look


def is_dead_or_done(reader: Process, world: World, count: int) -> Callable[[], Awaitable[bool]]:
    """Ask whether the trap has snapped; one that comes too late is killed from outside instead."""
    done = all_answered(world.engine, count)

    async def look() -> bool:
        return reader.returncode is not None or await done()

    return look


def all_answered(engine: AsyncEngine, count: int) -> Callable[[], Awaitable[bool]]:
    async def look() -> bool:
        return len(await answered(engine)) == count

    return look
