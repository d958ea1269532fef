"""Reading while the client, the group or the database misbehaves, over a real Kafka."""

import asyncio
import subprocess
import sys
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Iterable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any

import pytest
from aiokafka import TopicPartition
from aiokafka.errors import CommitFailedError
from prometheus_client import REGISTRY
from typing_extensions import override

from belfry import World, kafka_client, put
from bells import BellRung, a_record, answer, answered, hall, rows
from chassis import stalls
from chassis.broker import Kafka, Reader
from chassis.consumer import subscribe
from chassis.door import Tx
from chassis.watchdog import EXIT, LIMIT, Watchdog
from contracts.event import Event
from extent import short_or_full
from stack.waiting import until

REBUILDS = "chassis_consumer_rebuilds_total"
STALLS = "chassis_event_loop_stalls_total"


@dataclass(frozen=True, slots=True, kw_only=True)
class Watched(Kafka):
    """Kafka whose readers a test can get hold of, and whose commits it can refuse."""

    readers: list[Reader] = field(default_factory=list)
    commits: list[tuple[set[TopicPartition], set[TopicPartition]]] = field(default_factory=list)
    """Of each commit: the partitions it was for, and those assigned at that moment."""
    at_once: int | None = None
    refuses: bool = False

    @override
    @asynccontextmanager
    async def reader(self, group: str, topics: Iterable[str]) -> AsyncIterator[Reader]:
        async with Kafka.reader(self, group, topics) as reader:
            reader.consumer = _Consumer(reader.consumer, self)
            self.readers.append(reader)
            yield reader


class _Consumer:
    """The client's consumer, observed."""

    def __init__(self, real: Any, kafka: Watched) -> None:  # noqa: ANN401 - of an untyped library
        self._real, self._kafka = real, kafka

    def __getattr__(self, name: str) -> Any:  # noqa: ANN401 - whatever the real one has
        return getattr(self._real, name)

    async def getmany(self, *partitions: TopicPartition, **options: Any) -> Any:  # noqa: ANN401 - the same
        if self._kafka.at_once:
            options["max_records"] = self._kafka.at_once
        return await self._real.getmany(*partitions, **options)

    async def commit(self, offsets: dict[TopicPartition, int]) -> None:
        self._kafka.commits.append((set(offsets), set(self._real.assignment())))
        if self._kafka.refuses:
            raise CommitFailedError
        await self._real.commit(offsets)


def watched(world: World, **how: Any) -> Watched:  # noqa: ANN401 - as the dataclass takes it
    return Watched(servers=world.kafka.servers, prefix=world.kafka.prefix, **how)


def figure(name: str, **labels: str) -> float:
    return REGISTRY.get_sample_value(name, labels) or 0.0


class TestWorkThatALibraryCutsOff:
    async def test_is_done_again_and_not_passed_over(self, world: World) -> None:
        """
        A task group takes a cancelled task for a finished one: the loop went on without its
        records, and committed the offsets behind them.
        """
        cut: list[int] = []

        async def be_cut_off_once(event: Event[BellRung], /, *, tx: Tx) -> None:
            if not cut:
                cut.append(event.fact.times)
                given_up = asyncio.get_running_loop().create_future()
                given_up.cancel()
                await given_up
            await answer(event, tx=tx)

        reading = world.reading(hall(subscribe(BellRung, be_cut_off_once)))
        async with (
            kafka_client(world.kafka) as producer,
            world.at_work(lambda: world.keep(reading)),
        ):
            await put(producer, world.kafka, a_record(sequence=1))

            await world.have_answered(1)
            await put(producer, world.kafka, a_record(sequence=2))
            await world.have_answered(1, 2)

        assert cut == [1]
        assert await rows(world.engine, "select * from parked_event") == []


@pytest.mark.fault(27)
class TestOffsetsThatAreNeverCommitted:
    async def test_make_everything_come_again_without_effect(self, world: World) -> None:
        until_then = time.monotonic() + short_or_full(10, 60)
        forgetful, sent = watched(world, refuses=True), 0
        async with (
            kafka_client(world.kafka) as producer,
            world.at_work(lambda: world.keep(world.reading(hall(), kafka=forgetful))),
        ):
            while time.monotonic() < until_then:
                sent += 1
                await put(producer, world.kafka, a_record(sequence=sent))
                await world.have_answered(*range(1, sent + 1))
        assert len(forgetful.commits) > 1
        seen = figure("chassis_records_duplicate_total", service="hall", topic="bells.v1")

        again = World(world.engine, world.kafka)
        async with (
            kafka_client(world.kafka) as producer,
            again.at_work(lambda: again.keep(again.reading(hall()))),
        ):
            await put(producer, world.kafka, a_record(sequence=sent + 1))
            await again.have_answered(*range(1, sent + 2))

        told = figure("chassis_records_duplicate_total", service="hall", topic="bells.v1")
        assert told - seen == sent


@pytest.mark.fault(32)
class TestALoopThatStandsStill:
    async def test_longer_than_the_session_recovers_and_is_no_rebuild(self, world: World) -> None:
        blocked: list[int] = []

        async def block_once(event: Event[BellRung], /, *, tx: Tx) -> None:
            if event.fact.times == 1 and not blocked:
                blocked.append(1)
                stand_still(seconds=8)
            await answer(event, tx=tx)

        before = figure(STALLS), rebuilt("hall")
        reading = world.reading(
            hall(subscribe(BellRung, block_once)), watchdog=a_watchdog(world, give_up=fail_loudly)
        )
        with stalls.noticed():
            async with (
                kafka_client(world.kafka) as producer,
                world.at_work(lambda: world.keep(reading)),
            ):
                await put(producer, world.kafka, a_record(sequence=1))
                await world.have_answered(1, within=60)
                await put(producer, world.kafka, a_record(sequence=2))

                await world.have_answered(1, 2, within=60)

        assert figure(STALLS) == before[0] + 1
        assert rebuilt("hall") == before[1]


