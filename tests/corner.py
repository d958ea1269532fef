"""A corner of the test process's own Kafka that no other test shares, and ways to trouble it."""

import asyncio
import os
import signal
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from types import SimpleNamespace
from uuid import uuid4

from chassis.broker import Kafka, Writer, look_back
from chassis.cloudevents import RawRecord
from contracts.catalogue import TopicSpec
from stack.kafka import Kafka as Broker
from stack.topics import create_topics


async def corner_of(broker: Broker, *topics: str, partitions: int = 3) -> Kafka:
    """Make topics under a prefix of their own."""
    prefix = f"t{uuid4().hex[:8]}."
    specs = [TopicSpec(name=name, partitions=partitions, retention_ms=-1) for name in topics]
    await create_topics(broker.address, topics=specs, prefix=prefix)
    return Kafka(servers=broker.address, prefix=prefix)


async def stands_in(kafka: Kafka, topic: str) -> Sequence[RawRecord]:
    """Return every record of a topic, each partition in its order."""
    async with kafka.looking_back() as reader:
        return [one async for some in look_back(reader, topic, since_ms=0) for one in some]


@contextmanager
def frozen(broker: Broker) -> Iterator[None]:
    """Freeze the broker: it takes connections and bytes, and answers nothing."""
    pid = _pid_of(broker)
    os.kill(pid, signal.SIGSTOP)
    try:
        yield
    finally:
        os.kill(pid, signal.SIGCONT)


def _pid_of(broker: Broker) -> int:
    """Find our own broker: nobody else runs with its settings."""
    settings = str(broker.folder / "server.properties").encode()
    for process in Path("/proc").glob("[0-9]*"):
        try:
            if settings in (process / "cmdline").read_bytes().split(b"\0"):
                return int(process.name)
        except OSError:
            continue  # it has just ended
    raise LookupError("the broker does not run")


def a_taker() -> Writer:
    """Return a writer that has whatever it is given, at once, and keeps none of it."""
    return Writer(producer=_Taker(), prefix="")


class _Taker:
    def __init__(self) -> None:
        self.count = 0

    async def send(self, *_: object, **__: object) -> "asyncio.Future[SimpleNamespace]":
        self.count += 1
        placed: asyncio.Future[SimpleNamespace] = asyncio.get_running_loop().create_future()
        placed.set_result(SimpleNamespace(partition=0, offset=self.count))
        return placed

    async def partitions_for(self, _topic: str) -> set[int]:
        return {0}
