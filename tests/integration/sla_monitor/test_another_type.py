"""Another type, another team, a freeze: what is kept and said, on a real PostgreSQL."""

import pytest

from builders_contracts import ADDRESS, REGISTRATION, an_id
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

HARBOUR = "harbour"
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
