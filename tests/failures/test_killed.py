"""The database stopped and killed, the vault away, any service killed, while people file cases."""

import asyncio
import random
import time

import pytest

from extent import short_or_full
from harness import breaking
from harness.counter import cases, statuses
from harness.rig import Rig, eventually, lasting
from stack.stacks import ALL_SERVICES

pytestmark = pytest.mark.timeout(short_or_full(600, 3600))

CREATED, UNAVAILABLE = 201, 503


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
