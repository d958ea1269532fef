"""What falls due fires once, as far as the log was read, on a real PostgreSQL."""

import asyncio
from collections import Counter
from itertools import pairwise

import pytest
from sqlalchemy import text

from builders_contracts import ADDRESS, CASE, REGISTRATION, a_receipt, an_id
from builders_sla_monitor import (
    DEMO,
    JONAS,
    OPENED,
    SOFIA,
    World,
    again,
    asked,
    at,
    brief,
    enrolled,
    instant,
)
from chassis import ids
from conftest import EngineFor
from contracts.resolution import CaseResolved

WARNED, BREACHED, ENDED = "sla.warned", "sla.breached", "sla.window_ended"
RAISED, UNSTAFFED, OVER = "escalation.raised", "escalation.unstaffed", "escalation.resolved"
RETRACTED = "sla.breach_retracted"
FIRED = (WARNED, BREACHED, ENDED)
RESOLVED = CaseResolved(outcome="released", root_cause="verification_expired", episode=0)


@pytest.fixture
async def world(engine_for: EngineFor) -> World:
    world = World(await engine_for("sla_monitor"))
    await world.enrol(enrolled(SOFIA, "supervisor"), enrolled(JONAS, "senior_agent"))
    return world


class TestFireClocks:
    @pytest.mark.covers("ES-2")
    async def test_fires_each_step_when_it_is_due_and_only_once(self, world: World) -> None:
        await world.hear(*OPENED)

        for second in (3.9, 4, 6.5, 6.5, 8, 9):
            await world.read_to(second)
            await world.fire()

        fired = await world.said(*FIRED)
        assert [(one.type, one.fact.get("percent")) for one in fired] == [
            (WARNED, 50),
            (WARNED, 80),
            (BREACHED, None),
        ]
        assert [instant(one.fact["due_at"]) for one in fired] == [at(4), at(6.4), at(8)]
        assert all(one.fact["detected_at"] >= one.fact["due_at"] for one in fired)

    async def test_fires_nothing_beyond_what_was_read(self, world: World) -> None:
        await world.hear(*OPENED)
        await world.read_to(7.9)

        await world.fire()

        assert await world.said(BREACHED) == []
        assert await world.rows("select next_due_at from sla_cases") == [(at(8),)]

    async def test_fires_nothing_before_anything_was_read_to_its_end(self, world: World) -> None:
        await world.hear(*OPENED)

        fired = await world.fire()

        assert fired.cases == 0
        assert await world.said(*FIRED) == []

    async def test_forgets_nothing_of_what_was_read_when_another_replica_lags(
        self, world: World
    ) -> None:
        await world.hear(*OPENED)
        await world.read_to(9)
        await world.read_to(2)

        await world.fire()

        assert len(await world.said(BREACHED)) == 1

    async def test_records_all_that_was_missed_and_tells_of_the_highest(self, world: World) -> None:
        await world.hear(*OPENED)
        await world.read_to(3600)

        await world.fire()

        fired = await world.said(*FIRED)
        due = [instant(one.fact["due_at"]) for one in fired]
        assert due == sorted(due)
        # resolution 50, 80, 100; acknowledge 100; first_response and assign 80, 100.
        assert Counter(one.fact["kind"] for one in fired) == {
            "resolution": 3,
            "acknowledge": 1,
            "first_response": 2,
            "assign": 2,
        }
        assert {one.fact["notify"] for one in fired if one.type == WARNED} == {False}

    @pytest.mark.covers("ES-1", "ES-6", "ES-11")
    async def test_escalates_a_breach_in_the_same_transaction(self, world: World) -> None:
        await world.hear(*OPENED)
        await world.read_to(8)

        await world.fire()

        breach, raised = (await world.said(BREACHED, RAISED))[-2:]
        assert (breach.fact["kind"], breach.fact["team"]) == ("resolution", "verification")
        assert raised.fact == {
            "escalation": raised.fact["escalation"],
            "trigger": "time",
            "level": 2,
            "ladder": "payout_hold@1",
            "target_role": "senior_reviewer",
            "target_member": JONAS,
            "reason": "resolution_breached",
            "clock": breach.fact["clock"],
        }
        transactions = await world.rows(
            "select count(distinct xmin::text) from outbox where headers->>'ce_type'"
            " in ('sla.breached.v1', 'escalation.raised.v1')"
        )
        assert transactions == [(1,)]

    async def test_says_so_when_nobody_can_take_an_escalation(self, engine_for: EngineFor) -> None:
        world = World(await engine_for("sla_monitor"))
        await world.enrol(enrolled(JONAS, "senior_agent", authority=2))
        await world.hear(*OPENED)
        await world.read_to(8)

        await world.fire()

        raised, unstaffed = await world.said(RAISED, UNSTAFFED)
        assert "target_member" not in raised.fact
        assert unstaffed.fact == {
            "escalation": raised.fact["escalation"],
            "target_role": "senior_reviewer",
        }

    async def test_names_what_fires_by_clock_step_and_revision(self, world: World) -> None:
        await world.hear(*OPENED)
        await world.read_to(8)

        await world.fire()

        breach = (await world.said(BREACHED))[0]
        assert breach.id == ids.derived_uuid(breach.fact["clock"], "100", "0")

    async def test_ends_a_window_without_a_breach(self, world: World) -> None:
        await world.hear(*OPENED, asked())
        await world.read_to(300)

        await world.fire()

        window = await world.said(ENDED)
        assert brief(window) == [(ENDED, "evidence_due")]
        assert window[0].fact["object"] == an_id("req")
        assert "evidence_due" not in {one.fact["kind"] for one in await world.said(BREACHED)}

    async def test_waits_for_a_case_that_is_parked_here(self, world: World) -> None:
        other = an_id("case", 2)
        await world.hear(*OPENED)
        await world.hear(*OPENED, case=other)
        world.counts["resolution", CASE] += 1  # an event that did not come
        after_the_gap = world.record(RESOLVED)
        assert (await world.take([after_the_gap])).parked == 1
        await world.read_to(8)

        await world.fire()

        assert {one.subject for one in await world.said(*FIRED)} == {other}

    async def test_fires_the_others_when_a_playbook_is_missing(self, world: World) -> None:
        other = an_id("case", 2)
        await world.hear(*OPENED)
        await world.hear(*OPENED, case=other)
        async with world.engine.begin() as connection:
            gone = text("update clocks set playbook = 'gone@1.0.0' where case_id = :case")
            await connection.execute(gone, {"case": ids.to_uuid(CASE)})
        await world.read_to(8)

        await world.fire()

        assert {one.subject for one in await world.said(*FIRED)} == {other}


