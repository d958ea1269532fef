"""How long until everything is said and heard again, after a process was killed under load."""

import asyncio
import time
from collections.abc import Sequence
from uuid import uuid4

import httpx
from figures import percentile, say, table
from throughput import settle

from stack.stacks import Stack
from stack.story.files import new_filing

_VICTIMS = ("intake", "router", "audit", "kafka", "postgres")
_EVERY = 0.2
_PATIENCE = 2.0
_BEFORE, _AT_LEAST, _ONCE_READY = 2.0, 5.0, 1.0


async def measure(stack: Stack, *, quick: bool) -> None:
    """SIGKILL one process after the other while cases are filed; print what followed."""
    rounds = 1 if quick else 3
    say(f"\nRecovery: 5 cases/s, SIGKILL, {rounds} rounds each; the stack starts it again.")
    rows = []
    for victim in _VICTIMS:
        found = [await _kill(stack, victim) for _ in range(rounds)]
        rows.append((victim, *_worst(found)))
    table(("killed", "refused", "POST again s", "all quiet s"), rows)
    say("    refused: answers other than 201; quiet: outboxes empty and audit has every leaf,")
    say("    counted from the kill; cases are filed until the process has been ready for a second,")
    say(f"    and {_AT_LEAST:.0f} s at least")


def _worst(found: Sequence[tuple[int, float, float]]) -> tuple[object, ...]:
    refused, again, quiet = zip(*found, strict=True)
    return sum(refused), percentile(again, 1.0), percentile(quiet, 1.0)


async def _kill(stack: Stack, victim: str) -> tuple[int, float, float]:
    """Return how many were refused, and when (s) filing went on and when all was quiet."""
    await settle(stack)
    answers: list[tuple[float, bool]] = []
    async with httpx.AsyncClient(base_url=stack.url("intake"), timeout=_PATIENCE) as http:
        http.headers["Authorization"] = f"Bearer {stack.token('harbour-front-end')}"
        filing = asyncio.create_task(_file(http, answers))
        await asyncio.sleep(_BEFORE)
        killed = time.monotonic()
        stack.kill(victim)
        await asyncio.to_thread(stack.wait_until_ready, victim)
        await asyncio.sleep(max(_AT_LEAST - (time.monotonic() - killed), _ONCE_READY))
        filing.cancel()
        await asyncio.wait([filing])
    await settle(stack)
    quiet = time.monotonic() - killed
    late = [at - killed for at, well in answers if at > killed and not well]
    return len(late), max(late, default=0.0), quiet


async def _file(http: httpx.AsyncClient, answers: list[tuple[float, bool]]) -> None:
    while True:
        key = {"Idempotency-Key": str(uuid4())}
        try:
            answer = await http.post("/v1/cases", json=new_filing(), headers=key)
        except httpx.HTTPError:
            answers.append((time.monotonic(), False))
        else:
            answers.append((time.monotonic(), answer.status_code == httpx.codes.CREATED))
        await asyncio.sleep(_EVERY)
