"""A corner of a real Kafka and a real PostgreSQL, where bells are rung and a hall answers."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from uuid import uuid4

from aiokafka import AIOKafkaProducer
from sqlalchemy.ext.asyncio import AsyncEngine

from bells import BELLS, BY_TEST, BellRung, answered, pen_of
from chassis.broker import Kafka
from chassis.cloudevents import RawRecord
from chassis.consumer import Consumer, Sink
from chassis.door import open_door
from chassis.lease import Lease
from chassis.outbox import announce
from chassis.reading import Reading
from chassis.relay import Relay
from chassis.supervisor import Supervisor
from chassis.watchdog import Watchdog
from contracts.catalogue import TopicSpec
from stack.kafka import Kafka as Broker
from stack.topics import create_topics
from stack.waiting import until

PATIENCE = 30
HALL, PORCH = pen_of("hall"), pen_of("porch")


async def a_corner(broker: Broker, *, partitions: int = 3) -> Kafka:
    """Make topics of bells and answers under a prefix that nobody else has."""
    prefix = f"t{uuid4().hex[:8]}."
    topics = [
        TopicSpec(name=name, partitions=partitions, retention_ms=-1)
        for name in (BELLS, "answers.v1")
    ]
    await create_topics(broker.address, topics=topics, prefix=prefix)
    return Kafka(servers=broker.address, prefix=prefix)


@dataclass(slots=True)
class World:
    engine: AsyncEngine
    kafka: Kafka
    stopping: asyncio.Event = field(default_factory=asyncio.Event)
    changed: list[str] = field(default_factory=list)

    def reading(
        self,
        to: Consumer | Sink,
        *,
        kafka: Kafka | None = None,
        watchdog: Watchdog | None = None,
    ) -> Reading:
        return Reading(
            to=to,
            engine=self.engine,
            pen=HALL,
            kafka=kafka or self.kafka,
            stopping=self.stopping,
            changed=self.changed.append,
            watchdog=watchdog,
        )

    async def keep(self, reading: Reading) -> None:
        """Read as services do: begun again whenever it fails."""
        await Supervisor(stopping=self.stopping).keep("reading", reading.run, tells=True)

    def relay(self) -> Relay:
        return Relay(
            engine=self.engine,
            kafka=self.kafka,
            lease=Lease(engine=self.engine, name="relay"),
            stopping=self.stopping,
        )

    @asynccontextmanager
    async def at_work(self, *works: Callable[[], Awaitable[None]]) -> AsyncIterator[None]:
        async with asyncio.TaskGroup() as tasks:
            for work in works:
                tasks.create_task(_awaited(work))
            try:
                yield
            finally:
                self.stopping.set()

    async def have_answered(self, *times: int, within: float = PATIENCE) -> None:
        async def hold() -> bool:
            return await answered(self.engine) == list(times)

        await until(hold, within=within)


async def _awaited(work: Callable[[], Awaitable[None]]) -> None:
    await work()


async def ring(engine: AsyncEngine, *times: int) -> None:
    for one in times:
        async with open_door(engine, pen=PORCH, journey=BY_TEST) as tx:
            announce(tx, BellRung(times=one), subject="front")


@asynccontextmanager
async def kafka_client(kafka: Kafka) -> AsyncIterator[AIOKafkaProducer]:
    producer = AIOKafkaProducer(bootstrap_servers=kafka.servers)
    await producer.start()
    try:
        yield producer
    finally:
        await producer.stop()


async def put(
    producer: AIOKafkaProducer, kafka: Kafka, record: RawRecord, partition: int = 0
) -> None:
    headers = [(name, text.encode()) for name, text in record.headers.items()]
    await producer.send_and_wait(
        kafka.prefix + record.topic,
        key=record.key,
        value=record.value,
        headers=headers,
        partition=partition,
    )
