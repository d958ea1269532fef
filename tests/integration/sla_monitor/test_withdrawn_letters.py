"""The council hears of a withdrawn letter once, on a real PostgreSQL."""

import pytest

from builders_contracts import an_id
from builders_sla_monitor import OPENED, World, again, enrolled
from conftest import EngineFor
from contracts.assets import AssetInvalidationNoted
from contracts.resolution import CaseResolved

RAISED = "escalation.raised"
COUNCIL = an_id("mem", 7)
NOTED = AssetInvalidationNoted(
    invalidation=an_id("inv"),
    asset="payout_hold.first_response@1",
    reason="policy_change",
    messages=(an_id("msg"),),
    asked=True,
    tell_council=True,
)


@pytest.fixture
async def world(engine_for: EngineFor) -> World:
    world = World(await engine_for("sla_monitor"))
    await world.enrol(enrolled(COUNCIL, "council", teams=()))
    return world


class TestAWithdrawnLetter:
    @pytest.mark.covers("GV-10", "ES-10")
    async def test_is_told_to_the_council(self, world: World) -> None:
        await world.hear(*OPENED)

        heard = await world.hear(NOTED)
        await world.take(again(heard))

        [raised] = await world.said(RAISED)
        named = ("trigger", "target_role", "target_member", "reason")
        assert tuple(raised.fact[name] for name in named) == (
            "letter_withdrawn",
            "council",
            COUNCIL,
            "letter_withdrawn",
        )

    async def test_is_told_in_one_case_only(self, world: World) -> None:
        await world.hear(*OPENED)

        await world.hear(NOTED.model_copy(update={"tell_council": False}))

        assert await world.said(RAISED) == []

    async def test_is_not_told_in_a_case_that_has_ended(self, world: World) -> None:
        ended = CaseResolved(outcome="released", root_cause="verification_expired", episode=0)
        await world.hear(*OPENED, ended)

        await world.hear(NOTED)

        assert await world.said(RAISED) == []
