"""`make demo`: the first road and its variant, told line by line; fails when a line fails."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from time import monotonic
from typing import Any

import httpx

from stack.stacks import ALL_SERVICES, Stack
from stack.story import files
from stack.story.broken_promise import walk_broken_promise
from stack.story.checks import Say, Teller
from stack.story.ending import check_events, check_trail
from stack.story.first_road import Road, walk
from stack.story.people import Town, UnexpectedAnswer
from stack.story.topics import Listener, NeverCame, listening

TOPICS = ("cases.v1", "handoffs.finance.v1")


@dataclass(frozen=True, slots=True, kw_only=True)
class Stage:
    """A running stack, listened to, with someone to ask it."""

    stack: Stack
    town: Town
    heard: Listener

    def road(self, filing: dict[str, Any], teller: Teller) -> Road:
        return Road(
            town=self.town,
            heard=self.heard,
            teller=teller,
            kafka=self.stack.kafka,
            filing=filing,
        )


@asynccontextmanager
async def on_stage(stack: Stack) -> AsyncIterator[Stage]:
    """Connect to a running stack as outsiders do: HTTP, and a plain Kafka client."""
    async with (
        httpx.AsyncClient() as http,
        listening(stack.kafka, *TOPICS, start="earliest") as heard,
    ):
        yield Stage(stack=stack, town=town_of(stack, http), heard=heard)


def town_of(stack: Stack, http: httpx.AsyncClient) -> Town:
    return Town(urls={name: stack.url(name) for name in ALL_SERVICES}, token=stack.token, http=http)


def tell(stack: Stack, say: Say) -> bool:
    """Tell the whole story; False when a line of it did not come true."""
    return asyncio.run(_tell(stack, say))


async def _tell(stack: Stack, say: Say) -> bool:
    began, teller = monotonic(), Teller(say=say)
    try:
        async with on_stage(stack) as stage:
            with TemporaryDirectory() as folder:
                await _first_road(stage, teller, Path(folder))
            await _variant(stage, teller)
    except (UnexpectedAnswer, NeverCame) as error:
        teller.fail(f"{type(error).__name__}: {error}")
    say(f"\n{_sum_up(teller)} ({monotonic() - began:.1f} s)")
    return not teller.failed


async def _first_road(stage: Stage, teller: Teller, folder: Path) -> None:
    road = stage.road(files.new_filing(), teller)
    await walk(road)
    await check_events(road)
    await check_trail(road, signer_key=stage.stack.keys.signer, folder=folder)


async def _variant(stage: Stage, teller: Teller) -> None:
    road = stage.road(files.new_filing("harbour-demo"), teller)
    await walk_broken_promise(road)


def _sum_up(teller: Teller) -> str:
    if not teller.failed:
        return "Every line came true."
    return f"{len(teller.failed)} lines did not come true: " + "; ".join(teller.failed)
