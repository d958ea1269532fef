"""How long after a POST the decision is on the topic, beside what commits and Kafka take alone."""

import asyncio
import os
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from statistics import median
from typing import Any

import asyncpg
import httpx
from aiokafka import AIOKafkaConsumer, AIOKafkaProducer
from aiokafka.admin import AIOKafkaAdminClient, NewTopic
from children import make_bare_database
from figures import percentile, say, table

from stack.stacks import Stack
from stack.story.files import new_filing

_TOPIC = "bench.raw"
_PARTITIONS = 12
_SETTLE = 20
_WITHIN = 30.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Raw:
    """The plain tools: a connection, a producer, a consumer that waits."""

    database: asyncpg.Connection
    producer: AIOKafkaProducer
    consumer: AIOKafkaConsumer

    async def commit(self) -> None:
        await self.database.execute("insert into outbox (topic, payload) values ('raw', '{}')")

    async def round_trip(self) -> None:
        """Produce with acks=all, and wait until a waiting consumer has it."""
        mark = os.urandom(16)
        async with asyncio.timeout(_WITHIN):
            await self.producer.send_and_wait(_TOPIC, mark, key=mark)
            while (await self.consumer.getone()).value != mark:
                continue

    async def both_twice(self) -> float:
        began = time.monotonic()
        for _ in range(2):
            await self.commit()
            await self.round_trip()
        return (time.monotonic() - began) * 1000


async def compare(stack: Stack, *, quick: bool) -> None:
    """Measure both in turn, one case at a time, and print medians and their ratio."""
    times = 20 if quick else 100
    say("\nPOST → `case.routed` readable by a plain Kafka client, one case at a time; against the")
    say("raw sum: two commits and two Kafka round trips (acks=all, waiting consumer), in turn.")
    ours, raws = [], []
    async with (
        _tools(stack) as raw,
        reader(stack, "cases.v1") as consumer,
        httpx.AsyncClient(base_url=stack.url("intake")) as http,
    ):
        for nth in range(times + _SETTLE):
            routed, plain = await route(http, consumer, stack), await raw.both_twice()
            if nth >= _SETTLE:
                ours.append(routed)
                raws.append(plain)
    head = ("", "p50 ms", "p99 ms")
    rows = [("raw sum", *_of(raws)), ("routed", *_of(ours))]
    table(head, [*rows, ("ratio", median(ours) / median(raws), _of(ours)[1] / _of(raws)[1])])
    say("    to work towards: 4.0")


def _of(values: list[float]) -> tuple[float, float]:
    return median(values), percentile(values, 0.99)


async def route(http: httpx.AsyncClient, consumer: AIOKafkaConsumer, stack: Stack) -> float:
    """File a case; return after how many ms a plain client has read where it goes."""
    filing = new_filing()
    headers = {
        "authorization": f"Bearer {stack.token('harbour-front-end')}",
        "idempotency-key": filing["external_ref"],
    }
    began = time.monotonic()
    answer = await http.post("/v1/cases", json=filing, headers=headers)
    case = answer.raise_for_status().json()["id"].encode()
    async with asyncio.timeout(_WITHIN):
        while not _is_routed(await consumer.getone(), case):
            continue
    return (time.monotonic() - began) * 1000


def _is_routed(record: Any, case: bytes) -> bool:  # noqa: ANN401 - of an untyped library
    return record.key == case and dict(record.headers).get("ce_type") == b"case.routed.v1"


@asynccontextmanager
async def _tools(stack: Stack) -> AsyncIterator[Raw]:
    await _make_topic(stack)
    database = await asyncpg.connect(await make_bare_database(stack))
    producer = AIOKafkaProducer(bootstrap_servers=stack.kafka, acks="all", enable_idempotence=True)
    await producer.start()
    try:
        async with reader(stack, _TOPIC) as consumer:
            yield Raw(database=database, producer=producer, consumer=consumer)
    finally:
        await producer.stop()
        await database.close()


async def _make_topic(stack: Stack) -> None:
    admin = AIOKafkaAdminClient(bootstrap_servers=stack.kafka)
    await admin.start()
    if _TOPIC not in await admin.list_topics():
        await admin.create_topics([NewTopic(_TOPIC, _PARTITIONS, 1)])
    await admin.close()


@asynccontextmanager
async def reader(stack: Stack, topic: str) -> AsyncIterator[AIOKafkaConsumer]:
    """Read a topic from now on, in no group."""
    consumer = AIOKafkaConsumer(topic, bootstrap_servers=stack.kafka, enable_auto_commit=False)
    await consumer.start()
    try:
        await consumer.seek_to_end()
        yield consumer
    finally:
        await consumer.stop()