@pytest.mark.fault(34)
class TestACoordinatorThatDies:
    async def test_is_rebuilt_and_after_the_third_the_process_ends(self, world: World) -> None:
        given_up: list[int] = []
        kafka, deaths = watched(world), LIMIT
        watchdog = a_watchdog(world, give_up=lambda: given_up.append(1))
        reading = world.reading(hall(), kafka=kafka, watchdog=watchdog)
        async with (
            kafka_client(world.kafka) as producer,
            world.at_work(lambda: world.keep(reading)),
        ):
            for death in range(1, deaths + 1):
                await put(producer, world.kafka, a_record(sequence=death))
                await world.have_answered(*range(1, death + 1), within=45)
                assert given_up == []

                kafka.readers[-1].consumer._coordinator._coordination_task.cancel()  # noqa: SLF001 - the fault itself

                await until(was_rebuilt(kafka, death + 1), within=45)

        assert given_up == [1]

    def test_ends_it_with_an_exit_code_that_asks_for_another(self) -> None:
        ended = "from chassis.watchdog import exit_for_restart; exit_for_restart()"

        done = subprocess.run([sys.executable, "-c", ended], check=False, timeout=60)  # noqa: S603 - our own line

        assert done.returncode == EXIT == 70


class TestAClientWithNothingToRead:
    async def test_is_not_taken_for_a_silent_one(self, world: World) -> None:
        kafka, told = watched(world), list[str | None]()
        watchdog = a_watchdog(world, give_up=fail_loudly)
        watchdog.tick, watchdog.tell = 0.04, told.append
        before = rebuilt("hall")

        async with world.at_work(
            lambda: world.keep(world.reading(hall(), kafka=kafka, watchdog=watchdog))
        ):

            async def was_polled_often() -> bool:
                return len(told) > 8

            await until(was_polled_often, within=60)

        assert set(told) == {None}
        assert (len(kafka.readers), rebuilt("hall")) == (1, before)


@pytest.mark.fault(39)
class TestARevokeDuringALongHandler:
    async def test_does_not_wait_for_it(self, world: World) -> None:
        begun, may_end = asyncio.Event(), asyncio.Event()

        async def take_long(event: Event[BellRung], /, *, tx: Tx) -> None:
            begun.set()
            await may_end.wait()
            await answer(event, tx=tx)

        slow, other = watched(world), watched(world)
        async with (
            kafka_client(world.kafka) as producer,
            world.at_work(
                lambda: world.keep(world.reading(hall(subscribe(BellRung, take_long)), kafka=slow)),
            ),
        ):
            await put(producer, world.kafka, a_record(sequence=1))
            await begun.wait()
            second = World(world.engine, world.kafka)
            async with second.at_work(lambda: second.keep(second.reading(hall(), kafka=other))):
                await until(has_partitions(other), within=10)
                assert slow.readers[0].assigned() != other.readers[0].assigned()
                assert await answered(world.engine) == []
                may_end.set()

                await world.have_answered(1)


@pytest.mark.fault(38)
class TestARevokeThatRacesWithACommit:
    async def test_never_commits_for_another_and_fails_nowhere(self, world: World) -> None:
        subjects = [f"bell-{n}" for n in range(6)]
        steady, sent = watched(world, at_once=1), 0
        guests: list[Watched] = []
        async with (
            kafka_client(world.kafka) as producer,
            world.at_work(world.reading(hall(), kafka=steady).run),
        ):
            for _cycle in range(short_or_full(3, 20)):
                guest, visit = watched(world, at_once=1), World(world.engine, world.kafka)
                guests.append(guest)
                async with visit.at_work(visit.reading(hall(), kafka=guest).run):
                    while not guest.commits or sent % 5:
                        sent += 1
                        for partition, about in enumerate(subjects):
                            record = a_record(sequence=sent, about=about)
                            await put(producer, world.kafka, record, partition % 3)

            async def all_came() -> bool:
                return len(await answered(world.engine)) == sent * len(subjects)

            await until(all_came, within=60)

        for about in subjects:
            assert await answered(world.engine, about=about) == list(range(1, sent + 1))
        commits = [one for kafka in (steady, *guests) for one in kafka.commits]
        assert commits
        assert all(of <= assigned for of, assigned in commits)


def stand_still(*, seconds: float) -> None:
    """Block the loop, as a computation without an `await` does."""
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        pass


def fail_loudly() -> None:
    raise AssertionError("the process was given up")


def rebuilt(consumer: str) -> list[float]:
    reasons = ("silent", "cut_off", "broker_away", "failed")
    return [figure(REBUILDS, consumer=consumer, why=why) for why in reasons]


def a_watchdog(world: World, *, give_up: Callable[[], None]) -> Watchdog:
    async def answers() -> bool:
        return await world.kafka.answers("bells.v1")

    return Watchdog(consumer="hall", answers=answers, stopping=world.stopping, give_up=give_up)


def was_rebuilt(kafka: Watched, times: int) -> Callable[[], Awaitable[bool]]:
    async def look() -> bool:
        return len(kafka.readers) >= times

    return look


def has_partitions(kafka: Watched) -> Callable[[], Awaitable[bool]]:
    async def look() -> bool:
        return bool(kafka.readers and kafka.readers[0].assigned())

    return look
