"""A short chaos: services and their database killed under load; then everything must agree."""

import asyncio
import random
from collections.abc import Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass, field

import httpx
import pytest

from aftermath import contradictions, unrest
from stack.stacks import ALL_SERVICES, Stack, running_stack
from stack.story import files
from stack.story.checks import Teller
from stack.story.demo import town_of
from stack.story.first_road import DOCUMENTS
from stack.story.people import Town, UnexpectedAnswer
from stack.waiting import until

FILINGS = 12
AT_ONCE = 4
KILLS = 8
LONGEST_PEACE = 1.5
RESTS_WITHIN = 90.0
TARGETS = (*ALL_SERVICES, "postgres")


@dataclass(slots=True, kw_only=True)
class Sellers:
    """Who files, and sends what is asked for; each request again with its key until answered."""

    town: Town
    filed: list[str] = field(default_factory=list)

    async def file_all(self) -> None:
        waiting = iter(range(FILINGS))
        await asyncio.gather(*(self._file_some(waiting) for _ in range(AT_ONCE)))

    async def _file_some(self, waiting: Iterator[int]) -> None:
        for _ in waiting:
            try:
                await self._file()
            except UnexpectedAnswer:
                continue  # it may have happened or not; what follows finds out

    async def _file(self) -> None:
        front_end = self.town.whoever("harbour-front-end")
        answer = await front_end.post("intake", "/v1/cases", files.new_filing(), expect=201)
        case: str = answer.json()["id"]
        self.filed.append(case)
        self.town.note(case, answer)
        seller, path = self.town.whoever("seller-clay-and-co"), f"/v1/cases/{case}/evidence"
        for kind in DOCUMENTS:
            await seller.post("intake", path, form=files.document(kind), case=case, expect=201)


async def kill_some(
    stack: Stack, chance: random.Random, *, amid: asyncio.Task[None]
) -> Sequence[str]:
    """SIGKILL one after the other, the database once; the stack starts each again."""
    killed = ["postgres", *chance.choices(ALL_SERVICES, k=KILLS - 1)]
    chance.shuffle(killed)
    for process in killed:
        await asyncio.to_thread(stack.wait_until_ready, process)
        await asyncio.wait([amid], timeout=chance.uniform(0, LONGEST_PEACE))
        await asyncio.to_thread(stack.kill, process)
    for process in TARGETS:
        await asyncio.to_thread(stack.wait_until_ready, process)
    return killed


async def come_to_rest(stack: Stack) -> str | None:
    """Wait until nothing is on its way; say what is, if that takes too long."""

    async def rests() -> bool:
        return await unrest(stack) is None

    with suppress(TimeoutError):
        await until(rests, within=RESTS_WITHIN, every=0.5)
    return await unrest(stack)


class TestAShortChaos:
    @pytest.mark.timeout(420)
    async def test_loses_nothing_and_does_nothing_twice(self) -> None:
        teller = Teller(say=print)
        seed = random.randrange(2**32)
        teller.tell(f"seed {seed}")
        with running_stack(durable=True) as stack:
            async with httpx.AsyncClient() as http:
                sellers = Sellers(town=town_of(stack, http))
                filing = asyncio.create_task(sellers.file_all())
                killed = await kill_some(stack, random.Random(seed), amid=filing)
                teller.tell(f"SIGKILL {', '.join(killed)}")
                await filing

            assert await come_to_rest(stack) is None
            assert await contradictions(stack, filed=sellers.filed) == []
            assert sellers.filed
