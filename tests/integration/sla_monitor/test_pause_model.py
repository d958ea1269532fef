"""However often and whenever a clock stands still, it is due when a child would say it is."""

import random
from collections.abc import Sequence
from dataclasses import replace
from datetime import timedelta
from itertools import count, pairwise
from typing import Any

import pytest
from hypothesis import HealthCheck, Phase, given, settings, strategies as st

from builders_contracts import NOON, a_message, a_receipt, an_id, an_item
from builders_sla_monitor import OPENED, World, again, at
from chassis.cloudevents import RawRecord
from conftest import EngineFor
from contracts.event import Contract
from contracts.resolution import CaseResolved, EvidenceRequested
from extent import short_or_full

TARGET = 8000  # ms: resolution of the demonstration marketplace, opened round the clock
PAUSES = 20
RESOLVED = CaseResolved(outcome="released", root_cause="verification_expired", episode=0)
NUMBERS = count(1)
SEARCH = settings(
    derandomize=True,
    deadline=None,
    max_examples=short_or_full(8, 100),
    # No shrinking: an example is a hundred transactions.
    phases=[Phase.explicit, Phase.generate],
    # Each example is a case of its own: they may share a database.
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
RUNS = st.lists(st.integers(1, TARGET // PAUSES - 1), min_size=PAUSES, max_size=PAUSES)
WAITS = st.lists(st.integers(1, 5_000_000), min_size=PAUSES, max_size=PAUSES)


@pytest.fixture
async def world(engine_for: EngineFor) -> World:
    return World(await engine_for("sla_monitor"))


def kind(number: int) -> str:
    """Name a kind of document that nobody has sent yet: one on file is not waited for."""
    return f"document_{number}"


def asking(number: int) -> EvidenceRequested:
    return EvidenceRequested(
        request=an_id("req", number),
        items=(an_item(number, kind(number)),),
        due_at=NOON + timedelta(days=300),
    )


def story(runs: Sequence[int], waits: Sequence[int]) -> list[tuple[Contract, int]]:
    """Tell when (ms) a case begins to wait for the seller and when it goes on, again and again."""
    told: list[tuple[Contract, int]] = [(fact, 0) for fact in OPENED]
    now = 0
    for number, (run, wait) in enumerate(zip(runs, waits, strict=True), start=1):
        now += run
        told.append((asking(number), now))
        now += wait
        told.append((a_receipt(number + 2, kind(number)), now))
    return told


async def resolution(world: World, case: str) -> tuple[Any, ...]:
    rows = await world.rows(
        "select subject, state, revision, consumed, due_at, last_time, clock_id from clocks"
        " join sla_cases using (marketplace, case_id) where kind = 'resolution'"
    )
    return next(row[1:] for row in rows if row[0] == case)


class TestPauseAndResume:
    @pytest.mark.fault(58)
    @SEARCH
    @given(RUNS, WAITS)
    async def test_twenty_times_is_due_when_a_model_says(
        self, world: World, runs: list[int], waits: list[int]
    ) -> None:
        case = an_id("case", next(NUMBERS))
        revisions = []

        for fact, now in story(runs, waits):
            await world.hear(fact, second=now / 1000, case=case)
            revisions.append((await resolution(world, case))[1])

        state, revision, consumed, due_at, *_ = await resolution(world, case)
        assert (state, due_at) == ("running", at((TARGET + sum(waits)) / 1000))
        assert consumed == timedelta(milliseconds=sum(runs))
        paused = revisions[len(OPENED) :: 2]
        assert all(before < after for before, after in pairwise(paused))
        assert revision == PAUSES


class TestEventsOutOfOrder:
    """What Kafka may do to a stream: repeat, delay, reorder. The due time must not notice."""

    @pytest.mark.fault(59)
    @pytest.mark.parametrize("seed", range(short_or_full(4, 40)))
    async def test_of_a_stream_is_due_as_in_order(
        self, engine_for: EngineFor, world: World, seed: int
    ) -> None:
        other = World(await engine_for("sla_monitor"))
        records = [world.record(fact, second=now / 1000) for fact, now in ROUNDS]
        await world.take(records)

        for parcel in scrambled(records, random.Random(seed)):
            await other.take(parcel)

        assert await other.rows(CLOCKS) == await world.rows(CLOCKS)
        assert await other.rows(INTERVALS) == await world.rows(INTERVALS)
        assert await other.rows("select * from inbox_subject where blocked") == []

    @pytest.mark.fault(59)
    @SEARCH
    @given(st.lists(st.integers(-5_000, 20_000), min_size=6, max_size=6))
    async def test_of_other_producers_counts_from_the_last_and_says_so(
        self, world: World, times: list[int]
    ) -> None:
        case = an_id("case", next(NUMBERS))
        await world.hear(*OPENED, case=case)
        facts = [fact for fact, _ in ROUNDS[len(OPENED) :]][: len(times)]

        for fact, time in zip(facts, times, strict=True):
            await world.hear(fact, second=time / 1000, case=case)
        await world.hear(RESOLVED, second=30, case=case)

        *_, last_time, clock = await resolution(world, case)
        stretches = await world.rows(
            f"select from_at, to_at, clamped from clock_intervals where clock_id = '{clock}'"  # noqa: S608 - our own id
            " order by from_at, to_at"
        )
        assert sum((to - since for since, to, _ in stretches), timedelta()) == last_time - at(0)
        assert all(one[1] == two[0] for one, two in pairwise(stretches))
        assert any(clamped for *_, clamped in stretches) == moved_back(times)


CLOCKS = "select * from clocks order by clock_id"
INTERVALS = "select * from clock_intervals order by clock_id, from_at, to_at"


def rounds() -> list[tuple[Contract, int]]:
    """Ask for two documents and get both, four times: two records of one producer in a row."""
    told: list[tuple[Contract, int]] = [(fact, 0) for fact in OPENED]
    for number in range(4):
        first, second, now = 2 * number + 1, 2 * number + 2, 1000 + 100_000 * number
        items = (an_item(first, kind(first)), an_item(second, kind(second)))
        request = an_id("req", number + 1)
        ask = EvidenceRequested(request=request, items=items, due_at=NOON + timedelta(days=300))
        told += [(ask, now), (a_message(number + 1, update_by=None), now + 10)]
        told += [(a_receipt(first + 2, kind(first)), now + 50_000)]
        told += [(a_receipt(second + 2, kind(second)), now + 60_000)]
    return told


ROUNDS = rounds()
MOVING = (0, 3, 4)
"""Of what follows the opening: asked, answered in full, asked again."""


def scrambled(records: Sequence[RawRecord], dice: random.Random) -> list[list[RawRecord]]:
    """Swap neighbours of one stream, deliver some again later, all in parcels of any size."""
    arrived = [*records]
    for place, (one, two) in enumerate(pairwise(records)):
        is_neighbour = one.headers["ce_source"] == two.headers["ce_source"]
        if is_neighbour and place >= len(OPENED) and dice.random() < 0.6:
            arrived[place], arrived[place + 1] = two, arrived[place]
    for place in dice.choices(range(len(records)), k=6):
        (copy,) = again(records[place : place + 1])
        arrived.insert(dice.randrange(place + 2, len(arrived) + 1), copy)
    placed = [replace(record, offset=offset) for offset, record in enumerate(arrived)]
    cuts = sorted(dice.sample(range(1, len(placed)), 5))
    return [placed[since:to] for since, to in pairwise([0, *cuts, len(placed)])]


def moved_back(times: Sequence[int]) -> bool:
    """Tell whether an event that moves the clock is older than one that has moved it before."""
    moving = [0, *(times[place] for place in MOVING)]
    return any(time < max(moving[:place]) for place, time in enumerate(moving) if place)
