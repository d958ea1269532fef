"""A plain Kafka client: reads topics from their beginning, in no group, and writes replies."""

import asyncio
import json
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import datetime
from time import monotonic
from typing import Any

from aiokafka import AIOKafkaConsumer, AIOKafkaProducer, ConsumerRecord

_POLL_MS = 200


class NeverCame(Exception):
    """What the story waits for did not happen in time."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Told:
    """A record as anyone with a Kafka client sees it."""

    topic: str
    headers: dict[str, str]
    payload: dict[str, Any]
    raw: bytes

    @property
    def id(self) -> str:
        return self.headers["ce_id"]

    @property
    def type(self) -> str:
        return self.headers["ce_type"]

    @property
    def producer(self) -> str:
        return self.headers["ce_source"].rpartition("/")[2]

    @property
    def sequence(self) -> int:
        return int(self.headers["ce_sequence"])

    @property
    def at(self) -> datetime:
        return datetime.fromisoformat(self.headers["ce_time"])

    @property
    def subject(self) -> str:
        return self.headers["ce_subject"]


@dataclass(slots=True, kw_only=True)
class Listener:
    """All that was said on some topics so far, each event once, in the order of its partition."""

    told: list[Told] = field(default_factory=list)
    repeated: int = 0
    changed: asyncio.Condition = field(default_factory=asyncio.Condition)
    _seen: set[tuple[str, str]] = field(default_factory=set)

    def of(self, case: str) -> list[Told]:
        return [one for one in self.told if one.subject == case]

    def of_type(self, case: str, type_: str) -> list[Told]:
        return [one for one in self.of(case) if one.type == type_]

    async def wait_for(
        self,
        case: str,
        type_: str,
        *,
        count: int = 1,
        where: Callable[[Told], bool] = lambda _: True,
        within: float = 40.0,
    ) -> list[Told]:
        """
        Wait until that many events of a type were said about a case.

        Raises:
            NeverCame: They were not, in time.
        """
        deadline = monotonic() + within
        while True:
            found = [one for one in self.of_type(case, type_) if where(one)]
            if len(found) >= count:
                return found
            await self._wait(deadline, f"{count} times {type_} of {case}")

    async def _wait(self, deadline: float, what: str) -> None:
        try:
            async with self.changed:
                await asyncio.wait_for(self.changed.wait(), max(deadline - monotonic(), 0.001))
        except TimeoutError as error:
            raise NeverCame(what) from error

    async def hear(self, records: Sequence[ConsumerRecord]) -> None:
        for record in records:
            self._note(record)
        async with self.changed:
            self.changed.notify_all()

    def _note(self, record: ConsumerRecord) -> None:
        headers = {name: value.decode() for name, value in record.headers}
        name = (record.topic, headers.get("ce_id", f"{record.partition}/{record.offset}"))
        if name in self._seen:
            self.repeated += 1
            return
        self._seen.add(name)
        payload = json.loads(record.value)
        told = Told(topic=record.topic, headers=headers, payload=payload, raw=record.value)
        self.told.append(told)


@asynccontextmanager
async def listening(kafka: str, *topics: str, start: str = "latest") -> AsyncIterator[Listener]:
    """Listen to topics as long as the block lasts, from now on or from the `earliest`."""
    consumer = AIOKafkaConsumer(
        *topics, bootstrap_servers=kafka, auto_offset_reset=start, enable_auto_commit=False
    )
    listener = Listener()
    await consumer.start()
    try:
        if start == "latest":
            await consumer.seek_to_end()
        hearing = asyncio.create_task(_hear(consumer, listener))
        try:
            yield listener
        finally:
            hearing.cancel()
            await asyncio.wait([hearing])
    finally:
        await consumer.stop()


async def _hear(consumer: AIOKafkaConsumer, listener: Listener) -> None:
    while True:
        found = await consumer.getmany(timeout_ms=_POLL_MS)
        for records in found.values():
            await listener.hear(records)


async def reply(kafka: str, **said: object) -> None:
    """Answer on the partners' topic, with no key, no headers and nothing of ours."""
    producer = AIOKafkaProducer(bootstrap_servers=kafka)
    await producer.start()
    try:
        await producer.send_and_wait("handoff-replies.v1", json.dumps(said).encode())
    finally:
        await producer.stop()
