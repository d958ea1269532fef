"""Processes killed, frozen and asked to leave while people file cases."""

import asyncio
import random
import time

import pytest

from extent import short_or_full
from harness import breaking
from harness.counter import cases, p99, statuses
from harness.rig import Rig, eventually, lasting
from stack.stacks import ALL_SERVICES

pytestmark = pytest.mark.timeout(short_or_full(600, 3600))

CREATED, UNAVAILABLE = 201, 503


class TestABrokerThatIsAway:
    @pytest.mark.fault(8)
    async def test_keeps_nobody_from_filing_when_it_never_came(self, rig: Rig) -> None:
        await rig.stop("kafka", "intake")
        await rig.start("intake")
        counter = rig.counter()

        ready, _ = await rig.readiness("intake")
        answers = await counter.file_some(short_or_full(20, 200))
        read = [await counter.get(case) for case in cases(answers)]
        await rig.start("kafka")

        assert ready == 200
        assert statuses(answers) == {CREATED}
        assert set(read) == {200}
        assert await rig.judge(within=60) == []

    @pytest.mark.fault(9)
    async def test_delays_no_filing_while_it_is_frozen(self, rig: Rig) -> None:
        counter, over = rig.counter(), asyncio.Event()
        usual = await counter.file_some(20)
        filing = asyncio.create_task(counter.file_steadily(per_second=5, until=over))

        async with breaking.frozen(rig.stack, "kafka"):
            await lasting(short_or_full(10, 30))
        over.set()
        answers = await filing

        assert statuses(answers) == {CREATED}
        # A busy machine is slow without it as well.
        assert p99(answers) < max(1.0, 2 * p99(usual))
        assert await rig.judge() == []

    @pytest.mark.fault(15)
    async def test_keeps_what_was_not_sent_when_intake_leaves(self, rig: Rig) -> None:
        async with breaking.frozen(rig.stack, "kafka"):
            answers = await rig.counter().file_some(5)
            began = time.monotonic()
            await rig.stop("intake")
            left_after = time.monotonic() - began
            pending = await rig.ask("intake", "select count(*) from outbox_pending")
        await rig.start("intake")

        assert statuses(answers) == {CREATED}
        assert left_after < 30
        assert pending >= len(answers)
        assert await rig.judge() == []

    @pytest.mark.fault(33)
    async def test_is_found_again_after_each_restart(self, rig: Rig) -> None:
        before = await rig.pids()

        for _ in range(short_or_full(2, 10)):
            await rig.stop("kafka")
            answers = await rig.counter().file_some(3)
            await rig.start("kafka")
            assert statuses(answers) == {CREATED}
            assert (await rig.rest(within=60)).unrest is None

        assert await rig.pids() == before
        assert await rig.judge() == []


class TestADatabaseThatIsAway:
    @pytest.mark.fault(10)
    async def test_lets_nobody_believe_that_a_case_was_filed(self, rig: Rig) -> None:
        counter, over, before = rig.counter(), asyncio.Event(), await rig.pids()
        filing = asyncio.create_task(counter.file_steadily(per_second=5, until=over))

        await rig.stop("postgres")
        down = time.monotonic()
        await lasting(8)
        up = time.monotonic()
        await rig.start("postgres")
        back = time.monotonic()
        recovered = await eventually(lambda: is_created(rig), within=10)
        over.set()
        answers = await filing

        meanwhile = [one for one in answers if down < one.began and one.began + one.seconds < up]
        assert meanwhile
        assert statuses(meanwhile) == {UNAVAILABLE}
        assert all(one.retry_after for one in meanwhile)
        assert recovered, f"{time.monotonic() - back:.1f} s after the database came back"
        now = await rig.pids()
        assert {name: now[name] for name in ALL_SERVICES} == {
            name: before[name] for name in ALL_SERVICES
        }
        assert await rig.judge() == []

    @pytest.mark.fault(111)
    async def test_has_every_case_that_was_acknowledged_before_it_was_killed(
        self, rig: Rig
    ) -> None:
        counter, over = rig.counter(), asyncio.Event()
        filing = asyncio.create_task(counter.file_steadily(per_second=8, until=over))

        for _ in range(short_or_full(2, 10)):
            await lasting(random.uniform(0.5, 2))
            await rig.kill("postgres")
        assert await eventually(lambda: is_created(rig), within=10)
        over.set()
        answers = await filing

        read = {await counter.get(case) for case in cases(answers)}
        assert read == {200}
        assert await rig.judge() == []


class TestAVaultThatIsAway:
    @pytest.mark.fault(10)
    async def test_keeps_nobody_from_filing(self, rig: Rig) -> None:
        async with breaking.stopped(rig.stack, "vault"):
            answers = await rig.counter().file_some(5)
            routed = await eventually(lambda: rig.has_routed(set(cases(answers))), within=20)

        assert statuses(answers) == {CREATED}
        assert routed
        assert await rig.judge() == []


class TestAServiceThatIsKilled:
    @pytest.mark.fault(11)
    async def test_publishes_everything_once_more_in_order(self, rig: Rig) -> None:
        chance, load = random.Random(), rig.load()
        working = asyncio.create_task(load.run(cases=short_or_full(15, 150)))

        for _ in range(short_or_full(10, 100)):
            await asyncio.wait([working], timeout=chance.uniform(0, 1))
            await rig.kill(chance.choice(ALL_SERVICES))
        await working

        assert await rig.judge() == []


async def is_created(rig: Rig) -> bool:
    return (await rig.counter().file()).status == CREATED
