"""Many people, many cases: shared out fairly, each with an owner at every instant."""

import asyncio
from collections import Counter
from collections.abc import AsyncIterator, Coroutine, Iterable
from pathlib import Path
from typing import Any

import httpx
import pytest
from sqlalchemy.ext.asyncio import AsyncEngine, create_async_engine

from chassis.clock import perform
from conftest import EngineFor
from contracts.event import Event
from contracts.routing import AssignmentOffered, CaseAssigned
from house_crowd import EVERY, Crowd, Person, due_first, seed, the_log
from ownership import find_faults
from router.clock import duties
from service_house import House, open_house

FULL = Crowd(people=20, queues=6, cases=400, capacity=5)
ROOMY = Crowd(people=20, queues=6, cases=200, capacity=50)
PERSONS = {one.member: one for one in FULL.persons}
EVERY_WAY = ("case.assigned", "case.unassigned", "assignment.offered", "assignment.declined")


async def open_crowd(crowd: Crowd, engine: AsyncEngine, folder: Path) -> AsyncIterator[House]:
    await seed(engine, crowd)
    async with open_house(crowd.plan, engine, folder) as house:
        yield house


@pytest.fixture
async def full(engine_for: EngineFor, tmp_path: Path) -> AsyncIterator[House]:
    """Open a router with more cases than its people have room for, and patience for them all."""
    url = (await engine_for("router")).url
    patient = create_async_engine(url, pool_size=20, pool_timeout=300, hide_parameters=True)
    async for house in open_crowd(FULL, patient, tmp_path):
        yield house
    await patient.dispose()


@pytest.fixture
async def roomy(engine_for: EngineFor, tmp_path: Path) -> AsyncIterator[House]:
    """Open a router whose people have room for all cases."""
    async for house in open_crowd(ROOMY, await engine_for("router"), tmp_path):
        yield house


async def dispatch(house: House, crowd: Crowd) -> None:
    known = {crowd.playbook.pin: crowd.playbook}
    [duty] = [one for one in duties(known) if one.name == "dispatch-offers"]
    for _ in range(crowd.cases // 50 + 1):
        await perform(duty, engine=house.engine, pen=house.plan.pen)


async def ask(house: House, who: Person, path: str, body: object = None) -> httpx.Response:
    said_by: dict[str, Any] = {"sub": who.login, "member": who.member, "teams": list(who.teams)}
    return await house.post(path, body, by="mara", **said_by)


async def offers(house: House) -> list[tuple[str, str, str]]:
    """Return queue, case and member of each offer, in order."""
    return [
        (one.fact.queue, one.subject, one.fact.member)
        for one in await the_log(house.engine)
        if isinstance(one.fact, AssignmentOffered)
    ]


class TestDispatch:
    @pytest.mark.covers("OW-7", "RT-2")
    async def test_fills_everybody_and_nobody_over_with_what_breaks_first(
        self, full: House
    ) -> None:
        await dispatch(full, FULL)

        asked = await offers(full)
        assert set(Counter(member for _, _, member in asked).values()) == {FULL.capacity}
        assert len(asked) == FULL.people * FULL.capacity
        for queue in range(FULL.queues):
            given = [case for name, case, _ in asked if name == f"q{queue}"]
            assert set(given) == set(due_first(FULL, queue)[: len(given)])
        assert (
            find_faults(await the_log(full.engine), known=FULL.known, capacity=FULL.capacity) == []
        )

    @pytest.mark.covers("OW-7", "OW-12")
    async def test_leaves_nothing_and_spreads_between_equals(self, roomy: House) -> None:
        await dispatch(roomy, ROOMY)

        asked = await offers(roomy)
        ready = [case for queue in range(ROOMY.queues) for case in due_first(ROOMY, queue)]
        assert sorted(case for _, case, _ in asked) == sorted(ready)
        assert len(ready) < ROOMY.cases * (EVERY - 1) // EVERY + ROOMY.queues
        loads = Counter(member for _, _, member in asked)
        for like in {one.teams for one in ROOMY.persons}:
            equals = [loads[one.member] for one in ROOMY.persons if one.teams == like]
            assert max(equals) - min(equals) <= 1


class TestEverybodyAtOnce:
    @pytest.mark.covers("OW-4")
    async def test_leaves_no_case_without_an_owner_at_any_instant(self, full: House) -> None:
        """All take, answer what they are offered, give back, and are offered again."""
        answers = await at_once(take(full, one) for one in FULL.persons * 4)
        await dispatch(full, FULL)
        asked = await offers(full)
        answers += await at_once(
            answer(full, case, member, accepts=place % 2 == 0)
            for place, (_, case, member) in enumerate(asked)
        )
        answers += await at_once(give_back(full, one) for one in await assigned(full))
        await dispatch(full, FULL)

        log = await the_log(full.engine)
        kinds = Counter(one.fact.type for one in log)
        assert min(kinds[f"{one}.v1"] for one in EVERY_WAY) > 0
        assert find_faults(log, known=FULL.known, capacity=FULL.capacity) == []
        assert {one.status_code for one in answers} <= {200, 201, 204, 409, 503}


async def at_once(asking: Iterable[Coroutine[Any, Any, httpx.Response]]) -> list[httpx.Response]:
    return list(await asyncio.gather(*asking))


async def take(house: House, who: Person) -> httpx.Response:
    return await ask(house, who, f"/v1/queues/q{who.teams[0][1:]}/take")


async def answer(house: House, case: str, member: str, *, accepts: bool) -> httpx.Response:
    path = f"/v1/cases/{case}/assignment/{'acceptance' if accepts else 'declination'}"
    return await ask(house, PERSONS[member], path, None if accepts else {"reason": "overloaded"})


async def assigned(house: House) -> list[Event[CaseAssigned]]:
    """Return every second assignment of those who own the queue themselves."""
    found = [one for one in await the_log(house.engine) if isinstance(one.fact, CaseAssigned)]
    return [one for one in found if one.fact.team[1:] == one.fact.queue[1:]][::2]


async def give_back(house: House, one: Event[CaseAssigned]) -> httpx.Response:
    path = f"/v1/cases/{one.subject}/assignment/release"
    return await ask(house, PERSONS[one.fact.member], path, {"reason": "overloaded"})
