"""The relay in trouble, over a real Kafka and a real PostgreSQL."""

import asyncio
import random
from collections import Counter
from collections.abc import AsyncIterator, Awaitable, Callable, Iterable, Sequence
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, replace
from time import perf_counter
from types import SimpleNamespace
from typing import Any, Final

import pytest
from aiokafka.admin import AIOKafkaAdminClient
from aiokafka.admin.config_resource import ConfigResource, ConfigResourceType
from aiokafka.errors import OutOfOrderSequenceNumber, ProducerFenced, RequestTimedOutError
from sqlalchemy.ext.asyncio import AsyncEngine

from bells import BELLS, BY_TEST, BellRung, answered, hall, pen_of, rows
from chassis.broker import BrokerAway, Kafka, Writer
from chassis.cloudevents import RawRecord
from chassis.consumer import deliver
from chassis.door import open_door
from chassis.lease import Lease
from chassis.outbox import announce
from chassis.relay import Relay, publish_some
from chassis.supervisor import Supervisor
from contracts.event import Contract
from corner import corner_of, frozen, stands_in
from extent import short_or_full
from stack.kafka import Kafka as Broker
from stack.waiting import until

PORCH, HALL = pen_of("porch"), pen_of("hall")
PATIENCE: Final = 30
ROUNDS: Final = 3
CROWD: Final = 600
SUBJECTS: Final = [f"door-{n}" for n in range(12)]
WAITING = "select count(*) from outbox_pending"


@pytest.fixture
async def kafka(broker: Broker) -> Kafka:
    return await corner_of(broker, BELLS)


async def ring(engine: AsyncEngine, subjects: Iterable[str], fact: Contract | None = None) -> None:
    for subject in subjects:
        async with open_door(engine, pen=PORCH, journey=BY_TEST) as tx:
            announce(tx, fact or BellRung(), subject=subject, marketplace="harbour")


@asynccontextmanager
async def relaying(engine: AsyncEngine, kafka: Any) -> AsyncIterator[Supervisor]:  # noqa: ANN401 - Kafka, or what troubles it
    """Keep a relay at work as a service does: begun again whenever it fails."""
    supervisor = Supervisor()
    relay = Relay(
        engine=engine,
        kafka=kafka,
        lease=Lease(engine=engine, name="relay"),
        stopping=supervisor.stopping,
    )
    async with asyncio.TaskGroup() as tasks:
        tasks.create_task(supervisor.keep("relay", relay.run))
        try:
            yield supervisor
        finally:
            supervisor.stopping.set()


async def all_published(engine: AsyncEngine, *, within: float = PATIENCE) -> None:
    async def none_waits() -> bool:
        return await rows(engine, WAITING) == [(0,)]

    await until(none_waits, within=within)


async def take_all(engine: AsyncEngine, records: Sequence[RawRecord]) -> None:
    """Let a consumer take a topic as it stands, partition by partition."""
    for partition in sorted({record.partition for record in records}):
        those = [record for record in records if record.partition == partition]
        for start in range(0, len(those), 50):
            await deliver(those[start : start + 50], to=hall(), engine=engine, pen=HALL)


def in_order(records: Iterable[RawRecord]) -> bool:
    """Say whether each subject's sequences are 1, 2, 3 … where they stand for the first time."""
    first: dict[str, list[int]] = {}
    for record in records:
        seen = first.setdefault(record.headers["ce_subject"], [])
        if (sequence := int(record.headers["ce_sequence"])) not in seen:
            seen.append(sequence)
    return all(seen == list(range(1, len(seen) + 1)) for seen in first.values())


class TestCancelledRelay:
    @pytest.mark.fault(16)
    async def test_loses_nothing_and_has_no_effect_twice(
        self, engine: AsyncEngine, kafka: Kafka
    ) -> None:
        """Cancelled in the middle of sending, again and again, at moments of a seed."""
        cuts, chance = short_or_full(20, 200), random.Random(16)
        writing = asyncio.create_task(ring(engine, SUBJECTS * cuts))
        for _ in range(cuts):
            await _relay_for(chance.uniform(0.005, 0.08), engine, kafka)
        await writing
        async with relaying(engine, kafka):
            await all_published(engine)

        found = await stands_in(kafka, BELLS)
        await take_all(engine, found)

        assert in_order(found)
        assert Counter(await answered(engine)) == {1: len(SUBJECTS) * cuts}
        for subject in SUBJECTS:
            assert len(await answered(engine, about=subject)) == cuts


