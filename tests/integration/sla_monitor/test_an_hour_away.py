"""An hour without the SLA monitor: what fell due fires late and true; nothing is taken back."""

import asyncio
from collections import defaultdict
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import asynccontextmanager
from datetime import datetime, timedelta
from typing import Any

import pytest
from aiokafka import AIOKafkaProducer
from sqlalchemy import text as sql
from sqlalchemy.ext.asyncio import AsyncEngine

from builders_contracts import NOON, an_id
from builders_sla_monitor import JONAS, OPENED, PEN, SOFIA, World, asked, at, enrolled, instant
from chassis.broker import Kafka, host_clock
from chassis.clock import Duty, keep_performing
from chassis.cloudevents import RawRecord
from chassis.door import Tx
from chassis.reading import Reading
from conftest import EngineFor
from contracts.resolution import CaseResolved
from corner import corner_of, frozen
from extent import short_or_full
from sla_monitor.clock import auditing_duty, firing_duty
from sla_monitor.consumers import sla_consumer
from sla_monitor.domain.auditing import Alarm
from sla_monitor.domain.guard import Mode, Seen
from sla_monitor.handlers.watch_firing import Watch
from sla_monitor.store import firing_ticks
from stack.kafka import Kafka as Broker
from stack.waiting import until

PARTITIONS = 3
STEPS_OF_A_CASE = 8
STEPS = short_or_full(1_000, 10_000)
CASES = [an_id("case", number) for number in range(1, STEPS // STEPS_OF_A_CASE + 2)]
PAUSED, MET, LEFT = CASES[::6], CASES[3::6], [*CASES[1::3], *CASES[2::3]]
HOUR = 3600.0
RESOLVED = CaseResolved(outcome="released", root_cause="verification_expired", episode=0)
BREACHED, RETRACTED = "sla.breached", "sla.breach_retracted"
FIRED = ("sla.warned", BREACHED, "sla.window_ended")
PATIENCE = 60.0

Work = Callable[[], Awaitable[None]]


@pytest.fixture
async def kafka(broker: Broker) -> Kafka:
    return await corner_of(broker, "cases.v1", "governance.v1", partitions=PARTITIONS)


@pytest.fixture
async def world(engine_for: EngineFor) -> World:
    world = World(await engine_for("sla_monitor"))
    await world.enrol(enrolled(SOFIA, "supervisor"), enrolled(JONAS, "senior_agent"))
    return world


class Monitor:
    """What the service does in one process, from the topic to the firing."""

    def __init__(self, engine: AsyncEngine, kafka: Kafka, rules: World) -> None:
        self.engine = engine
        self.stopping = asyncio.Event()
        self.watch = Watch(patience=timedelta(seconds=3))
        due = asyncio.Event()
        self.reading = Reading(
            to=sla_consumer(rules.rules, wake=due.set),
            engine=engine,
            pen=PEN,
            kafka=kafka,
            stopping=self.stopping,
            changed=lambda _: None,
        )
        self.duties = (firing_duty(rules.rules, wake=due), auditing_duty(self.watch))

    @asynccontextmanager
    async def at_work(self, *, keeps_time: bool) -> AsyncIterator[None]:
        async with asyncio.TaskGroup() as tasks:
            tasks.create_task(self.reading.run())
            for duty in self.duties if keeps_time else ():
                tasks.create_task(self._keep(duty))
            try:
                yield
            finally:
                self.stopping.set()

    async def _keep(self, duty: Duty) -> None:
        await keep_performing(duty, engine=self.engine, pen=PEN, stopping=self.stopping)


async def put(kafka: Kafka, records: Sequence[RawRecord]) -> None:
    """Say records as their producers would: a case in one partition."""
    producer = AIOKafkaProducer(bootstrap_servers=kafka.servers)
    await producer.start()
    try:
        sent = [
            await producer.send(
                kafka.prefix + one.topic,
                key=one.key,
                value=one.value,
                headers=[(name, text.encode()) for name, text in one.headers.items()],
                partition=int(one.key[-3:]) % PARTITIONS,
            )
            for one in records
            if one.key
        ]
        await asyncio.gather(*sent)
    finally:
        await producer.stop()


async def now(world: World) -> datetime:
    ((moment,),) = await world.rows("select clock_timestamp()")
    return moment  # type: ignore[no-any-return] # of the database


async def since_noon(world: World) -> float:
    """Say how many whole seconds have passed: events tell their time to the millisecond."""
    return float((await now(world) - NOON) // timedelta(seconds=1))


async def go_away_for_an_hour(world: World, *, opened: float) -> None:
    """Put back what the monitor knew of time: it has read up to the opening of the cases."""

    async def forget(tx: Tx) -> None:
        then = host_clock() - HOUR
        seen = Seen(at=tx.now - timedelta(seconds=HOUR), host=then, mode=Mode.STEADY)
        await firing_ticks.save(tx, seen)
        await tx.execute(sql("update partitions set caught_up_at = :then"), {"then": at(opened)})

    await world.by_clock(forget)


async def heard(world: World, records: int) -> None:
    async def hold() -> bool:
        taken = "select sum(last_sequence) from inbox_cursor where subject like 'case%'"
        return await world.rows(taken) == [(records,)]

    await until(hold, within=PATIENCE)


async def all_fired(world: World) -> None:
    async def hold() -> bool:
        return await world.rows("select count(*) from sla_cases where next_due_at < now()") == [
            (0,)
        ]

    await until(hold, within=PATIENCE)


class TestAnHourAway:
    @pytest.mark.fault(56)
    async def test_fires_what_was_missed_true_and_late_and_takes_nothing_back(
        self, world: World, kafka: Kafka
    ) -> None:
        opened = await since_noon(world) - HOUR
        openings = [world.record(fact, second=opened, case=c) for c in CASES for fact in OPENED]
        await put(kafka, openings)
        async with Monitor(world.engine, kafka, world).at_work(keeps_time=False):
            await heard(world, len(openings))
        await go_away_for_an_hour(world, opened=opened)
        unread = [world.record(asked(), second=opened + 2, case=case) for case in PAUSED]
        unread += [world.record(RESOLVED, second=opened + 2, case=case) for case in MET]
        await put(kafka, unread)
        back = await now(world)

        async with Monitor(world.engine, kafka, world).at_work(keeps_time=True):
            await heard(world, len(openings) + len(unread))
            await all_fired(world)

        assert await world.said(RETRACTED) == []
        fired = defaultdict(list)
        for one in await world.said(*FIRED):
            fired[one.subject].append(one.fact)
            assert instant(one.fact["detected_at"]) - back < timedelta(seconds=PATIENCE)
        assert {kind for case in MET for kind in kinds(fired[case])} == {"reopen_window"}
        assert {kind for case in PAUSED for kind in kinds(fired[case])} == {
            "acknowledge", "assign", "evidence_due",
        }  # fmt: skip
        for case in LEFT:
            due = [instant(fact["due_at"]) for fact in fired[case]]
            assert due == sorted(due)
            assert due[:3] == [at(opened + seconds) for seconds in (4, 6.4, 8)]
            assert len(due) == STEPS_OF_A_CASE
            assert all(instant(fact["detected_at"]) >= back for fact in fired[case])

    @pytest.mark.fault(56)
    async def test_fires_nothing_while_the_broker_is_frozen_and_says_so(
        self, world: World, kafka: Kafka, broker: Broker
    ) -> None:
        monitor = Monitor(world.engine, kafka, world)
        async with monitor.at_work(keeps_time=True):
            await put(
                kafka, [world.record(fact, second=await since_noon(world)) for fact in OPENED]
            )
            await heard(world, len(OPENED))
            with frozen(broker):
                await until(lambda: is_due(world), within=PATIENCE)
                await until(lambda: raised(monitor.watch), within=PATIENCE)
                fired = await world.said(*FIRED)
            await all_fired(world)

        assert fired == []
        assert {one.fact["kind"] for one in await world.said(*FIRED)} == {"resolution"}
        assert await world.said(RETRACTED) == []


def kinds(facts: Sequence[dict[str, Any]]) -> set[str]:
    return {fact["kind"] for fact in facts}


async def is_due(world: World) -> bool:
    """Tell whether a step is due by the clock, two seconds ago, whatever was read."""
    late = "select 1 from sla_cases where next_due_at < clock_timestamp() - interval '2 seconds'"
    return bool(await world.rows(late))


async def raised(watch: Watch) -> bool:
    return Alarm.NOT_CAUGHT_UP in watch.alarms
