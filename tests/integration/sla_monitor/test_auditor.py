"""The auditor of firing: who looks sees what is wrong, and an alarm is raised once."""

from collections.abc import AsyncIterator
from datetime import timedelta
from pathlib import Path

import pytest
from prometheus_client import REGISTRY
from sqlalchemy import text
from structlog.testing import capture_logs

from builders_contracts import CASE
from builders_sla_monitor import OPENED, PEN, World, the_rules
from chassis.clock import perform
from conftest import EngineFor
from house_sla_monitor import House, open_house
from sla_monitor.clock import auditing_duty, firing_duty
from sla_monitor.domain.auditing import Alarm
from sla_monitor.handlers.watch_firing import Watch

MINUTE = timedelta(seconds=60)


@pytest.fixture
async def world(engine_for: EngineFor) -> World:
    world = World(await engine_for("sla_monitor"))
    await world.hear(*OPENED)
    return world


@pytest.fixture
async def house(engine_for: EngineFor, tmp_path: Path) -> AsyncIterator[House]:
    async with open_house(await engine_for("sla_monitor"), tmp_path) as house:
        yield house


async def audit(world: World, watch: Watch) -> list[str]:
    """Let the auditor look; return what it logs."""
    with capture_logs() as lines:
        await perform(auditing_duty(watch), engine=world.engine, pen=PEN)
    return [line["event"] for line in lines]


async def read_all(world: World, *, ago: timedelta = timedelta(0)) -> None:
    async with world.engine.begin() as connection:
        await connection.execute(
            text(
                "insert into partitions values (3, clock_timestamp() - cast(:ago as interval))"
                " on conflict (partition) do update set caught_up_at = excluded.caught_up_at"
            ),
            {"ago": ago},
        )


def figure(name: str) -> float:
    value = REGISTRY.get_sample_value(name)
    assert value is not None
    return value


class TestAuditor:
    async def test_says_once_that_the_log_was_not_read_and_once_that_it_is(
        self, world: World
    ) -> None:
        watch = Watch()
        await read_all(world, ago=2 * MINUTE)
        await perform(firing_duty(the_rules()), engine=world.engine, pen=PEN)

        said = [await audit(world, watch) for _ in range(2)]

        assert said == [["clocks_not_caught_up"], []]
        assert await watch.ask() == "clocks_not_caught_up"
        assert figure("sla_monitor_behind_seconds") >= 120
        await read_all(world)
        await perform(firing_duty(the_rules()), engine=world.engine, pen=PEN)
        assert await audit(world, watch) == ["alarm_over"]
        assert await watch.ask() is None

    async def test_knows_that_a_partition_was_never_read(self, world: World) -> None:
        watch = Watch()

        await audit(world, watch)

        assert watch.alarms == {Alarm.NOT_CAUGHT_UP}

    async def test_says_that_nobody_fires(self, world: World) -> None:
        watch = Watch()
        await read_all(world)

        await audit(world, watch)

        assert watch.alarms == {Alarm.LATE}
        assert figure("sla_monitor_late_seconds") > 60

    async def test_names_what_could_not_be_fired_and_what_is_held(self, world: World) -> None:
        watch = Watch()
        await read_all(world)
        async with world.engine.begin() as connection:
            await connection.execute(text("update clocks set playbook = 'gone@1.0.0'"))
            await connection.execute(
                text("insert into firing_holds (held_at, due, armed) values (now(), 900, 1000)")
            )
        await perform(firing_duty(the_rules()), engine=world.engine, pen=PEN)

        await audit(world, watch)

        assert watch.alarms == {Alarm.HELD}
        async with world.engine.begin() as connection:
            await connection.execute(text("update firing_holds set released_at = now()"))
        await perform(firing_duty(the_rules()), engine=world.engine, pen=PEN)
        await audit(world, watch)
        assert watch.alarms == {Alarm.FAILING}
        assert figure("sla_monitor_failing_cases") == 1


class TestSeeFiring:
    async def test_shows_an_operator_what_keeps_clocks_from_firing(self, house: House) -> None:
        await house.world.hear(*OPENED)
        await read_all(house.world)
        async with house.world.engine.begin() as connection:
            await connection.execute(text("update clocks set playbook = 'gone@1.0.0'"))
        await perform(firing_duty(the_rules()), engine=house.world.engine, pen=PEN)

        answer = await house.get("/ops/firing", by="olga")

        assert answer.status_code == 200
        shown = answer.json()
        assert (shown["alarms"], shown["hold"]) == (["cases_not_fired"], None)
        assert [one["partition"] for one in shown["partitions"]] == [3]
        (failing,) = shown["failing"]
        assert (failing["case"], failing["error"]) == (CASE, "no playbook gone@1.0.0 here")

    @pytest.mark.parametrize("who", ["mara", "sofia", "ines"])
    async def test_is_for_operators_alone(self, house: House, who: str) -> None:
        assert (await house.get("/ops/firing", by=who)).status_code == 403
