"""A case that cannot be fired waits alone; all others fire as if it were not there."""

from collections.abc import AsyncIterator, Sequence

import pytest
from sqlalchemy import text

from builders_contracts import CASE, an_id
from builders_sla_monitor import OPENED, PEN, World, asked, the_rules
from chassis import ids
from chassis.clock import perform
from chassis.cloudevents import RawRecord
from chassis.refolding import refold
from conftest import EngineFor
from sla_monitor.clock import fire_again, firing_duty
from sla_monitor.handlers.fire_clocks import AT_ONCE
from sla_monitor.store.clocks import name_clock
from sla_monitor.store.sla_cases import CONSUMER

FIRED = ("sla.warned", "sla.breached")
BREACHED = "sla.breached"
OTHERS = [an_id("case", number) for number in range(2, 7)]
POISON = "update case_view set state = state - 'marketplace' where case_id = :case"
MEND = """
update case_view set state = state || jsonb_build_object('marketplace', marketplace)
where case_id = :case
"""
FAILURES = "select subject, error, attempts from firing_failures"


@pytest.fixture
async def world(engine_for: EngineFor) -> World:
    return World(await engine_for("sla_monitor"))


@pytest.fixture
async def poisoned(world: World) -> World:
    """Return a monitor with a case whose fold nobody can read any more, among five others."""
    await world.hear_of((CASE, *OTHERS), *OPENED)
    await change(world, POISON, CASE)
    await world.read_to(8)
    return world


async def tick(world: World) -> bool | None:
    return await perform(firing_duty(the_rules()), engine=world.engine, pen=PEN)


async def change(world: World, statement: str, case: str) -> None:
    async with world.engine.begin() as connection:
        await connection.execute(text(statement), {"case": ids.to_uuid(case)})


async def breached(world: World) -> set[str]:
    return {one.subject for one in await world.said(BREACHED)}


class TestPoisonInTheLog:
    """A fold that cannot be read stopped every partition that this service reads, for ever."""

    async def test_parks_the_records_of_its_case_alone(self, poisoned: World) -> None:
        heard = [poisoned.record(asked(), second=3, case=case) for case in (CASE, *OTHERS)]

        outcome = await poisoned.take(heard)

        assert (outcome.applied, outcome.parked) == (len(OTHERS), 1)
        assert await poisoned.rows("select subject, reason, state from parked_event") == [
            (CASE, "failed", "dead")
        ]

    async def test_is_mended_from_the_log(self, world: World) -> None:
        records = await world.hear_of((CASE, *OTHERS), *OPENED)
        whole = await world.rows("select state from case_view order by case_id")
        await change(world, POISON, CASE)

        done = await refold(replayed(records), consumer=CONSUMER, engine=world.engine, pen=PEN)

        assert (done.changed, done.left) == (1, [])
        assert await world.rows("select state from case_view order by case_id") == whole


async def replayed(records: Sequence[RawRecord]) -> AsyncIterator[RawRecord]:
    for record in records:
        yield record


class TestPoison:
    async def test_keeps_no_other_case_waiting(self, poisoned: World) -> None:
        await tick(poisoned)

        assert await breached(poisoned) == set(OTHERS)
        ((subject, error, attempts),) = await poisoned.rows(FAILURES)
        assert (subject, attempts) == (CASE, 1)
        assert error.startswith("CaseState: ")

    async def test_of_the_outbox_is_found_too(self, world: World) -> None:
        """The flush fails, after all decisions, and names no case."""
        await world.hear_of((CASE, *OTHERS), *OPENED)
        taken = ids.derived_uuid(name_clock(CASE, CASE, "resolution", 0), "100", "0")
        async with world.engine.begin() as connection:
            again = text("update outbox set event_id = :taken where id = 1")
            await connection.execute(again, {"taken": taken})
        await world.read_to(8)

        await tick(world)

        assert await breached(world) == set(OTHERS)
        assert [(row[0], row[2]) for row in await world.rows(FAILURES)] == [(CASE, 1)]

    async def test_waits_longer_after_each_failure(self, poisoned: World) -> None:
        await tick(poisoned)
        await fire_again((), engine=poisoned.engine, pen=PEN)

        await tick(poisoned)

        waits = await poisoned.rows(
            "select attempts, next_attempt_at - first_failed_at > interval '2 seconds',"
            " next_attempt_at > clock_timestamp() + interval '1 second' from firing_failures"
        )
        assert waits == [(2, True, True)]

    async def test_once_mended_fires_and_is_forgotten(self, poisoned: World) -> None:
        await tick(poisoned)
        await change(poisoned, MEND, CASE)
        await fire_again((CASE,), engine=poisoned.engine, pen=PEN)

        await tick(poisoned)

        assert await breached(poisoned) == {CASE, *OTHERS}
        assert await poisoned.rows(FAILURES) == []
        assert len(await poisoned.said(*FIRED)) == 3 * (1 + len(OTHERS))

    async def test_in_numbers_does_not_fill_the_round(self, world: World) -> None:
        """More cases than one round takes lacked their playbook, and no other ever fired."""
        lost = [an_id("case", number) for number in range(100, 100 + AT_ONCE + 1)]
        await world.hear_of((*lost, CASE), *OPENED[:1])
        async with world.engine.begin() as connection:
            gone = text("update clocks set playbook = 'gone@1.0.0' where case_id = any(:cases)")
            await connection.execute(gone, {"cases": ids.to_uuids(lost)})
        await world.read_to(8)

        while await tick(world):
            pass

        assert await breached(world) == {CASE}
        failing = await world.rows("select count(*), min(error), max(error) from firing_failures")
        assert failing == [(len(lost), *["no playbook gone@1.0.0 here"] * 2)]
