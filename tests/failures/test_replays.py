"""Old records once more: whole topics from offset 0, and single ones in any order."""

import asyncio
import random
from collections.abc import Collection

import pytest

from extent import short_or_full
from harness import breaking
from harness.rig import Rig
from stack.stacks import ALL_SERVICES

pytestmark = pytest.mark.timeout(short_or_full(600, 3600))


class TestWhatWasHeardBefore:
    @pytest.mark.fault(50)
    async def test_has_no_effect_when_everybody_reads_from_the_beginning(self, rig: Rig) -> None:
        known = await opened_cases(rig)
        await rig.load().run(cases=short_or_full(3, 30))
        assert await rig.judge() == []
        new = set(await opened_cases(rig)) - set(known)
        before = await written(rig, new)

        async with breaking.stopped(rig.stack, *ALL_SERVICES):
            for service in ALL_SERVICES:
                await breaking.rewind(rig.stack, service)

        assert await rig.judge() == []
        assert len(new) == short_or_full(3, 30)
        assert await written(rig, new) == before

    async def test_has_no_effect_when_somebody_says_it_again(self, rig: Rig) -> None:
        working = asyncio.create_task(rig.load().run(cases=short_or_full(4, 40)))

        sent = 0
        for _ in range(short_or_full(3, 30)):
            sent += await breaking.repeat(rig.stack, random.Random(), most=100)
        await working

        assert sent
        assert await rig.judge() == []


async def opened_cases(rig: Rig) -> list[str]:
    """List all cases. Other tests' cases are old enough for their clocks to run out meanwhile."""
    opened = "select array_agg(subject) from outbox where topic = 'cases.v1' and sequence = 1"
    return await rig.ask("intake", opened) or []


async def written(rig: Rig, cases: Collection[str]) -> dict[str, int]:
    """Count what these cases have come of: events of each service but the log's own."""
    said = "select count(*) from outbox where topic = 'cases.v1' and subject = any($1)"
    found = {service: await rig.ask(service, said, list(cases)) for service in ALL_SERVICES}
    leaves = "select count(*) from leaves where topic = 'cases.v1' and subject = any($1)"
    return {**found, "leaves": await rig.ask("audit", leaves, list(cases))}
