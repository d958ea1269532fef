"""POST → routed of other cases while one case is parked at the router, and while none is."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from statistics import median
from uuid import UUID, uuid4

import asyncpg
import httpx
from figures import percentile, say, table
from latency import reader, route
from throughput import settle

from chassis import ids
from stack.stacks import Stack
from stack.story.files import new_filing
from stack.waiting import until

_WITHIN = 30.0
_BREAK = "update case_view set state = '{}' where case_id = $1 returning true"
_MEND = "update case_view set state = $2 where case_id = $1"
_RETRY = """
update parked_event set state = 'waiting', next_attempt_at = '-infinity'
where state in ('waiting', 'dead')
"""
_WAITING = "select count(*) from parked_event where state in ('waiting', 'dead')"


async def compare(stack: Stack, *, quick: bool) -> None:
    """Measure in turns, a newly parked case each time: it is still tried again meanwhile."""
    rounds, times = (2, 30) if quick else (4, 50)
    say(f"\nPOST → `case.routed`, one case at a time, {rounds} x {times} each, in turns: while no")
    say(
        "case is parked at the router, and while one is (its fold cannot be read, six events wait)."
    )
    without: list[float] = []
    beside: list[float] = []
    async with (
        reader(stack, "cases.v1") as consumer,
        httpx.AsyncClient(base_url=stack.url("intake")) as http,
    ):
        http.headers["Authorization"] = f"Bearer {stack.token('harbour-front-end')}"
        for _ in range(rounds):
            await settle(stack)
            without += [await route(http, consumer, stack) for _ in range(times)]
            await settle(stack)
            async with _parked(stack, http):
                beside += [await route(http, consumer, stack) for _ in range(times)]
    rows = [("none parked", *_of(without)), ("one parked", *_of(beside))]
    ratio = [now / before for now, before in zip(_of(beside), _of(without), strict=True)]
    table(("", "p50 ms", "p99 ms"), [*rows, ("ratio", *ratio)])
    say("    to hold: 1.5 at p99")


def _of(values: list[float]) -> tuple[float, float]:
    return median(values), percentile(values, 0.99)


@asynccontextmanager
async def _parked(stack: Stack, http: httpx.AsyncClient) -> AsyncIterator[None]:
    """Keep a case parked at the router as long as the block lasts; then mend it."""
    database = await asyncpg.connect(stack.dsn("router", role="owner"))
    try:
        case = await _file(http)
        await settle(stack)
        kept = await database.fetchval("select state from case_view where case_id = $1", case)
        await database.execute(_BREAK, case)
        for _ in range(6):
            await _say_more(http, case)

        async def parked() -> bool:
            return bool(await database.fetchval(_WAITING) == 6)  # noqa: PLR2004 - as many as were said

        await until(parked, within=_WITHIN)
        yield
        await database.execute(_MEND, case, kept)

        async def done() -> bool:
            await database.execute(_RETRY)
            return bool(await database.fetchval(_WAITING) == 0)

        await until(done, within=_WITHIN, every=0.5)
    finally:
        await database.close()


async def _file(http: httpx.AsyncClient) -> UUID:
    key = {"Idempotency-Key": uuid4().hex}
    answer = await http.post("/v1/cases", json=new_filing(), headers=key)
    return ids.to_uuid(answer.raise_for_status().json()["id"], prefix="case")


async def _say_more(http: httpx.AsyncClient, case: UUID) -> None:
    path = f"/v1/cases/{ids.from_uuid('case', case)}/messages"
    said = {"channel": "portal", "body": "Is there any news?"}
    answer = await http.post(path, json=said, headers={"Idempotency-Key": uuid4().hex})
    answer.raise_for_status()
