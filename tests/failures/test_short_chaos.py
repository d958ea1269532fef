"""A short soak: random faults on replicas under load; then everything must agree."""

import asyncio
import random

import pytest

from extent import short_or_full
from harness.nemesis import Nemesis, Temper
from harness.rig import Rig
from stack.story.checks import Teller

CHAOS_FOR = short_or_full(45.0, 600.0)


class TestAShortChaos:
    @pytest.mark.fault(112)
    @pytest.mark.timeout(short_or_full(600, 1800))
    async def test_loses_nothing_and_does_nothing_twice(self, rig: Rig) -> None:
        seed, over = random.randrange(2**32), asyncio.Event()
        teller = Teller(say=print)
        teller.tell(f"seed {seed}")
        nemesis = Nemesis(
            stack=rig.stack,
            chance=random.Random(seed),
            detours=rig.detours,
            temper=Temper(peace=(1, 5), frozen=(1, 8), cut=(1, 8), away=(0, 3)),
        )
        asyncio.get_running_loop().call_later(CHAOS_FOR, over.set)

        async with asyncio.TaskGroup() as tasks:
            tasks.create_task(rig.load(per_second=1).run(stop=over))
            await nemesis.run(over)

        teller.tell(f"faults: {dict(nemesis.counted())}")
        assert nemesis.faults
        assert await rig.judge(within=120) == []
