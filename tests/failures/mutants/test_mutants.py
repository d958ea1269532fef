"""Each broken rule is found under its name, on a day on which the product is found clean."""

from collections import Counter
from collections.abc import Awaitable, Callable
from pathlib import Path

import pytest
from sqlalchemy.ext.asyncio import AsyncEngine

from failures.mutants.cast import MUTANTS, Mutant, due_day, talkative_day
from failures.mutants.town import Town, build_town
from harness.anomalies import Name
from harness.checker import check
from harness.dump import Dump

Build = Callable[[bool], Awaitable[Town]]
DAYS = {mutant.day: mutant for mutant in MUTANTS}


@pytest.fixture
def build(engine_for: Callable[[str], Awaitable[AsyncEngine]], tmp_path: Path) -> Build:
    async def make(timers: bool) -> Town:  # noqa: FBT001 - with a monitor of timers or without
        return await build_town(engine_for, tmp_path, timers=timers)

    return make


def found_in(dump: Dump) -> Counter[Name]:
    return Counter(anomaly.name for anomaly in check(dump))


class TestTheProduct:
    @pytest.mark.timeout(60)
    @pytest.mark.parametrize("mutant", DAYS.values(), ids=lambda one: one.day.__name__)
    async def test_shows_nothing_on_the_days_of_the_mutants(
        self, mutant: Mutant, build: Build
    ) -> None:
        town = await build(mutant.timers)

        await mutant.day(town)

        dump = await town.dump()
        assert set(found_in(dump)) == mutant.shows
        assert len(dump.leaves) > 1
        if mutant.day is due_day:
            assert any(row.type == "sla.breached.v1" for row in dump.written)


class TestTheChecker:
    @pytest.mark.timeout(60)
    @pytest.mark.parametrize("mutant", MUTANTS, ids=lambda one: one.name)
    async def test_catches(
        self, mutant: Mutant, build: Build, record_property: Callable[[str, object], None]
    ) -> None:
        town = await build(mutant.timers)
        mutant.breaks(town)

        await mutant.day(town)

        found = found_in(await town.dump())
        shown = {str(name): times for name, times in found.items()}
        record_property("mutant", (mutant.name, str(mutant.caught_as), shown))
        expected = {mutant.caught_as} | mutant.shows
        assert expected <= set(found) <= expected | mutant.and_as

    @pytest.mark.timeout(60)
    async def test_sees_words_in_the_clear(self, build: Build) -> None:
        town = await build(False)  # noqa: FBT003 - the same

        await talkative_day(town)

        assert Name.LEAK in found_in(await town.dump())
