"""What clocks do along the first road, on a real PostgreSQL."""

from datetime import UTC, datetime, timedelta

import pytest

from builders_contracts import (
    ADDRESS,
    MARA,
    NOON,
    REGISTRATION,
    a_handoff_request,
    a_message,
    a_receipt,
    an_id,
)
from builders_sla_monitor import ANSWERED, ASKED, DEMO, OPENED, World, again, at, brief, instant
from conftest import EngineFor
from contracts.handoff import HandoffAccepted, HandoffCompleted
from contracts.resolution import CaseResolved
from contracts.routing import CaseAssigned

HARBOUR = "harbour"
ASSIGNED = CaseAssigned(
    assignment=an_id("asg"), member=MARA, team="verification", queue="verification", lead=True
)
RESOLVED = CaseResolved(
    outcome="released",
    root_cause="verification_expired",
    episode=0,
    reopen_until=NOON + timedelta(days=14),
)
STARTED, MET = "sla.clock_started", "sla.met"
RESUMED, CANCELLED = "sla.clock_resumed", "sla.clock_cancelled"


@pytest.fixture
async def world(engine_for: EngineFor) -> World:
    return World(await engine_for("sla_monitor"))


class TestOpenedAndRouted:
    @pytest.mark.covers("ES-1")
    async def test_start_four_clocks_due_as_the_playbook_says(self, world: World) -> None:
        await world.hear(*OPENED, marketplace=HARBOUR)

        said = await world.said()
        assert [one.type for one in said] == [STARTED] * 4
        due = {one.fact["kind"]: instant(one.fact["due_at"]) for one in said}
        # Noon is on a Sunday: support opens on Monday at nine, for eight hours a day.
        assert due == {
            "acknowledge": at(3600),
            "first_response": datetime(2026, 11, 23, 13, 0, tzinfo=UTC),
            "resolution": datetime(2026, 11, 25, 17, 0, tzinfo=UTC),
            "assign": datetime(2026, 11, 23, 13, 0, tzinfo=UTC),
        }

    async def test_name_their_causes_and_their_team(self, world: World) -> None:
        records = await world.hear(*OPENED, marketplace=HARBOUR)

        said = await world.said()
        opened, _, routed = (record.headers["ce_id"] for record in records)
        assert [one.cause for one in said] == [opened, opened, opened, routed]
        assert said[-1].fact["team"] == "verification"
        assert {row[0] for row in await world.rows("select team from clocks")} == {"verification"}

    async def test_run_on_short_targets_where_the_marketplace_is_a_demonstration(
        self, world: World
    ) -> None:
        await world.hear(*OPENED, marketplace=DEMO)

        said = await world.said()
        assert {one.fact["kind"]: one.fact["target_seconds"] for one in said} == {
            "acknowledge": 120,
            "first_response": 120,
            "resolution": 8,
            "assign": 120,
        }
        resolution = next(one for one in said if one.fact["kind"] == "resolution")
        assert [
            (step["percent"], instant(step["due_at"])) for step in resolution.fact["steps"]
        ] == [
            (50, at(4)),
            (80, at(6.4)),
            (100, at(8)),
        ]

    async def test_know_when_something_is_due_first(self, world: World) -> None:
        await world.hear(*OPENED, marketplace=DEMO)

        assert await world.rows("select next_due_at, partition from sla_cases") == [(at(4), 3)]


class TestEvidenceRequested:
    @pytest.mark.covers("ES-1")
    async def test_meets_the_promises_of_a_first_letter_and_makes_new_ones(
        self, world: World
    ) -> None:
        await world.hear(*ASKED, marketplace=HARBOUR)

        said = brief((await world.said())[4:])
        assert said == [
            (STARTED, "evidence_due"),
            (MET, "acknowledge"),
            (MET, "first_response"),
            (STARTED, "next_update"),
        ]

    async def test_pauses_resolution_with_a_row_and_no_event(self, world: World) -> None:
        await world.hear(*OPENED, marketplace=DEMO)
        await world.hear(*ASKED[3:], second=3, marketplace=DEMO)

        states = dict(await world.rows("select kind, state from clocks where stopped_at is null"))
        assert states == {
            "resolution": "paused",
            "next_update": "paused",
            "assign": "running",
            "evidence_due": "running",
        }
        consumed = await world.rows("select consumed, due_at from clocks where kind = 'resolution'")
        assert consumed == [(timedelta(seconds=3), None)]
        assert await world.rows("select next_due_at from sla_cases") == [(at(0.8 * 120),)]


