"""A pause beside the firing of what it pauses: each way round ends well, none is silent."""

import asyncio
import random
from collections import Counter
from collections.abc import Sequence

import pytest

from builders_contracts import CASE, an_id
from builders_due import multiply
from builders_sla_monitor import JONAS, OPENED, SOFIA, World, asked, enrolled
from chassis.cloudevents import RawRecord
from conftest import EngineFor
from extent import short_or_full

BREACHED, RETRACTED = "sla.breached", "sla.breach_retracted"
INTERLEAVINGS = short_or_full(500, 10_000)
CASES = [CASE, *(an_id("case", number) for number in range(2, INTERLEAVINGS + 1))]
EARLY, LATE = 7.999, 8.001  # a millisecond before and after it is due
FIRERS, AT_A_TIME = 2, 3


@pytest.fixture
async def world(engine_for: EngineFor) -> World:
    world = World(await engine_for("sla_monitor"))
    await world.enrol(enrolled(SOFIA, "supervisor"), enrolled(JONAS, "senior_agent"))
    await world.hear(*OPENED)
    await multiply(world, CASE, CASES[1:])
    await world.read_to(8.5)
    return world


class TestPauseBesideFiring:
    @pytest.mark.fault(57)
    async def test_is_never_silent_and_never_both(self, world: World) -> None:
        pauses = {
            case: world.record(asked(), second=EARLY if number % 2 else LATE, case=case)
            for number, case in enumerate(CASES)
        }

        await race(world, list(pauses.values()))

        said = Counter((one.subject, one.type) for one in await world.said(BREACHED, RETRACTED))
        early, late = CASES[1::2], CASES[::2]
        fired = [case for case in early if said[case, BREACHED]]
        assert 0 < len(fired) < len(early), "one side always won: nothing raced"
        assert all(said[case, RETRACTED] == said[case, BREACHED] <= 1 for case in early)
        assert all((said[case, BREACHED], said[case, RETRACTED]) == (1, 0) for case in late)
        assert await states(world) == {
            ("paused", 1): len(early),
            ("breached", 0): len(late),
        }

    @pytest.mark.fault(57)
    async def test_ends_the_escalation_of_what_was_taken_back(self, world: World) -> None:
        pauses = [world.record(asked(), second=EARLY, case=case) for case in CASES[:60]]

        await race(world, pauses)

        open_ones = await world.rows("select case_id from escalations where state <> 'resolved'")
        assert len(open_ones) == len(CASES) - 60


async def race(world: World, pauses: Sequence[RawRecord]) -> None:
    """Fire and hear at once, each in small transactions and in an order of its own."""
    dice = random.Random(57)
    shuffled = dice.sample(list(pauses), len(pauses))
    parcels = [shuffled[at : at + AT_A_TIME] for at in range(0, len(shuffled), AT_A_TIME)]

    async def hear() -> None:
        for parcel in parcels:
            assert (await world.take(parcel)).parked == 0

    async def fire() -> None:
        while (await world.fire(limit=AT_A_TIME)).more:
            pass

    await asyncio.gather(hear(), *(fire() for _ in range(FIRERS)))
    await fire()


async def states(world: World) -> dict[tuple[str, int], int]:
    rows = await world.rows(
        "select state, revision, count(*) from clocks where kind = 'resolution' group by 1, 2"
    )
    return {(state, revision): count for state, revision, count in rows}
