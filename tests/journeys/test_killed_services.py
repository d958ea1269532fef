"""The first road with its first two services killed on the way: nothing lost, nothing twice."""

import asyncio
import random

import pytest

from stack.story import files
from stack.story.checks import Teller
from stack.story.demo import Stage
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
    @pytest.mark.parametrize("service", ["intake", "router"])
    async def test_survives_a_kill_at_a_random_step(
        self, service: str, stage: Stage, teller: Teller
    ) -> None:
        fatal = random.choice(STEPS)

        async def kill(step: str) -> None:
            if step == fatal:
                teller.tell(f"SIGKILL {service} during {step}")
                later = asyncio.get_running_loop()
                later.call_later(random.uniform(0, 0.3), stage.stack.kill, service)

        road = stage.road(files.new_filing(), teller)
        road.before = kill

        await walk(road)
        await check_events(road)

        assert teller.failed == []