class TestConcurrentFirers:
    async def test_fire_each_step_exactly_once(self, world: World) -> None:
        cases = [an_id("case", number) for number in range(1, 21)]
        for case in cases:
            await world.hear(*OPENED, case=case)
        await world.read_to(60)

        rounds = [world.fire(limit=7) for _ in range(12)]
        for four in (rounds[:4], rounds[4:8], rounds[8:]):
            await asyncio.gather(*four)

        fired = await world.said(*FIRED)
        assert Counter(one.subject for one in fired) == dict.fromkeys(cases, 3)
        assert len({one.id for one in fired}) == len(fired)
        assert len(await world.said(RAISED)) == len(cases)
        sequences = await world.rows(
            "select sequence from outbox where subject like 'case%' order by subject, sequence"
        )
        steps = {after[0] - before[0] for before, after in pairwise(sequences)}
        assert {step for step in steps if step > 0} == {1}


class TestEventsReadLate:
    """Breach against an earlier pause or stop: both orders end well, neither is silent."""

    async def test_a_stop_just_before_the_due_time_takes_the_breach_back(
        self, world: World
    ) -> None:
        await world.hear(*OPENED)
        await world.read_to(8)
        await world.fire()

        await world.hear(RESOLVED, second=7.999)

        said = brief(await world.said(BREACHED, RETRACTED, "sla.met"))
        assert said == [
            (BREACHED, "resolution"),
            (RETRACTED, "resolution"),
            ("sla.met", "resolution"),
        ]
        assert (await world.said("sla.met"))[0].fact["late"] is False
        assert [one.fact["outcome"] for one in await world.said(OVER)] == ["breach_retracted"]

    async def test_a_pause_just_before_the_due_time_takes_the_breach_back(
        self, world: World
    ) -> None:
        await world.hear(*OPENED)
        await world.read_to(8)
        await world.fire()

        await world.hear(asked(), second=7.999)

        assert brief(await world.said(BREACHED, RETRACTED)) == [
            (BREACHED, "resolution"),
            (RETRACTED, "resolution"),
        ]
        clock = await world.rows("select state, revision from clocks where kind = 'resolution'")
        assert clock == [("paused", 1)]

    async def test_a_pause_that_is_read_first_leaves_nothing_to_fire(self, world: World) -> None:
        await world.hear(*OPENED)
        await world.hear(asked(), second=7.999)
        await world.read_to(9)

        await world.fire()

        assert brief(await world.said(BREACHED, RETRACTED)) == []

    @pytest.mark.parametrize("fired_first", [True, False])
    async def test_a_pause_just_after_the_due_time_leaves_the_breach(
        self, world: World, *, fired_first: bool
    ) -> None:
        await world.hear(*OPENED)
        await world.read_to(8)
        if fired_first:
            await world.fire()

        await world.hear(asked(), second=8.001)

        await world.fire()
        assert brief(await world.said(BREACHED, RETRACTED)) == [(BREACHED, "resolution")]
        assert len(await world.said(RAISED)) == 1

    async def test_a_retracted_breach_may_come_true_later(self, world: World) -> None:
        await world.hear(*OPENED)
        await world.read_to(8)
        await world.fire()
        await world.hear(asked(), second=7)
        await world.hear(a_receipt(3, REGISTRATION), a_receipt(4, ADDRESS), second=20)
        await world.read_to(21)

        await world.fire()

        breaches = await world.said(BREACHED)
        assert [one.fact["revision"] for one in breaches] == [0, 1]
        assert instant(breaches[1].fact["due_at"]) == at(21)
        assert len({one.fact["escalation"] for one in await world.said(RAISED)}) == 2

    async def test_delivered_again_changes_nothing(self, world: World) -> None:
        records = await world.hear(*OPENED)
        await world.read_to(8)
        await world.fire()
        records += await world.hear(asked(), second=7.999)
        before = await world.said()

        await world.take(again(records))

        await world.fire()
        assert await world.said() == before


class TestEndOfTheCase:
    async def test_ends_its_escalations(self, world: World) -> None:
        await world.hear(*OPENED)
        await world.read_to(8)
        await world.fire()

        await world.hear(RESOLVED, second=30)

        assert [one.fact["outcome"] for one in await world.said(OVER)] == ["case_ended"]
        met = next(one for one in await world.said("sla.met") if one.fact["kind"] == "resolution")
        assert met.fact["late"] is True
        assert await world.rows("select state from escalations") == [("resolved",)]

    async def test_leaves_no_step_armed_but_the_windows(self, world: World) -> None:
        await world.hear(*OPENED, RESOLVED, marketplace=DEMO)

        armed = await world.rows(
            "select c.kind from clock_steps s join clocks c using (clock_id)"
            " where s.due_at is not null and fired_at is null"
        )
        assert armed == [("reopen_window",)]
