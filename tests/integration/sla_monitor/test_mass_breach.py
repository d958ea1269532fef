"""More due at once than anyone can explain: the SLA monitor asks first."""

from datetime import timedelta

import pytest
from sqlalchemy import text

from builders_contracts import CASE, NOON, an_id
from builders_due import multiply
from builders_sla_monitor import OPENED, PEN, World, at, the_rules
from chassis.broker import host_clock
from chassis.clock import perform
from chassis.door import Tx
from conftest import EngineFor
from sla_monitor.clock import firing_duty, release
from sla_monitor.domain.guard import FEWEST, Mode, Seen
from sla_monitor.store import firing_ticks

BREACHED = "sla.breached"
FIRED = ("sla.warned", BREACHED)
CASES = [CASE, *(an_id("case", number) for number in range(2, FEWEST + 51))]
HALF, HOUR = timedelta(seconds=0.5), timedelta(hours=1)
HOLDS = "select due, armed, released_at is not null from firing_holds"


@pytest.fixture
async def world(engine_for: EngineFor) -> World:
    """Return a monitor with 250 cases of which all is due: their deadlines are long past."""
    world = World(await engine_for("sla_monitor"))
    await world.hear(*OPENED)
    await multiply(world, CASE, CASES[1:])
    await world.read_to(8)
    return world


async def saw(world: World, mode: Mode, *, ago: timedelta, here: timedelta) -> None:
    """Let the last tick have been so long ago by the database's clock, and by the host's."""

    async def note(tx: Tx) -> None:
        seen = Seen(at=tx.now - ago, host=host_clock() - here.total_seconds(), mode=mode)
        await firing_ticks.save(tx, seen)

    await world.by_clock(note)


async def keep_up(world: World) -> None:
    """Say that the log is read up to now: what is due at eight is due, and nothing is behind."""
    async with world.engine.begin() as connection:
        await connection.execute(text("update partitions set caught_up_at = clock_timestamp()"))


async def tick(world: World) -> bool | None:
    await keep_up(world)
    return await perform(firing_duty(the_rules()), engine=world.engine, pen=PEN)


async def fire_all(world: World) -> None:
    while await tick(world):
        pass


class TestMassBreach:
    @pytest.mark.fault(55)
    async def test_holds_and_asks(self, world: World) -> None:
        await saw(world, Mode.STEADY, ago=HALF, here=HALF)

        assert [await tick(world) for _ in range(3)] == [False] * 3

        assert await world.said(*FIRED) == []
        assert [row[2] for row in await world.rows(HOLDS)] == [False]

    @pytest.mark.fault(55)
    async def test_fires_all_once_an_operator_has_looked(self, world: World) -> None:
        await saw(world, Mode.STEADY, ago=HALF, here=HALF)
        await tick(world)

        await release((), engine=world.engine, pen=PEN)

        await fire_all(world)
        assert len(await world.said(BREACHED)) == 4 * len(CASES)
        assert [row[2] for row in await world.rows(HOLDS)] == [True]

    @pytest.mark.fault(55)
    async def test_lets_a_catch_up_pass(self, world: World) -> None:
        await saw(world, Mode.STEADY, ago=HOUR, here=HOUR)

        await fire_all(world)

        assert len({one.id for one in await world.said(BREACHED)}) == 4 * len(CASES)
        assert await world.rows(HOLDS) == []

    @pytest.mark.fault(55)
    async def test_holds_after_a_jump_of_the_databases_clock(self, world: World) -> None:
        """Seen by a replica that has just taken over, from what the one before has left."""
        await saw(world, Mode.STEADY, ago=2 * HOUR, here=HALF)

        assert [await tick(world) for _ in range(3)] == [False] * 3

        assert await world.said(*FIRED) == []
        assert len(await world.rows(HOLDS)) == 1

    @pytest.mark.fault(55)
    async def test_fires_nothing_early_and_none_twice_when_the_clock_was_put_back(
        self, world: World
    ) -> None:
        """What was read up to a time that has not come yet was not read at all."""
        ((now,),) = await world.rows("select clock_timestamp()")
        later = an_id("case", 9000)
        await world.hear(*OPENED, case=later, second=(now + HOUR - NOON).total_seconds())
        await saw(world, Mode.CATCHING_UP, ago=-2 * HOUR, here=HALF)
        await fire_all(world)
        fired = await world.said(*FIRED)
        async with world.engine.begin() as connection:
            await connection.execute(
                text("update partitions set caught_up_at = clock_timestamp() + interval '2 hours'")
            )

        await world.read_to(9)

        assert await world.rows("select caught_up_at from partitions") == [(at(9),)]
        await perform(firing_duty(the_rules()), engine=world.engine, pen=PEN)
        assert await world.said(*FIRED) == fired
        assert {one.subject for one in fired} == set(CASES)
