"""How the router shares out work in a crowd: worklists, takes and offers, beside a bare query."""

import argparse
import asyncio
import logging
import random
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Awaitable, Callable, Sequence
from http import HTTPStatus
from pathlib import Path
from typing import Any, Final

import asyncpg
import httpx
import structlog
from databases import a_database
from figures import percentile, say, table
from sqlalchemy.ext.asyncio import AsyncEngine

from chassis.door import Journey, Tx, run
from contracts.routing import AssignmentOffered, CaseAssigned
from router.handlers.dispatch_offers import dispatch_offers
from stack.layout import make_home

sys.path.append(str(Path(__file__).parents[1] / "tests"))  # the crowd of the tests, only larger

from house_crowd import Crowd, Person, due_first, seed, the_log
from ownership import find_faults
from service_house import House, open_house

AT_ONCE: Final = 500
PAGE: Final = 50
_BARE: Final = """
select * from queued_cases where marketplace = 'harbour' and queue = $1 and holder is null
order by due_at, case_id limit 51
"""
Ask = Callable[[int], Awaitable[object]]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--quick", action="store_true", help="a tenth of the cases, rougher")
    asyncio.run(measure(quick=parser.parse_args().quick))


async def measure(*, quick: bool) -> None:
    """Print how long pages, takes and rounds of offers take, and whether all went right."""
    # A service writes its lines to a file; here they would stand between the figures.
    structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(logging.ERROR))
    crowd = Crowd(people=200, queues=40, cases=2_000 if quick else 20_000, capacity=20)
    say(f"\nA crowd: {crowd.people} people, {crowd.queues} queues, {crowd.cases} open cases")
    say("Service and clients in one process, PostgreSQL syncs every commit; ms each:")
    async with a_database("router", connections=20, patience=300) as engine:
        await seed(engine, crowd)
        with tempfile.TemporaryDirectory(dir=make_home()) as folder:
            await _measure(crowd, engine, Path(folder), rounds=200 if quick else 1_000)


async def _measure(crowd: Crowd, engine: AsyncEngine, folder: Path, *, rounds: int) -> None:
    async with open_house(crowd.plan, engine, folder) as house:
        rows = [
            *await _pages(house, crowd, rounds=rounds),
            ("take, one after the other", *_shares(await _takes(house, crowd))),
            ("a round of offers", *_shares(await _rounds(engine, crowd))),
        ]
        table(("", "p50", "p99", "times the bare query"), _beside(rows))
        await _all_at_once(house, crowd)
        await _judge(engine, crowd)


async def _pages(house: House, crowd: Crowd, *, rounds: int) -> list[tuple[str, float, float]]:
    queues = [f"q{random.randrange(crowd.queues)}" for _ in range(rounds)]
    after = [await _next(house, crowd, queue) for queue in queues]
    bare = await asyncpg.connect(
        house.engine.url.set(drivername="postgresql").render_as_string(hide_password=False)
    )
    kinds: dict[str, Ask] = {
        "a bare query": lambda n: bare.fetch(_BARE, queues[n]),
        "page of a worklist": lambda n: _page(house, crowd, queues[n], ""),
        "… of what I may work": lambda n: _page(house, crowd, queues[n], "&workable=true"),
        "… the page after it": lambda n: _page(house, crowd, queues[n], after[n]),
    }
    taken: dict[str, list[float]] = {name: [] for name in kinds}
    for number in range(rounds):
        for name, ask in kinds.items():
            taken[name].append(await _timed(ask, number))
    await bare.close()
    return [(name, *_shares(each)) for name, each in taken.items()]


async def _page(house: House, crowd: Crowd, queue: str, more: str) -> httpx.Response:
    who = crowd.persons[int(queue[1:])]
    path = f"/v1/queues/{queue}/cases?limit={PAGE}{more}"
    answer = await house.get(path, by="mara", **_claims(who))
    answer.raise_for_status()
    return answer


async def _next(house: House, crowd: Crowd, queue: str) -> str:
    after = (await _page(house, crowd, queue, "")).json()["next"]
    return f"&cursor={after}" if after else ""


async def _takes(house: House, crowd: Crowd) -> list[float]:
    return [await _timed(lambda n: _take(house, crowd.persons[n]), n) for n in range(crowd.people)]


async def _take(house: House, who: Person) -> httpx.Response:
    return await house.post(f"/v1/queues/q{who.teams[0][1:]}/take", by="mara", **_claims(who))


def _claims(who: Person) -> dict[str, Any]:
    return {"sub": who.login, "member": who.member, "teams": list(who.teams)}


async def _rounds(engine: AsyncEngine, crowd: Crowd) -> list[float]:
    """Offer until everybody has enough, but for what is left to be taken all at once."""
    rounds = []
    for _ in range(crowd.people * crowd.capacity // PAGE - AT_ONCE // PAGE - 4):
        began = time.perf_counter()
        if not await _dispatch(engine, crowd):
            break
        rounds.append(time.perf_counter() - began)
    return rounds


async def _dispatch(engine: AsyncEngine, crowd: Crowd) -> bool:
    known = {crowd.playbook.pin: crowd.playbook}

    async def work(tx: Tx) -> bool:
        return await dispatch_offers(tx, playbooks=known)

    return await run(engine, work, pen=crowd.plan.pen, journey=Journey(actor="service:router"))


async def _all_at_once(house: House, crowd: Crowd) -> None:
    began = time.perf_counter()
    people = crowd.persons * (AT_ONCE // crowd.people + 1)
    answers = await asyncio.gather(*(_take(house, who) for who in people[:AT_ONCE]))
    spent = time.perf_counter() - began
    cases = [answer.json()["case"] for answer in answers if answer.status_code == HTTPStatus.OK]
    codes = Counter(answer.status_code for answer in answers)
    counted = ", ".join(f"{code}: {number}" for code, number in codes.items())
    twice = len(cases) - len(set(cases))
    say(f"{AT_ONCE} takes at once: {spent:.1f} s ({counted}); given twice: {twice}")


async def _judge(engine: AsyncEngine, crowd: Crowd) -> None:
    """Read the log: who had what at each instant, and whether the urgent came first."""
    while await _dispatch(engine, crowd):
        continue
    log = await the_log(engine)
    faults = find_faults(log, known=crowd.known, capacity=crowd.capacity)
    shared = [one for one in log if isinstance(one.fact, AssignmentOffered | CaseAssigned)]
    given: dict[str, set[str]] = {}
    for one in shared:
        given.setdefault(one.fact.queue, set()).add(one.subject)
    loads = Counter({one.fact.assignment: one.fact.member for one in shared}.values())
    ordered = sum(
        set(due_first(crowd, n)[: len(given.get(f"q{n}", ()))]) == given.get(f"q{n}", set())
        for n in range(crowd.queues)
    )
    say(
        f"{len(log)} events; without an owner, twice in hands or above capacity: {len(faults)};"
        f" queues whose most urgent were given: {ordered} of {crowd.queues};"
        f" cases a person: {min(loads.values())} to {max(loads.values())} of {crowd.capacity}"
    )


async def _timed(ask: Ask, number: int) -> float:
    began = time.perf_counter()
    await ask(number)
    return time.perf_counter() - began


def _shares(seconds: Sequence[float]) -> tuple[float, float]:
    return percentile(seconds, 0.5) * 1e3, percentile(seconds, 0.99) * 1e3


def _beside(
    rows: Sequence[tuple[str, float, float]],
) -> list[tuple[str, float, float, float]]:
    ceiling = rows[0][2]
    return [(name, p50, p99, p99 / ceiling) for name, p50, p99 in rows]


if __name__ == "__main__":
    main()
