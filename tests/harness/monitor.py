"""An independent monitor keeps every checkpoint that anyone could have seen, HTTP and Kafka."""

import asyncio
import json
from base64 import b64decode
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from time import time
from typing import Final

import httpx
from aiokafka import AIOKafkaConsumer, TopicPartition
from aiokafka.errors import KafkaError

from chassis.outgoing import http_client
from harness.facts import Checkpoint

_TOPIC: Final = "audit.checkpoints.v1"
_LINES: Final = 3


@dataclass(slots=True, kw_only=True)
class Monitor:
    """What was seen so far: each different (origin, size, root) once for each source."""

    seen: list[Checkpoint] = field(default_factory=list)
    _known: set[tuple[str, str, int, str]] = field(default_factory=set)

    def see(self, source: str, note: str) -> None:
        """Keep a signed note, if it says something new."""
        lines = note.split("\n")
        if len(lines) < _LINES or not lines[1].isdigit():
            return
        origin, size, root = lines[0], int(lines[1]), lines[2]
        if (source, origin, size, root) not in self._known:
            self._known.add((source, origin, size, root))
            self.seen.append(
                Checkpoint(
                    source=source, seen_at=time(), origin=origin, size=size, root=root, note=note
                )
            )


@asynccontextmanager
async def watching(
    urls: Sequence[str], *, token: Callable[[], str], kafka: str, every: float = 0.25
) -> AsyncIterator[Monitor]:
    """Ask each audit replica for its checkpoint, and read the topic, as long as the block lasts."""
    monitor = Monitor()
    async with http_client(timeout=2.0) as http:
        tasks = [asyncio.create_task(_ask(http, url, token, monitor, every)) for url in urls]
        tasks.append(asyncio.create_task(_hear(kafka, monitor, every)))
        try:
            yield monitor
        finally:
            for task in tasks:
                task.cancel()
            ended = await asyncio.gather(*tasks, return_exceptions=True)
    broken = [one for one in ended if one and not isinstance(one, asyncio.CancelledError)]
    if broken:
        raise broken[0]


async def _ask(
    http: httpx.AsyncClient, url: str, token: Callable[[], str], monitor: Monitor, every: float
) -> None:
    """Ask on and on; a service that is away is what the faults are about."""
    while True:
        try:
            answer = await http.get(
                f"{url}/v1/log/checkpoint", headers={"Authorization": f"Bearer {token()}"}
            )
        except httpx.TransportError:
            pass  # away: asked again
        else:
            if answer.is_success:
                monitor.see(url, answer.text)
        await asyncio.sleep(every)


async def _hear(kafka: str, monitor: Monitor, every: float) -> None:
    """Read the topic from its beginning, with a new client whenever the old one fails."""
    while True:
        consumer = AIOKafkaConsumer(bootstrap_servers=kafka, auto_offset_reset="earliest")
        try:
            await consumer.start()
            consumer.assign([TopicPartition(_TOPIC, 0)])
            while True:
                await _take(consumer, monitor)
        except KafkaError:
            await asyncio.sleep(every)
        finally:
            await consumer.stop()


async def _take(consumer: AIOKafkaConsumer, monitor: Monitor) -> None:
    for records in (await consumer.getmany(timeout_ms=500)).values():
        for record in records:
            told = note_of(record.value or b"")
            monitor.see("kafka", told)


def note_of(value: bytes) -> str:
    """Take the signed note out of a record; empty when there is none."""
    try:
        told = json.loads(value)
        return b64decode(told["note"]).decode()
    except (ValueError, KeyError, TypeError):
        return ""
