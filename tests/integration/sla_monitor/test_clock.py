"""Door 3: the firing duty, and what it does when too much is due at once."""

import asyncio
from dataclasses import replace
from datetime import timedelta

import pytest

from builders_contracts import an_id
from builders_sla_monitor import OPENED, PEN, World, asked, at, the_rules
from chassis.clock import keep_performing, perform
from chassis.door import Tx
from conftest import EngineFor
from sla_monitor.clock import firing_duty, release
from sla_monitor.domain.guard import FEWEST, Mode
from sla_monitor.handlers.watch_load import may_fire_now
from sla_monitor.store.sla_cases import CONSUMER
from stack.waiting import until

PATIENCE = 30
FIRED = ("sla.warned", "sla.breached")


@pytest.fixture
async def world(engine_for: EngineFor) -> World:
    return World(await engine_for("sla_monitor"))


class TestFiringDuty:
    async def test_fires_what_is_due(self, world: World) -> None:
        await world.hear(*OPENED)
        await world.read_to(8)

        more = await perform(firing_duty(the_rules()), engine=world.engine, pen=PEN)

        assert more is False
        assert len(await world.said(*FIRED)) == 3

    async def test_is_done_by_one_replica_every_half_second(self) -> None:
        duty = firing_duty(the_rules())

        assert duty.leased
        assert duty.every.total_seconds() == 0.5

    async def test_speaks_as_the_service(self, world: World) -> None:
        await world.hear(*OPENED)
        await world.read_to(8)

        await perform(firing_duty(the_rules()), engine=world.engine, pen=PEN)

        actors = await world.rows("select distinct headers->>'ce_actor' from outbox")
        assert actors == [(f"service:{CONSUMER}",)]

    async def test_is_woken_when_the_log_was_read_up_to_something_due(self, world: World) -> None:
        due, stopping = asyncio.Event(), asyncio.Event()
        lazy = replace(firing_duty(the_rules(), wake=due), every=timedelta(hours=1))
        world.wake = due.set

        async def has_ticked() -> bool:
            return bool(await world.rows("select 1 from firing_ticks"))

        async def has_fired() -> bool:
            return len(await world.said(*FIRED)) == 3

        async with asyncio.TaskGroup() as tasks:
            tasks.create_task(
                keep_performing(lazy, engine=world.engine, pen=PEN, stopping=stopping)
            )
            await until(has_ticked, within=PATIENCE)
            await world.hear(*OPENED)
            await world.read_to(8)
            await until(has_fired, within=PATIENCE)
            stopping.set()


class TestHeldFiring:
    async def test_waits_for_an_operator_and_says_so_once(self, world: World) -> None:
        await arm(world, due=FEWEST, armed=FEWEST)

        assert [await may(world, Mode.STEADY) for _ in range(2)] == [False, False]
        assert await world.rows("select due, armed, released_at from firing_holds") == [
            (FEWEST, FEWEST + 8, None)
        ]

    async def test_goes_on_once_an_operator_has_looked(self, world: World) -> None:
        await arm(world, due=FEWEST, armed=FEWEST)
        await may(world, Mode.STEADY)

        await release((), engine=world.engine, pen=PEN)

        assert await may(world, Mode.STEADY)

    async def test_holds_again_after_what_was_released_has_fired(self, world: World) -> None:
        await arm(world, due=FEWEST, armed=FEWEST)
        await may(world, Mode.STEADY)
        await release((), engine=world.engine, pen=PEN)

        assert await may(world, Mode.STEADY, due=0)

        assert not await may(world, Mode.STEADY)

    async def test_stays_held_while_less_is_due(self, world: World) -> None:
        await arm(world, due=FEWEST, armed=FEWEST)
        await may(world, Mode.STEADY)

        assert not await may(world, Mode.CATCHING_UP, due=0)

    async def test_lets_a_fifth_and_a_known_catch_up_pass(self, world: World) -> None:
        await arm(world, due=FEWEST, armed=FEWEST * 5)

        assert await may(world, Mode.STEADY)
        await arm(world, due=FEWEST, armed=0)
        assert await may(world, Mode.CATCHING_UP)
        assert await world.rows("select * from firing_holds") == []


class TestArmedSteps:
    async def test_are_those_that_can_still_fire(self, world: World) -> None:
        await world.hear(*OPENED, asked())

        armed = await world.rows(
            "select distinct c.kind from clock_steps s join clocks c using (clock_id)"
            " where s.due_at is not null and s.fired_at is null order by 1"
        )
        assert armed == [("acknowledge",), ("assign",), ("evidence_due",)]


async def may(world: World, mode: Mode, *, due: int = FEWEST) -> bool:
    async def ask(tx: Tx) -> bool:
        return await may_fire_now(tx, mode=mode, due=due)

    return await world.by_clock(ask)


async def arm(world: World, *, due: int, armed: int) -> None:
    """Put steps beside those of one case, of which none is due yet."""
    if not await world.rows("select case_id from sla_cases"):
        await world.hear(*OPENED, case=an_id("case", 5))
        await world.read_to(1)

    async def put(tx: Tx) -> None:
        connection = await tx.raw()
        await connection.execute("update sla_cases set next_due_at = $1", at(0))
        await connection.execute(
            "insert into clock_steps (marketplace, clock_id, percent, due_at)"
            " select c.marketplace, c.clock_id, 1000000 + (select count(*) from clock_steps) + n,"
            " case when n <= $1 then $3::timestamptz else 'infinity' end"
            " from generate_series(1, $2) n, (select * from clocks limit 1) c",
            due,
            max(due, armed),
            at(0),
        )

    await world.by_clock(put)