class TestEvidenceReceived:
    async def test_resumes_only_with_the_last_document(self, world: World) -> None:
        await world.hear(*ASKED, second=0)
        first = a_receipt(3, REGISTRATION)

        await world.hear(first, second=10)

        assert brief(await world.said(RESUMED, MET))[2:] == []

    async def test_resumes_what_was_left_of_the_target(self, world: World) -> None:
        await world.hear(*OPENED, second=0)
        await world.hear(*ASKED[3:], second=3)

        await world.hear(a_receipt(3, REGISTRATION), a_receipt(4, ADDRESS), second=20)

        said = (await world.said())[8:]
        assert sorted(brief(said)) == [
            (RESUMED, "next_update"),
            (RESUMED, "resolution"),
            (MET, "evidence_due"),
        ]
        resolution = next(one for one in said if one.fact["kind"] == "resolution")
        assert instant(resolution.fact["due_at"]) == at(25)
        assert resolution.fact["consumed_seconds"] == 3
        assert await world.rows(
            "select from_at, to_at, i.kind from clock_intervals i join clocks c using (clock_id)"
            " where c.kind = 'resolution' order by from_at"
        ) == [(at(0), at(3), "running"), (at(3), at(20), "paused")]


class TestTheRoadToItsEnd:
    @pytest.mark.covers("ES-1")
    async def test_meets_every_promise_and_leaves_a_window_to_reopen(self, world: World) -> None:
        await world.hear(*ANSWERED, second=0, marketplace=HARBOUR)
        before = len(await world.said())

        await world.hear(ASSIGNED, second=60, marketplace=HARBOUR)
        await world.hear(a_handoff_request(), second=90, marketplace=HARBOUR)
        accepted = HandoffAccepted(handoff=an_id("hnd"), team="finance")
        completed = HandoffCompleted(handoff=an_id("hnd"), team="finance", result={})
        await world.hear(accepted, completed, second=120, marketplace=HARBOUR)
        letter = a_message(2, kind="decision", update_by=None)
        await world.hear(letter, RESOLVED, second=180, marketplace=HARBOUR)

        assert brief((await world.said())[before:]) == [
            (MET, "assign"),
            (STARTED, "handoff_accept"),
            (MET, "handoff_accept"),
            (STARTED, "handoff_turnaround"),
            (MET, "handoff_turnaround"),
            (MET, "next_update"),
            (MET, "resolution"),
            (STARTED, "reopen_window"),
        ]
        assert await world.rows("select kind from clocks where stopped_at is null") == [
            ("reopen_window",)
        ]

    async def test_takes_a_partners_hours_for_a_partners_clock(self, world: World) -> None:
        await world.hear(*ANSWERED, ASSIGNED, a_handoff_request(), marketplace=HARBOUR)

        clock = (await world.said())[-1].fact
        assert (clock["calendar"], clock["team"]) == ("finance-uk@1", "finance")
        assert instant(clock["due_at"]) == datetime(2026, 11, 23, 12, 0, tzinfo=UTC)

    async def test_cancels_what_no_longer_applies(self, world: World) -> None:
        await world.hear(*OPENED, RESOLVED, marketplace=HARBOUR)

        cancelled = await world.said(CANCELLED)
        assert sorted(brief(cancelled)) == [
            (CANCELLED, "acknowledge"),
            (CANCELLED, "assign"),
            (CANCELLED, "first_response"),
        ]
        assert {one.fact["reason"] for one in cancelled} == {"case_ended"}


class TestDuplicates:
    async def test_of_the_whole_road_say_nothing_new(self, world: World) -> None:
        records = await world.hear(*ANSWERED, ASSIGNED, marketplace=HARBOUR)
        before = await world.said()
        clocks = await world.rows("select * from clocks order by clock_id")

        outcome = await world.take(again(records))

        assert (outcome.applied, outcome.duplicates) == (0, len(records))
        assert await world.said() == before
        assert await world.rows("select * from clocks order by clock_id") == clocks

    async def test_give_the_same_clocks_to_another_monitor(
        self, world: World, engine_for: EngineFor
    ) -> None:
        records = await world.hear(*ANSWERED, ASSIGNED, marketplace=HARBOUR)
        other = World(await engine_for("sla_monitor"))

        await other.take(records)

        query = "select * from clocks order by clock_id"
        assert await other.rows(query) == await world.rows(query)
