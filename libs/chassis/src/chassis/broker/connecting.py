"""Connections to Kafka: one that writes, one that reads in a group."""

from collections.abc import AsyncIterator, Iterable
from contextlib import asynccontextmanager
from dataclasses import dataclass

from aiokafka import AIOKafkaConsumer, AIOKafkaProducer
from aiokafka.errors import KafkaError

from chassis.broker.reader import LONG_POLL, Reader
from chassis.broker.writer import BrokerAway, Writer


@dataclass(frozen=True, slots=True, kw_only=True)
class Kafka:
    """Where Kafka is, and what our topics and groups are called there."""

    servers: str
    prefix: str = ""
    client_id: str = "sellerworks"

    @asynccontextmanager
    async def writer(self) -> AsyncIterator[Writer]:
        """Connect a producer. Leaving may lose what no future has confirmed."""
        producer = AIOKafkaProducer(
            bootstrap_servers=self.servers,
            client_id=self.client_id,
            enable_idempotence=True,
            acks="all",
            request_timeout_ms=10_000,
        )
        await _start(producer)
        try:
            yield Writer(producer=producer, prefix=self.prefix)
        finally:
            await producer.stop()

    @asynccontextmanager
    async def reader(self, group: str, topics: Iterable[str]) -> AsyncIterator[Reader]:
        """Join a group of readers. Offsets move by `commit` alone."""
        consumer = AIOKafkaConsumer(
            *(self.prefix + topic for topic in topics),
            bootstrap_servers=self.servers,
            client_id=self.client_id,
            group_id=self.prefix + group,
            enable_auto_commit=False,
            auto_offset_reset="earliest",
            session_timeout_ms=6_000,
            heartbeat_interval_ms=1_000,
            max_poll_interval_ms=900_000,
            metadata_max_age_ms=30_000,
            request_timeout_ms=20_000,
            fetch_max_wait_ms=LONG_POLL,
        )
        await _start(consumer)
        try:
            yield Reader(consumer=consumer, prefix=self.prefix)
        finally:
            await consumer.stop()


async def _start(client: AIOKafkaProducer | AIOKafkaConsumer) -> None:
    try:
        await client.start()
    except (KafkaError, OSError) as error:
        await client.stop()
        raise BrokerAway(type(error).__name__) from error
