"""Connections to Kafka: one that writes, one that reads in a group, one that looks back."""

import asyncio
from collections.abc import AsyncIterator, Iterable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Final

from aiokafka import AIOKafkaConsumer, AIOKafkaProducer, ConsumerRebalanceListener, TopicPartition
from aiokafka.errors import KafkaError, ProducerClosed
from typing_extensions import override

from chassis.broker.reader import LONG_POLL, Reader
from chassis.broker.writer import BrokerAway, Writer

_ANSWERS_WITHIN: Final = 5.0

_PARTS_WITHIN: Final = 2.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Kafka:
    """Where Kafka is, and what our topics and groups are called there."""

    servers: str
    prefix: str = ""
    client_id: str = "sellerworks"
    instance: str | None = None
    """A name that a reader keeps over restarts: its partitions wait for it so long."""

    @asynccontextmanager
    async def writer(self) -> AsyncIterator[Writer]:
        """Connect a producer. Leaving may lose what no future has confirmed."""
        producer = AIOKafkaProducer(
            bootstrap_servers=self.servers,
            client_id=self.client_id,
            # Not idempotent: consumers know a duplicate by its sequence, and an event of a subject
            # is sent only after the one before it stands. Numbered batches would only add that one
            # refused record shuts its partition to all others (docs/adr/0007).
            enable_idempotence=False,
            acks="all",
            request_timeout_ms=10_000,
        )
        await _start(producer)
        try:
            yield Writer(producer=producer, prefix=self.prefix)
        finally:
            await _part(producer)

    @asynccontextmanager
    async def reader(self, group: str, topics: Iterable[str]) -> AsyncIterator[Reader]:
        """Join a group of readers. Offsets move by `commit` alone."""
        consumer = AIOKafkaConsumer(
            bootstrap_servers=self.servers,
            client_id=self.client_id,
            group_id=self.prefix + group,
            group_instance_id=self.instance,
            enable_auto_commit=False,
            auto_offset_reset="earliest",
            session_timeout_ms=6_000,
            heartbeat_interval_ms=1_000,
            max_poll_interval_ms=900_000,
            metadata_max_age_ms=30_000,
            request_timeout_ms=20_000,
            fetch_max_wait_ms=LONG_POLL,
        )
        reader = Reader(consumer=consumer, prefix=self.prefix)
        consumer.subscribe([self.prefix + topic for topic in topics], listener=_Forgetting(reader))
        await _start(consumer)
        try:
            yield reader
        finally:
            await consumer.stop()

    async def answers(self, topic: str) -> bool:
        """Ask by a client of its own how long a topic is; say whether Kafka answers in 5 s."""
        consumer = AIOKafkaConsumer(bootstrap_servers=self.servers, client_id=self.client_id)
        try:
            async with asyncio.timeout(_ANSWERS_WITHIN):
                await consumer.start()
                await consumer.end_offsets([TopicPartition(self.prefix + topic, 0)])
        except (KafkaError, OSError):  # of which TimeoutError is one
            return False
        else:
            return True
        finally:
            await consumer.stop()

    @asynccontextmanager
    async def looking_back(self) -> AsyncIterator[Reader]:
        """Connect a consumer of no group, for `look_back`."""
        consumer = AIOKafkaConsumer(
            bootstrap_servers=self.servers,
            client_id=self.client_id,
            enable_auto_commit=False,
            auto_offset_reset="earliest",
            request_timeout_ms=20_000,
        )
        await _start(consumer)
        try:
            yield Reader(consumer=consumer, prefix=self.prefix)
        finally:
            await consumer.stop()


async def _part(producer: AIOKafkaProducer) -> None:
    """
    Let go of a producer within seconds, whether or not the broker answers.

    Left to itself it would wait for a frozen broker as long as that is frozen. What no future
    has confirmed stays in the outbox: giving it up here loses nothing.
    """
    parting = asyncio.create_task(producer.stop())
    _done, late = await asyncio.wait([parting], timeout=_PARTS_WITHIN)
    if late:
        producer._message_accumulator.fail_all(ProducerClosed())  # noqa: SLF001 - the library has no way to stop without sending
        await producer.client.close()
    await parting


class _Forgetting(ConsumerRebalanceListener):  # type: ignore[misc] # of an untyped library
    """Only drops notes, in memory: a callback that waited would hold up the whole group."""

    def __init__(self, reader: Reader) -> None:
        self.reader = reader

    @override
    async def on_partitions_revoked(self, revoked: Iterable[TopicPartition]) -> None:
        self.reader.forget(revoked)

    @override
    async def on_partitions_assigned(self, assigned: Iterable[TopicPartition]) -> None:
        """Begin where the group has come to: the client does that by itself."""


async def _start(client: AIOKafkaProducer | AIOKafkaConsumer) -> None:
    try:
        await client.start()
    except (KafkaError, OSError) as error:
        await client.stop()
        raise BrokerAway(type(error).__name__) from error
