"""The first road with each process killed on the way: nothing lost, nothing twice."""

import asyncio
import random
from collections.abc import Sequence

import pytest

from extent import FULL
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


PROCESSES = (*ALL_SERVICES, SIGNER)
# In short each road loses several processes, one after the other; in full each loses one.
VICTIMS = [(one,) for one in PROCESSES] if FULL else [PROCESSES[::2], PROCESSES[1::2]]


class TestTheFirstRoad:
    @pytest.mark.timeout(600)
    @pytest.mark.parametrize("victims", VICTIMS, ids="-".join)
    async def test_survives_kills_at_random_steps(self, victims: Sequence[str], rig: Rig) -> None:
        teller = Teller(say=print)
        fatal = dict(zip(random.sample(STEPS, k=len(victims)), victims, strict=True))

        async def kill(step: str) -> None:
            if process := fatal.get(step):
                teller.tell(f"SIGKILL {process} during {step}")
                later = asyncio.get_running_loop()
                later.call_later(random.uniform(0, 0.3), rig.stack.kill, process)

        async with on_stage(rig.stack) as stage:
            road = stage.road(files.new_filing(), teller)
            road.before = kill
            await walk(road)
            await check_events(road)

        assert teller.failed == []
