"""Another type, another team, a freeze: what is kept and said, on a real PostgreSQL."""

import pytest

from builders_contracts import ADDRESS, CASE, MARA, REGISTRATION, an_id
from builders_routing import frozen, reclassified, rerouted, unfrozen
from builders_sla_monitor import (
    ASKED,
    JONAS,
    OPENED,
    SOFIA,
    World,
    again,
    at,
    brief,
    enrolled,
)
from conftest import EngineFor
from contracts.resolution import EvidenceWaived
from contracts.routing import CaseAssigned

HARBOUR = "harbour"
ASSIGNED = CaseAssigned(
    assignment=an_id("asg"), member=MARA, team="verification", queue="verification", lead=True
)
RAISED, RESOLVED = "escalation.raised", "escalation.resolved"


@pytest.fixture
async def world(engine_for: EngineFor) -> World:
    return World(await engine_for("sla_monitor"))


class TestReclassified:
    @pytest.mark.covers("ES-1")
    async def test_changes_a_target_and_says_so_once(self, world: World) -> None:
        await world.hear(*OPENED, marketplace=HARBOUR)

        heard = await world.hear(reclassified("account_suspension"), marketplace=HARBOUR)
        await world.take(again(heard))

        told = await world.said("sla.target_changed")
        assert [(one.fact["kind"], one.fact["target_seconds"]) for one in told] == [
            ("resolution", 20 * 3600)
        ]
        rows = await world.rows("select target_row from clocks where kind = 'resolution'")
        assert rows == [("resolution_shut_shop",)]

    async def test_lets_a_breach_climb_the_ladder_of_the_new_type(self, world: World) -> None:
        await world.hear(*OPENED)

        await world.hear(reclassified("account_suspension"), second=1)
        await world.read_to(60)
        await world.fire()

        [raised] = await world.said(RAISED)
        assert (raised.fact["ladder"], raised.fact["level"]) == ("high_impact@1", 1)

    async def test_takes_what_has_broken_to_the_ladder_of_the_new_type(self, world: World) -> None:
        await world.enrol(enrolled(JONAS, "senior_reviewer"))
        await world.hear(*OPENED)
        await world.read_to(60)
        await world.fire()
        [before] = await world.said(RAISED)

        heard = await world.hear(reclassified("account_suspension"), second=61)
        await world.take(again(heard))

        [resolved], [_, raised] = await world.said(RESOLVED), await world.said(RAISED)
        assert (before.fact["ladder"], raised.fact["ladder"]) == ("payout_hold@1", "high_impact@1")
        assert resolved.fact["escalation"] == before.fact["escalation"]
        assert resolved.fact["outcome"] == "superseded"
        assert (raised.fact["clock"], raised.fact["level"]) == (before.fact["clock"], 1)
        assert await states(world) == [("resolved",), ("raised",)]

    async def test_leaves_what_is_on_the_same_rung(self, world: World) -> None:
        await world.hear(*OPENED)
        await world.hear(reclassified("counterfeit_complaint"), second=1)
        await world.read_to(60)
        await world.fire()

        await world.hear(reclassified("listing_error", previous="counterfeit_complaint"), second=61)

        [raised] = await world.said(RAISED)
        assert raised.fact["ladder"] == "standard@1"
        assert await world.said(RESOLVED) == []

    async def test_leaves_whom_the_circle_called(self, world: World) -> None:
        await world.enrol(enrolled(SOFIA, "supervisor"))
        await world.hear(*OPENED, frozen(arbiter=SOFIA))

        await world.hear(reclassified("account_suspension"))

        assert await states(world) == [("raised",)]

    async def test_cancels_the_wait_for_what_is_not_needed(self, world: World) -> None:
        await world.hear(*ASKED)

        waived = [
            EvidenceWaived(kind=kind, item=an_id("itm", number), reason="reclassified")
            for number, kind in enumerate((REGISTRATION, ADDRESS), start=1)
        ]
        await world.hear(*waived, second=2)

        [cancelled] = await world.said("sla.clock_cancelled")
        assert (cancelled.fact["kind"], cancelled.fact["reason"]) == ("evidence_due", "not_needed")


class TestRerouted:
    async def test_gives_what_runs_to_the_new_team(self, world: World) -> None:
        await world.hear(*OPENED, marketplace=HARBOUR)

        await world.hear(rerouted("seller_care"), second=60, marketplace=HARBOUR)

        assert set(await world.rows("select kind, team from clocks")) == {
            (kind, "seller_care")
            for kind in ("acknowledge", "first_response", "resolution", "assign")
        }
        assert set(await world.rows("select team, to_at from clock_intervals")) == {
            ("verification", at(60))
        }

    async def test_lets_a_case_that_somebody_had_be_waited_for_anew(self, world: World) -> None:
        await world.hear(*OPENED, ASSIGNED, marketplace=HARBOUR)

        heard = await world.hear(rerouted("seller_care"), second=60, marketplace=HARBOUR)
        await world.take(again(heard))
        await world.hear(ASSIGNED, second=120, marketplace=HARBOUR)
        await world.hear(
            rerouted("verification", previous="seller_care"), second=180, marketplace=HARBOUR
        )

        rows = await world.rows(
            "select object_id, state, team from clocks where kind = 'assign' order by started_at"
        )
        assert rows == [
            (CASE, "met", "verification"),
            (f"{CASE}#2", "met", "seller_care"),
            (f"{CASE}#3", "running", "verification"),
        ]

    async def test_keeps_what_was_used_of_a_wait_that_goes_on(self, world: World) -> None:
        await world.hear(*OPENED, marketplace=HARBOUR)

        await world.hear(rerouted("seller_care"), second=60, marketplace=HARBOUR)

        [(object_id, started_at)] = await world.rows(
            "select object_id, started_at from clocks where kind = 'assign'"
        )
        assert (object_id, started_at) == (CASE, at(0))


async def states(world: World) -> list[tuple[str]]:
    rows = await world.rows("select state from escalations order by raised_at, escalation_id")
    return [tuple(row) for row in rows]


class TestFrozen:
    @pytest.mark.covers("RT-12")
    async def test_calls_the_arbiter_whom_the_router_named(self, world: World) -> None:
        await world.enrol(enrolled(JONAS, "supervisor"), enrolled(SOFIA, "supervisor"))
        await world.hear(*OPENED)

        heard = await world.hear(frozen(arbiter=SOFIA))
        await world.take(again(heard))

        [raised] = await world.said(RAISED)
        assert (raised.fact["trigger"], raised.fact["target_member"]) == ("ping_pong", SOFIA)

    async def test_calls_whom_the_ladder_names_where_there_is_none(self, world: World) -> None:
        await world.enrol(enrolled(JONAS, "supervisor"))
        await world.hear(*OPENED)

        await world.hear(frozen())

        [raised] = await world.said(RAISED)
        assert raised.fact["target_member"] == JONAS

    async def test_is_over_when_the_arbiter_has_decided(self, world: World) -> None:
        await world.enrol(enrolled(SOFIA, "supervisor"))
        await world.hear(*OPENED, frozen(arbiter=SOFIA))

        await world.hear(unfrozen("verification"))

        [resolved] = await world.said(RESOLVED)
        assert resolved.fact["outcome"] == "arbitrated"
        assert brief(await world.said(RAISED, RESOLVED)) == [(RAISED, ""), (RESOLVED, "")]
