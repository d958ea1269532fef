"""Live through all scenarios at once on a stack, and keep what was said and answered."""

import asyncio
from collections.abc import Awaitable, Mapping
from dataclasses import dataclass
from typing import Final

import httpx

from scenario_filings import example, scenarios, the_playbook
from scenario_roads import ROADS
from scenario_stage import Lived, Play, Scene, tell
from stack.stacks import Stack
from stack.story.demo import town_of
from stack.story.topics import listening

_TOPICS: Final = (
    "cases.v1",
    "handoffs.engineering.v1",
    "handoffs.finance.v1",
    "handoffs.product.v1",
    "handoffs.trust.v1",
)
_AT_ONCE: Final = 12
"""More would only wait for one another, and their requests for an answer."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Lives:
    """What became of each scenario by its number, of each trap by its golden case, of each road."""

    found: Mapping[str, Lived | BaseException]

    def of(self, name: str) -> Lived:
        lived = self.found[name]
        if isinstance(lived, BaseException):
            raise lived
        return lived


async def live(stack: Stack) -> Lives:
    """File every scenario and its traps, walk every road, then look at the topics once."""
    limits = httpx.Limits(max_connections=4 * _AT_ONCE)
    async with (
        httpx.AsyncClient(limits=limits) as http,
        listening(stack.kafka, *_TOPICS, start="earliest") as heard,
    ):
        play = Play(town=town_of(stack, http), heard=heard, kafka=stack.kafka)
        wanted = _wanted(play)
        turn = asyncio.Semaphore(_AT_ONCE)
        ends = await asyncio.gather(
            *(_in_turn(turn, one) for one in wanted.values()), return_exceptions=True
        )
        found = dict(zip(wanted, ends, strict=True))
        return Lives(found={name: _lived(end) for name, end in found.items()})


def _wanted(play: Play) -> dict[str, Awaitable[Scene]]:
    """Name everything that is to be lived through: what takes longest comes first."""
    return {
        **{f"{number} later": road(play) for number, road in ROADS.items()},
        **{number: tell(play, one) for number, one in scenarios().items()},
        **{name: _trap(play, name) for name in traps()},
    }


def traps() -> tuple[str, ...]:
    """Name the golden cases that stand beside a scenario and must go another way."""
    return tuple(one.name for one in the_playbook().examples if "_trap_" in one.name)


async def _trap(play: Play, name: str) -> Scene:
    """File a trap, and hear whoever is called at once: a read does not say that it was."""
    scene = await play.filed(name)
    if called := example(name).expect.escalations:
        await scene.hear("escalation.raised", count=len(called))
    return scene


async def _in_turn(turn: asyncio.Semaphore, work: Awaitable[Scene]) -> Scene:
    async with turn:
        scene = await work
        await scene.settled()
        return scene


def _lived(end: Scene | BaseException) -> Lived | BaseException:
    if isinstance(end, BaseException):
        return end
    said = tuple(one for one in end.road.heard.of(end.case) if one.topic == "cases.v1")
    return Lived(case=end.case, said=said, learnt=end.learnt)
