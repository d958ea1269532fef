"""Records out, each with the word of Kafka that it has it."""

import asyncio
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any, Final

from aiokafka.errors import (
    CorruptRecordException,
    InvalidMessageError,
    InvalidTopicError,
    KafkaError,
    MessageSizeTooLargeError,
    RecordListTooLargeError,
    RecordTooLargeError,
    TopicAuthorizationFailedError,
    UnknownTopicOrPartitionError,
)
from aiokafka.partitioner import DefaultPartitioner

SEND_WITHIN: Final = 30.0
# A topic that does not exist is looked for until the client gives up, and a whole round of the
# relay would wait for it.
_PLACE_WITHIN: Final = 2.0
_partition_of: Final = DefaultPartitioner()
_THIS_RECORD: Final = (
    CorruptRecordException,
    InvalidMessageError,
    InvalidTopicError,
    MessageSizeTooLargeError,
    RecordListTooLargeError,
    RecordTooLargeError,
    TopicAuthorizationFailedError,
    UnknownTopicOrPartitionError,
)


class Unsendable(Exception):
    """Kafka will not take this record; others it may."""


class BrokerAway(Exception):
    """Kafka does not answer, or no longer knows us. Make a new client and try again."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Writer:
    """A producer that says of each record where it stands."""

    producer: Any
    prefix: str
    patience: float = SEND_WITHIN  # seconds

    async def send(
        self,
        topic: str,
        *,
        key: bytes,
        value: bytes,
        headers: Mapping[str, str],
        alone: bool = False,
    ) -> tuple[int, int]:
        """
        Send a record and wait until Kafka has it; return partition and offset.

        Kafka takes or refuses what goes together as a whole: `alone` answers for this record only.

        Raises:
            Unsendable: Kafka will not have this one.
            BrokerAway: It may have been delivered, or not.
        """
        encoded = [(name, text.encode()) for name, text in headers.items()]
        try:
            place = self._place_alone if alone else self.producer.send
            async with asyncio.timeout(self.patience):
                async with _in_time():
                    await self.producer.partitions_for(self.prefix + topic)
                # No room in a topic that is known: Kafka takes nothing in, for whatever record.
                sent = await place(self.prefix + topic, key=key, value=value, headers=encoded)
                placed = await asyncio.shield(sent)
        except _THIS_RECORD as error:
            raise Unsendable(type(error).__name__) from error
        except (KafkaError, OSError) as error:  # of which TimeoutError is one
            raise BrokerAway(type(error).__name__) from error
        return placed.partition, placed.offset

    async def _place_alone(
        self, topic: str, *, key: bytes, value: bytes, headers: Sequence[tuple[str, bytes]]
    ) -> "asyncio.Future[Any]":
        batch = self.producer.create_batch()
        batch.append(timestamp=None, key=key, value=value, headers=headers)
        batch.close()
        partitions = sorted(await self.producer.partitions_for(topic))
        partition = _partition_of(key, partitions, partitions)
        sent: asyncio.Future[Any] = await self.producer.send_batch(
            batch, topic, partition=partition
        )
        return sent


@asynccontextmanager
async def _in_time() -> AsyncIterator[None]:
    try:
        async with asyncio.timeout(_PLACE_WITHIN):
            yield
    except TimeoutError as error:
        raise Unsendable("no such topic") from error