async def _relay_for(seconds: float, engine: AsyncEngine, kafka: Kafka) -> None:
    lease, stopping = Lease(engine=engine, name="relay"), asyncio.Event()
    relay = Relay(engine=engine, kafka=kafka, lease=lease, stopping=stopping)
    task = asyncio.create_task(relay.run())
    await asyncio.wait([task], timeout=0.02 + seconds)
    task.cancel()
    with suppress(asyncio.CancelledError):
        await task


@dataclass(slots=True)
class Troubled:
    """A Kafka whose first producers fail as told, after the record has arrived or before."""

    kafka: Kafka
    errors: list[Exception]
    delivers: bool
    made: int = 0

    @asynccontextmanager
    async def writer(self) -> AsyncIterator[Writer]:
        self.made += 1
        async with self.kafka.writer() as writer:
            yield replace(writer, producer=_Troubled(writer.producer, self))


@dataclass(slots=True)
class _Troubled:
    producer: Any
    whose: Troubled

    def __getattr__(self, name: str) -> Any:  # noqa: ANN401 - all else is the producer's
        return getattr(self.producer, name)

    async def send(self, topic: str, **record: object) -> "asyncio.Future[SimpleNamespace]":
        if not self.whose.errors:
            sent: asyncio.Future[SimpleNamespace] = await self.producer.send(topic, **record)
            return sent
        if self.whose.delivers:
            await (await self.producer.send(topic, **record))
        failed: asyncio.Future[SimpleNamespace] = asyncio.get_running_loop().create_future()
        failed.set_exception(self.whose.errors.pop())
        return failed


class TestRelay:
    @pytest.mark.fault(17)
    async def test_sends_again_what_it_was_not_told_of(
        self, engine: AsyncEngine, kafka: Kafka, broker: Broker
    ) -> None:
        """The broker has the record, and says so to nobody: it is frozen meanwhile."""
        await ring(engine, ["a"])
        async with kafka.writer() as writer:
            await ring(engine, ["b"])
            await writer.producer.partitions_for(kafka.prefix + BELLS)
            with frozen(broker), pytest.raises(BrokerAway):
                await publish_some(engine, replace(writer, patience=0.5))
        async with relaying(engine, kafka):
            await all_published(engine)

        found = await stands_in(kafka, BELLS)
        await take_all(engine, found)

        assert sorted(record.headers["ce_subject"] for record in found) == ["a", "a", "b", "b"]
        assert await answered(engine) == [1, 1]

    @pytest.mark.fault(17)
    async def test_sends_again_what_timed_out_although_it_had_arrived(
        self, engine: AsyncEngine, kafka: Kafka
    ) -> None:
        await ring(engine, ["a", "a"])
        troubled = Troubled(kafka, [RequestTimedOutError()], delivers=True)
        async with relaying(engine, troubled):
            await all_published(engine)

        found = await stands_in(kafka, BELLS)
        await take_all(engine, found)

        assert [record.headers["ce_sequence"] for record in found] == ["1", "1", "2"]
        assert await answered(engine) == [1, 1]

    @pytest.mark.fault(18)
    @pytest.mark.parametrize("error", [OutOfOrderSequenceNumber, ProducerFenced])
    async def test_makes_a_new_producer_when_the_old_one_is_of_no_more_use(
        self, engine: AsyncEngine, kafka: Kafka, error: type[Exception]
    ) -> None:
        troubled = Troubled(kafka, [error(), error()], delivers=False)
        async with relaying(engine, troubled):
            await ring(engine, SUBJECTS * 3)
            await all_published(engine)

        found = await stands_in(kafka, BELLS)

        assert troubled.made > 1
        assert in_order(found)
        assert len(found) == len(SUBJECTS) * 3

    async def test_lets_go_of_a_frozen_broker_in_seconds(
        self, engine: AsyncEngine, kafka: Kafka, broker: Broker
    ) -> None:
        """A client left to itself waits for the broker, and a service that leaves with it."""
        lease, clock = Lease(engine=engine, name="relay"), asyncio.get_running_loop().time
        relay = Relay(engine=engine, kafka=kafka, lease=lease, stopping=asyncio.Event())
        task = asyncio.create_task(relay.run())
        await ring(engine, ["a"])
        await all_published(engine)
        with frozen(broker):
            await ring(engine, ["a"])
            await asyncio.wait([task], timeout=1)  # by now it is sending
            task.cancel()
            began = clock()
            await asyncio.wait([task], timeout=PATIENCE)

            assert clock() - began < 8
        assert await rows(engine, WAITING) == [(1,)]

    @pytest.mark.fault(24)
    async def test_holds_no_transaction_open_while_the_broker_is_frozen(
        self, engine: AsyncEngine, kafka: Kafka, broker: Broker
    ) -> None:
        await ring(engine, SUBJECTS)
        held = (
            "select count(*) from pg_stat_activity where datname = current_database()"
            " and state like 'idle in%' and clock_timestamp() - state_change > interval '100 ms'"
        )
        seen: list[Sequence[tuple[object, ...]]] = []
        async with relaying(engine, kafka):
            with frozen(broker):
                await ring(engine, SUBJECTS)

                async def looked() -> bool:
                    seen.append(await rows(engine, held))
                    return len(seen) >= short_or_full(20, 200)

                await until(looked, within=PATIENCE)
            await all_published(engine)

        assert set(map(tuple, seen)) == {((0,),)}


