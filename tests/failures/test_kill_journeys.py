"""The first road with each process killed on the way: nothing lost, nothing twice."""

import asyncio
import random

import pytest

from harness.rig import Rig
from stack.services import SIGNER
from stack.stacks import ALL_SERVICES
from stack.story import files
from stack.story.checks import Teller
from stack.story.demo import on_stage
from stack.story.ending import check_events
from stack.story.first_road import walk

STEPS = (
    "hear_route",
    "hear_questions",
    "send_documents",
    "claim",
    "judge",
    "hand_over",
    "answer_as_finance",
    "decide",
)


class TestTheFirstRoad:
    @pytest.mark.timeout(600)
    @pytest.mark.parametrize("process", [*ALL_SERVICES, SIGNER])
    async def test_survives_a_kill_at_a_random_step(self, process: str, rig: Rig) -> None:
        fatal, teller = random.choice(STEPS), Teller(say=print)

        async def kill(step: str) -> None:
            if step == fatal:
                teller.tell(f"SIGKILL {process} during {step}")
                later = asyncio.get_running_loop()
                later.call_later(random.uniform(0, 0.3), rig.stack.kill, process)

        async with on_stage(rig.stack) as stage:
            road = stage.road(files.new_filing(), teller)
            road.before = kill
            await walk(road)
            await check_events(road)

        assert teller.failed == []
