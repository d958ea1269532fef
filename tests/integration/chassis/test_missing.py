"""What never reached a consumer is published again, over a real Kafka and real PostgreSQL."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field, replace
from functools import partial
from pathlib import Path
from types import SimpleNamespace
from typing import Any, Final

import httpx
import pytest
from aiokafka import TopicPartition
from aiokafka.admin import AIOKafkaAdminClient
from aiokafka.admin.records_to_delete import RecordsToDelete
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncEngine

from bells import BELLS, BY_TEST, BellRung, answered, hall, pen_of, rows
from chassis.auth import ServiceTokens
from chassis.broker import Kafka, Writer
from chassis.consumer import Consumer
from chassis.door import open_door
from chassis.draining import Ask
from chassis.lease import Lease
from chassis.missing import Heads
from chassis.outbox import announce
from chassis.reading import Reading
from chassis.relay import Relay
from chassis.repair import asking, reading_heads
from conftest import CHASSIS, EngineFor
from corner import corner_of, stands_in
from porch import open_porch
from stack.kafka import Kafka as Broker
from stack.waiting import until

PORCH, HALL = pen_of("porch"), pen_of("hall")
PATIENCE: Final = 60
URLS: Final = {"porch": "http://porch"}


@dataclass(slots=True, kw_only=True)
class House:
    """A porch that publishes, and what it is asked by."""

    engine: AsyncEngine
    kafka: Kafka
    ask: Ask
    heads: Heads
    stopping: asyncio.Event = field(default_factory=asyncio.Event)
    wake: asyncio.Event = field(default_factory=asyncio.Event)

    async def ring(self, *subjects: str) -> None:
        for subject in subjects:
            async with open_door(self.engine, pen=PORCH, journey=BY_TEST) as tx:
                announce(tx, BellRung(), subject=subject, marketplace="harbour")

    def relay(self, kafka: Any = None) -> Callable[[], Awaitable[None]]:  # noqa: ANN401 - Kafka, or what loses something
        lease = Lease(engine=self.engine, name="relay")
        given = kafka or self.kafka
        return Relay(engine=self.engine, kafka=given, lease=lease, stopping=self.stopping).run

    def listener(
        self, to: Consumer, engine: AsyncEngine
    ) -> tuple[Callable[[], Awaitable[None]], ...]:
        reading = Reading(
            to=to,
            engine=engine,
            pen=HALL,
            kafka=self.kafka,
            stopping=self.stopping,
            changed=lambda _subject: None,
        )
        return (
            reading.run,
            partial(reading.keep_draining, self.ask),
            partial(reading.keep_asking, self.heads, self.ask),
        )

    @asynccontextmanager
    async def at_work(self, *works: Callable[[], Awaitable[None]]) -> AsyncIterator[None]:
        self.stopping.clear()
        async with asyncio.TaskGroup() as tasks:
            for work in works:
                tasks.create_task(_awaited(work))
            try:
                yield
            finally:
                self.stopping.set()

    async def is_quiet(self) -> bool:
        return await rows(self.engine, "select count(*) from outbox_pending") == [(0,)]


async def _awaited(work: Callable[[], Awaitable[None]]) -> None:
    await work()


@pytest.fixture
async def house(engine_for: EngineFor, broker: Broker, tmp_path: Path) -> AsyncIterator[House]:
    engine = await engine_for(CHASSIS)
    async with AsyncExitStack() as stack:
        porch = await stack.enter_async_context(open_porch(engine, tmp_path))
        token = porch.identities.token("service-router")
        answers = httpx.MockTransport(
            lambda _request: httpx.Response(200, json={"access_token": token, "expires_in": 600})
        )
        issuer = await stack.enter_async_context(httpx.AsyncClient(transport=answers))
        tokens = ServiceTokens(issuer, url="http://issuer.test/token", client_id="service-router")
        yield House(
            engine=engine,
            kafka=await corner_of(broker, BELLS, partitions=1),
            ask=asking(porch.client, tokens=tokens, urls=URLS),
            heads=reading_heads(porch.client, tokens=tokens, urls=URLS),
        )


async def has_answered(engine: AsyncEngine, count: int) -> bool:
    return len(await answered(engine)) == count


class TestRetention:
    @pytest.mark.fault(51)
    async def test_that_takes_records_before_they_were_read_is_noticed_and_repaired(
        self, house: House, engine_for: EngineFor
    ) -> None:
        """Nothing is said of these subjects ever after: no gap would have been seen."""
        engine = await engine_for(CHASSIS)
        listener = partial(house.listener, hall(), engine)
        await house.ring("a", "b")
        async with house.at_work(house.relay(), *listener()):
            await until(partial(has_answered, engine, 2), within=PATIENCE)
        await house.ring("a", "a", "c")
        async with house.at_work(house.relay()):
            await until(house.is_quiet, within=PATIENCE)
        await truncate(house.kafka, BELLS)
        assert await stands_in(house.kafka, BELLS) == []

        async with house.at_work(house.relay(), *listener()):
            await until(partial(has_answered, engine, 5), within=PATIENCE)

        assert await rows(
            engine, "select subject, last_sequence from inbox_cursor order by subject"
        ) == [("a", 3), ("b", 1), ("c", 1)]


async def truncate(kafka: Kafka, topic: str) -> None:
    """Let a topic lose all it holds, as retention would."""
    admin = AIOKafkaAdminClient(bootstrap_servers=kafka.servers)
    await admin.start()
    try:
        place = TopicPartition(kafka.prefix + topic, 0)
        await admin.delete_records({place: RecordsToDelete(before_offset=-1)})
    finally:
        await admin.close()


@dataclass(slots=True)
class Losing:
    """A Kafka whose producer says of one record that it stands, and never sends it."""

    kafka: Kafka
    sequence: int

    @asynccontextmanager
    async def writer(self) -> AsyncIterator[Writer]:
        async with self.kafka.writer() as writer:
            yield replace(writer, producer=_Losing(writer.producer, self))


@dataclass(slots=True)
class _Losing:
    producer: Any
    whose: Losing

    async def partitions_for(self, topic: str) -> set[int]:
        known: set[int] = await self.producer.partitions_for(topic)
        return known

    async def send(
        self, topic: str, *, headers: Sequence[tuple[str, bytes]], **record: object
    ) -> "asyncio.Future[SimpleNamespace]":
        if dict(headers)["ce_sequence"] == str(self.whose.sequence).encode():
            self.whose.sequence = 0
            placed: asyncio.Future[SimpleNamespace] = asyncio.get_running_loop().create_future()
            placed.set_result(SimpleNamespace(partition=0, offset=0))
            return placed
        sent: asyncio.Future[SimpleNamespace] = await self.producer.send(
            topic, headers=headers, **record
        )
        return sent


class TestLostRecord:
    @pytest.mark.fault(43)
    async def test_is_published_again_for_every_consumer(
        self, house: House, engine_for: EngineFor
    ) -> None:
        engines = [await engine_for(CHASSIS) for _ in range(2)]
        attic = replace(hall(), name="attic")
        listeners = [house.listener(hall(), engines[0]), house.listener(attic, engines[1])]
        await house.ring("a", "a", "a")

        async with house.at_work(
            house.relay(Losing(house.kafka, 2)), *(one for each in listeners for one in each)
        ):
            for engine in engines:
                await until(partial(has_answered, engine, 3), within=PATIENCE)

        for engine in engines:
            assert await rows(engine, "select distinct state from parked_event") == [("done",)]
            assert await rows(engine, "select blocked from inbox_subject") == [(False,)]

    @pytest.mark.fault(43)
    async def test_that_is_bad_at_its_source_is_given_up_after_three_repairs(
        self, house: House, engine_for: EngineFor
    ) -> None:
        engine = await engine_for(CHASSIS)
        await house.ring("a", "a", "a")
        async with house.engine.begin() as connection:
            await connection.execute(
                text(
                    'update outbox set headers = headers || \'{"ce_specversion": "0"}\''
                    " where sequence = 2"
                )
            )

        async with house.at_work(house.relay(), *house.listener(hall(), engine)):
            await until(partial(_given_up, engine), within=PATIENCE)

        assert await rows(engine, "select count(*) from quarantine") == [(4,)]
        assert await answered(engine) == [1]


async def _given_up(engine: AsyncEngine) -> bool:
    """Say whether a person has to look; what waits does not wait out its pauses."""
    async with engine.begin() as connection:
        await connection.execute(
            text(
                "update parked_event set next_attempt_at = clock_timestamp()"
                " where state = 'waiting' and next_attempt_at > clock_timestamp()"
            )
        )
    dead = "select reason, sequence from parked_event where state = 'dead'"
    return await rows(engine, dead) == [("gap", 3)]