class Speech(Contract):
    type = "bell.speech.v1"
    producer = "porch"
    topic = BELLS
    words: str


class TestUnsendable:
    @pytest.mark.alone
    @pytest.mark.fault(20)
    async def test_stops_its_own_subjects_and_no_others(
        self, engine: AsyncEngine, kafka: Kafka
    ) -> None:
        """
        600 events are larger than the topic takes; bells ring before and beside them.

        Whatever else the machine does can only make a round slower: one of three shows it.
        """
        await limit(kafka, BELLS, largest=8_000)
        rounds: list[tuple[float, float]] = []
        async with relaying(engine, kafka):
            while len(rounds) < ROUNDS and not any(beside < most for beside, most in rounds):
                rounds.append(await _beside_unsendable(engine, f"round-{len(rounds)}"))

            waiting = await rows(
                engine,
                "select count(*), bool_and(attempts > 0 and error is not null) from outbox_pending",
            )

        assert waiting == [(CROWD * len(rounds), True)]
        assert any(beside < most for beside, most in rounds), rounds
        found = await stands_in(kafka, BELLS)
        assert not any("big" in record.headers["ce_subject"] for record in found)


async def _beside_unsendable(engine: AsyncEngine, name: str) -> tuple[float, float]:
    """The p99 of bells beside a crowd of what cannot be sent, and the most it may be; seconds."""
    alone = p99(await ways(engine, f"{name}-before"))
    await ring(engine, (f"{name}-big-{n}" for n in range(CROWD)), Speech(words="x" * 9_000))
    beside = p99(await ways(engine, f"{name}-beside"))
    return beside, max(1.5 * alone, alone + 0.25)


async def ways(engine: AsyncEngine, name: str) -> list[float]:
    """Ring one bell after the other; return how long each took until Kafka had it."""
    took = []
    for number in range(100):
        subject, began = f"{name}-{number}", perf_counter()
        await ring(engine, [subject])
        await until(_is_sent(engine, subject), within=PATIENCE, every=0.005)
        took.append(perf_counter() - began)
    return took


def _is_sent(engine: AsyncEngine, subject: str) -> Callable[[], Awaitable[bool]]:
    async def ask() -> bool:
        query = f"select 1 from outbox_pending where subject = '{subject}'"  # noqa: S608 - a name of ours
        return not await rows(engine, query)

    return ask


def p99(seconds: Sequence[float]) -> float:
    return sorted(seconds)[int(len(seconds) * 0.99) - 1]


async def limit(kafka: Kafka, topic: str, *, largest: int) -> None:
    admin = AIOKafkaAdminClient(bootstrap_servers=kafka.servers)
    await admin.start()
    try:
        given = {"max.message.bytes": str(largest)}
        name = kafka.prefix + topic
        await admin.alter_configs([ConfigResource(ConfigResourceType.TOPIC, name, given)])
    finally:
        await admin.close()
