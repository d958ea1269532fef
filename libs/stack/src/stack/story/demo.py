"""`make demo`: the first road and its variant, told line by line; fails when a line fails."""

import asyncio
import shutil
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from time import monotonic
from typing import Any

import httpx
from aiokafka.errors import KafkaError

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
            first = await _first_road(stage, teller, _kept(stack))
            await _variant(stage, teller)
            _look_further(stack, first, teller)
    except (UnexpectedAnswer, NeverCame, KafkaError) as error:
        teller.fail(f"{type(error).__name__}: {error}")
    say(f"\n{_sum_up(teller)} ({monotonic() - began:.1f} s)")
    return not teller.failed


def _kept(stack: Stack) -> Path:
    """Make an empty folder for what the story leaves to look at: the export, whom to trust."""
    folder = stack.folder / "demo"
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(mode=0o700)
    return folder


async def _first_road(stage: Stage, teller: Teller, folder: Path) -> Road:
    road = stage.road(files.new_filing(), teller)
    await walk(road)
    await check_events(road)
    await check_trail(road, signer_key=stage.stack.keys.signer, folder=folder)
    return road


async def _variant(stage: Stage, teller: Teller) -> None:
    road = stage.road(files.new_filing("harbour-demo"), teller)
    await walk_broken_promise(road)


def _look_further(stack: Stack, road: Road, teller: Teller) -> None:
    folder = stack.folder / "demo"
    token = stack.layout.make("token")
    teller.chapter("To look further")
    for line in (
        f"what the seller sees: {stack.url('intake')}/v1/cases/{road.case}/status",
        f"why all of it: {stack.url('audit')}/v1/cases/{road.case}/explain",
        f"  with `Authorization: Bearer …` of `{token} WHO=seller-clay-and-co` or `WHO=ines`",
        f".venv/bin/audit-verify bundle {folder}/case.zip --policy {folder}/policy.json",
        "docs/tutorial.md does it all by hand",
    ):
        teller.tell(line)


def _sum_up(teller: Teller) -> str:
    if not teller.failed:
        return "Every line came true."
    return f"{len(teller.failed)} lines did not come true: " + "; ".join(teller.failed)
