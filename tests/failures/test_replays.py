"""Old records once more: whole topics from offset 0, and single ones in any order."""

import asyncio
import random

import pytest

from extent import short_or_full
from harness import breaking
from harness.rig import Rig
from stack.stacks import ALL_SERVICES

pytestmark = pytest.mark.timeout(short_or_full(600, 3600))


class TestWhatWasHeardBefore:
    @pytest.mark.fault(50)
    async def test_has_no_effect_when_everybody_reads_from_the_beginning(self, rig: Rig) -> None:
        await rig.load().run(cases=short_or_full(3, 30))
        assert await rig.judge() == []
        before = await written(rig)

        async with breaking.stopped(rig.stack, *ALL_SERVICES):
            for service in ALL_SERVICES:
                await breaking.rewind(rig.stack, service)

        assert await rig.judge() == []
        assert await written(rig) == before

    async def test_has_no_effect_when_somebody_says_it_again(self, rig: Rig) -> None:
        working = asyncio.create_task(rig.load().run(cases=short_or_full(4, 40)))

        sent = 0
        for _ in range(short_or_full(3, 30)):
            sent += await breaking.repeat(rig.stack, random.Random(), most=100)
        await working

        assert sent
        assert await rig.judge() == []


async def written(rig: Rig) -> dict[str, int]:
    """Count what cases have come of: events of each service but the log's own."""
    found: dict[str, int] = {}
    for service in ALL_SERVICES:
        found[service] = await rig.ask(
            service, "select count(*) from outbox where topic = 'cases.v1'"
        )
    found["leaves"] = await rig.ask("audit", "select count(*) from leaves where topic = 'cases.v1'")
    return found
