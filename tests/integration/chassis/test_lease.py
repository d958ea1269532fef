"""Leases and duties, against a real PostgreSQL."""

import asyncio
from datetime import timedelta

import pytest
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncEngine

from bells import BY_TEST, BellRung, pen_of, written
from chassis.clock import Duty, keep_performing, perform
from chassis.door import Tx, open_door
from chassis.lease import Lease, LeaseLost
from chassis.outbox import announce

PORCH = pen_of("porch")


async def let_expire(engine: AsyncEngine) -> None:
    async with engine.begin() as connection:
        await connection.execute(text("update lease set expires_at = clock_timestamp()"))


class TestLease:
    async def test_belongs_to_one(self, engine: AsyncEngine) -> None:
        first, second = (Lease(engine=engine, name="relay") for _ in range(2))

        assert (await first.hold(), await second.hold()) == (True, False)

    async def test_goes_on_when_its_holder_leaves(self, engine: AsyncEngine) -> None:
        first, second = (Lease(engine=engine, name="relay") for _ in range(2))
        await first.hold()
        await first.leave()

        assert await second.hold()

    async def test_has_a_higher_fence_for_each_holder(self, engine: AsyncEngine) -> None:
        first, second = (Lease(engine=engine, name="relay") for _ in range(2))
        await first.hold()
        await let_expire(engine)
        await second.hold()

        assert (first.fence, second.fence) == (1, 2)

    async def test_lets_a_holder_that_slept_commit_nothing(self, engine: AsyncEngine) -> None:
        slept, awake = (Lease(engine=engine, name="relay") for _ in range(2))
        await slept.hold()
        await let_expire(engine)
        await awake.hold()

        async with open_door(engine, pen=PORCH, journey=BY_TEST) as tx:
            with pytest.raises(LeaseLost):
                await slept.check(tx)


async def ring(tx: Tx) -> None:
    announce(tx, BellRung(), subject="a")


class TestPerform:
    async def test_writes_and_says_in_one_transaction(self, engine: AsyncEngine) -> None:
        duty = Duty(name="ring", every=timedelta(hours=1), work=ring)

        await perform(duty, engine=engine, pen=PORCH)

        assert len(await written(engine)) == 1

    async def test_prepares_before_the_transaction(self, engine: AsyncEngine) -> None:
        heard: list[str] = []

        async def prepare() -> str:
            return "prepared"

        async def work(tx: Tx, prepared: str) -> None:
            heard.append(prepared)

        duty = Duty(name="ring", every=timedelta(hours=1), prepare=prepare, work=work)
        await perform(duty, engine=engine, pen=PORCH)

        assert heard == ["prepared"]


class TestKeepPerforming:
    async def test_goes_on_at_once_while_there_is_more(self, engine: AsyncEngine) -> None:
        rounds: list[int] = []
        stopping = asyncio.Event()

        async def work(tx: Tx) -> bool:
            rounds.append(1)
            if len(rounds) == 3:
                stopping.set()
            return True

        duty = Duty(name="ring", every=timedelta(hours=1), work=work)
        async with asyncio.timeout(10):
            await keep_performing(duty, engine=engine, pen=PORCH, stopping=stopping)

        assert len(rounds) == 3

    async def test_opens_no_transaction_before_a_glance_has_found_something(
        self, engine: AsyncEngine
    ) -> None:
        glances, stopping = iter([False, False, True]), asyncio.Event()
        left: list[int] = []

        async def glance(_: AsyncEngine) -> bool:
            return next(glances)

        async def work(tx: Tx) -> None:
            left.append(len(list(glances)))
            stopping.set()

        duty = Duty(name="ring", every=timedelta(milliseconds=1), work=work, glance=glance)
        async with asyncio.timeout(10):
            await keep_performing(duty, engine=engine, pen=PORCH, stopping=stopping)

        assert left == [0]

    async def test_leaves_it_to_the_replica_that_has_the_lease(self, engine: AsyncEngine) -> None:
        other = Lease(engine=engine, name="duty:ring")
        await other.hold()
        stopping = asyncio.Event()
        duty = Duty(name="ring", every=timedelta(milliseconds=1), work=ring)

        keeping = asyncio.create_task(
            keep_performing(duty, engine=engine, pen=PORCH, stopping=stopping)
        )
        await asyncio.wait([keeping], timeout=0.3)
        stopping.set()
        await keeping

        assert await written(engine) == []
