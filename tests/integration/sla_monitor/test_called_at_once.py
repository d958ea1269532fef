"""Severity and rules that contradict each other call somebody at once, on a real PostgreSQL."""

import pytest

from builders_contracts import a_case_opened, a_classification, a_route, an_id
from builders_routing import reclassified
from builders_sla_monitor import JONAS, OPENED, World, again, enrolled
from conftest import EngineFor
from contracts.event import Contract
from contracts.routing import Signals

RAISED = "escalation.raised"
CONFLICT = Signals(financial="none", legal="medium", safety="none", policy_conflict=True)
COUNCIL = an_id("mem", 7)


@pytest.fixture
async def world(engine_for: EngineFor) -> World:
    return World(await engine_for("sla_monitor"))


def classified(**changes: object) -> tuple[Contract, ...]:
    seen = type(a_classification())(**(dict(a_classification()) | changes))
    return a_case_opened(), seen, a_route()


class TestRouted:
    @pytest.mark.covers("ES-3")
    async def test_calls_a_senior_of_its_team_when_it_is_critical(self, world: World) -> None:
        await world.enrol(enrolled(JONAS, "senior_agent"))

        heard = await world.hear(*classified(severity="critical"))
        await world.take(again(heard))

        [raised] = await world.said(RAISED)
        named = ("trigger", "level", "target_role", "target_member", "reason")
        assert tuple(raised.fact[name] for name in named) == (
            "severity",
            2,
            "senior_reviewer",
            JONAS,
            "severity_critical",
        )

    @pytest.mark.covers("ES-4", "RT-5")
    async def test_calls_the_council_when_our_terms_stand_against_our_act(
        self, world: World
    ) -> None:
        await world.enrol(enrolled(COUNCIL, "council", teams=()))

        await world.hear(*classified(issue_type="account_suspension", signals=CONFLICT))

        [raised] = await world.said(RAISED)
        assert (raised.fact["trigger"], raised.fact["target_member"]) == (
            "policy_conflict",
            COUNCIL,
        )

    async def test_calls_nobody_for_what_is_everyday(self, world: World) -> None:
        await world.hear(*OPENED)

        assert await world.said(RAISED) == []


class TestReclassified:
    async def test_calls_when_it_turns_out_to_be_critical_and_never_twice(
        self, world: World
    ) -> None:
        await world.hear(*OPENED)

        for previous in ("payout_hold", "fraud_allegation"):
            await world.hear(
                reclassified("fraud_allegation", previous=previous, severity="critical")
            )

        [raised] = await world.said(RAISED)
        assert raised.fact["trigger"] == "severity"
