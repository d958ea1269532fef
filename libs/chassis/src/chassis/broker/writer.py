"""Records out, each with the word of Kafka that it has it."""

import asyncio
from collections.abc import Mapping
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

_SEND_WITHIN: Final = 30.0
# A topic that does not exist is looked for until the client gives up, and a whole round of the
# relay would wait for it.
_PLACE_WITHIN: Final = 2.0
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

    async def send(
        self, topic: str, *, key: bytes, value: bytes, headers: Mapping[str, str]
    ) -> tuple[int, int]:
        """
        Send a record and wait until Kafka has it; return partition and offset.

        Raises:
            Unsendable: Kafka will not have this one.
            BrokerAway: It may have been delivered, or not.
        """
        encoded = [(name, text.encode()) for name, text in headers.items()]
        try:
            sent = await self._place(self.prefix + topic, key=key, value=value, headers=encoded)
            async with asyncio.timeout(_SEND_WITHIN):
                placed = await asyncio.shield(sent)
        except _THIS_RECORD as error:
            raise Unsendable(type(error).__name__) from error
        except (KafkaError, OSError) as error:  # of which TimeoutError is one
            raise BrokerAway(type(error).__name__) from error
        return placed.partition, placed.offset

    async def _place(self, topic: str, **record: object) -> "asyncio.Future[Any]":
        try:
            async with asyncio.timeout(_PLACE_WITHIN):
                sent: asyncio.Future[Any] = await self.producer.send(topic, **record)
        except TimeoutError as error:
            raise Unsendable("no such topic, or no room to wait in") from error
        return sent
