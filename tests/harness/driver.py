"""The load: cases filed and worked over HTTP, every operation on record in a history."""

import asyncio
import random
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field

import httpx

from harness.caller import Caller
from harness.history import History
from harness.script import Script
from stack.stacks import ALL_SERVICES, Stack


@dataclass(frozen=True, slots=True, kw_only=True)
class Pace:
    """How much is asked for: cases begun a second, at most so many at once."""

    per_second: float = 2.0
    at_once: int = 8
    gives_up_after: float = 40.0
    """Seconds that one operation is tried again before it stays `info`."""


@dataclass(slots=True, kw_only=True)
class Load:
    """Files cases and works them: evidence, contacts, assignment, judgement, handoff, decision."""

    urls: Mapping[str, Sequence[str]]
    """Where each service answers; several are taken in turn."""
    token: Callable[[str], str]
    history: History
    pace: Pace = field(default_factory=Pace)
    seed: int = 0

    @property
    def canary(self) -> str:
        """What every restricted value of this load holds, and nothing else may."""
        return f"Canary-{self.seed:08x}-of-the-kiln"

    async def run(self, *, cases: int | None = None, stop: asyncio.Event | None = None) -> None:
        """Begin cases until so many were begun or `stop` is set; return when all have ended."""
        chance = random.Random(self.seed)
        limits = httpx.Limits(max_connections=self.pace.at_once * 2)
        async with httpx.AsyncClient(limits=limits) as http, asyncio.TaskGroup() as playing:
            caller = Caller(
                http=http,
                urls=self.urls,
                token=self.token,
                history=self.history,
                gives_up_after=self.pace.gives_up_after,
            )
            room, begun = asyncio.Semaphore(self.pace.at_once), 0
            while (cases is None or begun < cases) and not (stop and stop.is_set()):
                await room.acquire()
                script = Script(
                    caller=caller,
                    number=begun,
                    canary=self.canary,
                    chance=random.Random(chance.random()),
                )
                playing.create_task(script.play()).add_done_callback(lambda _: room.release())
                begun += 1
                await _pause(stop, chance.expovariate(self.pace.per_second))


async def _pause(stop: asyncio.Event | None, seconds: float) -> None:
    """Keep the pace; end early when told to stop."""
    try:
        async with asyncio.timeout(seconds):
            await (stop or asyncio.Event()).wait()
    except TimeoutError:
        return


def load_of(stack: Stack, history: History, *, pace: Pace | None = None, seed: int = 0) -> Load:
    """Aim a load at the first replica of each service of a stack."""
    return Load(
        urls={service: [stack.url(service)] for service in ALL_SERVICES},
        token=stack.token,
        history=history,
        pace=pace or Pace(),
        seed=seed,
    )
