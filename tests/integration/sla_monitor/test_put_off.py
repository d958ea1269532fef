"""The clock of facts that a filing put off, on a real PostgreSQL."""

from datetime import timedelta

import pytest

from builders_contracts import NOON, a_case_opened, a_classification, a_route, an_id
from builders_sla_monitor import OPENED, World, at, instant
from conftest import EngineFor
from contracts.cases import DeferredFact, SellerMessageReceived
from contracts.event import Contract

LATER = tuple(
    DeferredFact(fact=name, reason="not_yet_known", until=NOON + timedelta(seconds=due))
    for name, due in (("amount", 90), ("payout_ref", 60))
)
FILED: tuple[Contract, ...] = (
    a_case_opened(facts={}, amount_at_risk=None, deferred=LATER),
    a_classification(),
    a_route(),
)


def bringing(*names: str) -> SellerMessageReceived:
    facts = dict.fromkeys(names, "PO-1")
    return SellerMessageReceived(
        message=an_id("msg"), channel="portal", repeated_contact=False, facts=facts
    )


@pytest.fixture
async def world(engine_for: EngineFor) -> World:
    return World(await engine_for("sla_monitor"))


async def ended(world: World) -> list[str]:
    return [str(one.fact["due_at"]) for one in await world.said("sla.window_ended")]


class TestTheClockOfWhatWasPutOff:
    async def test_ends_when_the_first_of_it_was_to_come(self, world: World) -> None:
        await world.hear(*FILED)
        await world.read_to(3600)

        await world.fire()
        await world.fire()

        assert [instant(one) for one in await ended(world)] == [at(60)]

    async def test_runs_on_while_something_is_owed(self, world: World) -> None:
        await world.hear(*FILED)
        await world.hear(bringing("payout_ref"), second=10)
        await world.read_to(3600)

        await world.fire()

        assert len(await ended(world)) == 1

    async def test_stops_when_all_has_come(self, world: World) -> None:
        await world.hear(*FILED)
        await world.hear(bringing("payout_ref", "amount"), second=10)
        await world.read_to(3600)

        await world.fire()

        assert await ended(world) == []

    async def test_runs_in_no_case_that_put_nothing_off(self, world: World) -> None:
        await world.hear(*OPENED)

        kinds = {one.fact["kind"] for one in await world.said("sla.clock_started")}
        assert "facts_due" not in kinds
