"""Ways to break a running stack, and to undo it: frozen processes, rewound groups, repeats."""

import asyncio
import os
import random
import signal
from collections.abc import AsyncIterator, Iterator, Mapping, Sequence
from contextlib import asynccontextmanager
from pathlib import Path

from aiokafka import AIOKafkaConsumer, AIOKafkaProducer, ConsumerRecord, TopicPartition
from aiokafka.admin import AIOKafkaAdminClient
from aiokafka.structs import OffsetAndMetadata

from contracts.catalogue import CASES, TOPICS
from stack.stacks import Stack

_FETCH_MS = 1_000
_COMMITTED_WITHIN = 30.0


def freeze(stack: Stack, process: str) -> Sequence[int]:
    """SIGSTOP a process and its children (PostgreSQL's backends); return whom to thaw."""
    stopped_so_far: list[int] = []
    pid = stack.pid(process)
    while born := [one for one in _family(pid, _children()) if one not in stopped_so_far]:
        for one in born:  # parents first, so that none has a child after the last look
            _send(one, signal.SIGSTOP)
        stopped_so_far += born
    return stopped_so_far


def thaw(pids: Sequence[int]) -> None:
    for pid in pids:
        _send(pid, signal.SIGCONT)


def is_frozen(pid: int) -> bool:
    return _state(pid) == "T"


def thaw_all(stack: Stack) -> None:
    """Thaw whatever of a stack is frozen."""
    children = _children()
    for now in stack.status().values():
        if now["pid"]:
            thaw([pid for pid in _family(now["pid"], children) if is_frozen(pid)])


@asynccontextmanager
async def frozen(stack: Stack, process: str) -> AsyncIterator[None]:
    """Keep a process frozen as long as the block lasts; it may be killed meanwhile."""
    pids = await asyncio.to_thread(freeze, stack, process)
    try:
        yield
    finally:
        thaw(pids)


@asynccontextmanager
async def stopped(stack: Stack, *processes: str) -> AsyncIterator[None]:
    """Keep processes away as long as the block lasts; they are ready again after it."""
    await asyncio.gather(*(asyncio.to_thread(stack.stop, one) for one in processes))
    try:
        yield
    finally:
        await asyncio.gather(*(asyncio.to_thread(stack.start, one) for one in processes))


async def rewind(stack: Stack, group_prefix: str) -> list[str]:
    """
    Set the offsets of all groups of a service back to 0; return their names.

    The groups must be empty: stop the service's processes before.
    """
    groups = [name for name in await _groups(stack) if name.startswith(group_prefix)]
    for group in groups:
        async with asyncio.timeout(_COMMITTED_WITHIN):
            await _rewind_one(stack, group)
    return groups


async def group_of(stack: Stack, group: str) -> tuple[str, int]:
    """Tell in which state a group of readers is, and how many are in it."""
    admin = AIOKafkaAdminClient(bootstrap_servers=stack.kafka)
    try:
        await admin.start()
        [answer] = await admin.describe_consumer_groups([group])
    finally:
        await admin.close()
    _, _, state, _, _, members = answer.groups[0][:6]
    return state, len(members)


async def repeat(stack: Stack, chance: random.Random, *, most: int) -> int:
    """Send random records of `cases.v1` once more, as they are, in any order; say how many."""
    records = await _sample(stack, chance, most)
    producer = AIOKafkaProducer(bootstrap_servers=stack.kafka, acks="all")
    try:
        await producer.start()
        for record in records:
            await producer.send_and_wait(
                record.topic,
                value=record.value,
                key=record.key,
                headers=list(record.headers),
                partition=record.partition,
            )
    finally:
        await producer.stop()
    return len(records)


def partitions_of(topic: str) -> list[TopicPartition]:
    [spec] = (one for one in TOPICS if one.name == topic)
    return [TopicPartition(topic, number) for number in range(spec.partitions)]


async def _sample(
    stack: Stack, chance: random.Random, most: int
) -> list[ConsumerRecord[bytes, bytes]]:
    """Read what stands around random places of the topic, shuffled."""
    consumer = AIOKafkaConsumer(bootstrap_servers=stack.kafka)
    try:
        await consumer.start()
        partitions = partitions_of(CASES)
        consumer.assign(partitions)
        ends = await consumer.end_offsets(partitions)
        chosen = [one for one in partitions if ends[one]]
        for partition in chosen:
            consumer.seek(partition, chance.randrange(ends[partition]))
        found = await consumer.getmany(*chosen, timeout_ms=_FETCH_MS, max_records=most)
    finally:
        await consumer.stop()
    records = [record for some in found.values() for record in some]
    chance.shuffle(records)
    return records


async def _groups(stack: Stack) -> list[str]:
    admin = AIOKafkaAdminClient(bootstrap_servers=stack.kafka)
    try:
        await admin.start()
        return [name for name, _ in await admin.list_consumer_groups()]
    finally:
        await admin.close()


async def _rewind_one(stack: Stack, group: str) -> None:
    topics = await _topics_of(stack, group)
    consumer = AIOKafkaConsumer(
        bootstrap_servers=stack.kafka, group_id=group, enable_auto_commit=False
    )
    try:
        await consumer.start()
        partitions = [one for topic in topics for one in partitions_of(topic)]
        consumer.assign(partitions)
        await consumer.commit(dict.fromkeys(partitions, 0))
    finally:
        await consumer.stop()


async def _topics_of(stack: Stack, group: str) -> set[str]:
    admin = AIOKafkaAdminClient(bootstrap_servers=stack.kafka)
    try:
        await admin.start()
        offsets: dict[TopicPartition, OffsetAndMetadata] = await admin.list_consumer_group_offsets(
            group
        )
    finally:
        await admin.close()
    return {partition.topic for partition in offsets}


def _family(pid: int, children: Mapping[int, Sequence[int]]) -> Iterator[int]:
    """List a process and its children, parents first."""
    yield pid
    for child in children.get(pid, ()):
        yield from _family(child, children)


def _children() -> Mapping[int, Sequence[int]]:
    """Look once at all processes there are: whose children are who."""
    found: dict[int, list[int]] = {}
    for folder in Path("/proc").glob("[0-9]*"):
        parent = _parent(folder)
        if parent is not None:
            found.setdefault(parent, []).append(int(folder.name))
    return found


def _parent(folder: Path) -> int | None:
    fields = _stat(folder)
    return int(fields[1]) if fields else None


def _state(pid: int) -> str | None:
    fields = _stat(Path(f"/proc/{pid}"))
    return fields[0] if fields else None


def _stat(folder: Path) -> list[str] | None:
    """Read what follows the name in `/proc/<pid>/stat`: state, parent …; None if it is gone."""
    try:
        return (folder / "stat").read_text().rpartition(")")[2].split()
    except (FileNotFoundError, ProcessLookupError):
        return None


def _send(pid: int, what: signal.Signals) -> None:
    try:
        os.kill(pid, what)
    except ProcessLookupError:
        return
