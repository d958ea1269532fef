"""The router in process: its plan, its people, and what they do most."""

import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import datetime
from pathlib import Path
from typing import Any
from uuid import uuid4

import httpx
from sqlalchemy.ext.asyncio import AsyncEngine

from builders_contracts import CASE, NOON, a_case_opened, an_id, event
from builders_resolution import record_of, the_playbook
from chassis.consumer import deliver
from contracts.event import Contract
from contracts.sla import ClockStarted
from identities import MEMBERS
from router.api import ROUTERS
from router.api.problems import PROBLEMS
from router.consumers import router_consumer
from router.main import seed
from service_house import House, Plan, open_house

PLAYBOOKS = {the_playbook().pin: the_playbook()}
PLAN = Plan(
    name="router",
    routers=ROUTERS,
    problems=PROBLEMS,
    consumer=router_consumer(PLAYBOOKS),
    state={"playbooks": PLAYBOOKS},
)
CLEARED = ["identity", "narrative", "message", "evidence_file"]


def a_member(login: str, **changes: object) -> dict[str, object]:
    """Describe a member as the seed's file does."""
    return {
        "member": MEMBERS[login],
        "login": login,
        "name": login.capitalize(),
        "marketplaces": ["harbour"],
        "teams": ["verification"],
        "roles": ["agent"],
        "authority": 2,
        "clearances": CLEARED,
        "skills": ["verification"],
        "capacity": 20,
        **changes,
    }


THE_THREE = (a_member("mara"), a_member("jonas"), a_member("sofia", roles=["supervisor"]))


@asynccontextmanager
async def a_router(engine: AsyncEngine, folder: Path) -> AsyncIterator[House]:
    """Open a router with mara, jonas and sofia enrolled."""
    await enrol(engine, folder, *THE_THREE)
    async with open_house(PLAN, engine, folder) as house:
        yield house


async def enrol(engine: AsyncEngine, folder: Path, *members: dict[str, object]) -> None:
    file = folder / f"{uuid4().hex}.json"
    file.write_text(json.dumps(members))
    await seed([str(file)], engine=engine, pen=PLAN.pen)


async def hear(house: House, fact: Contract, *, case: str = CASE, sequence: int = 1) -> None:
    record = record_of(event(fact, subject=case, sequence=sequence, minute=sequence))
    await deliver([record], to=PLAN.consumer, engine=house.engine, pen=PLAN.pen)


async def file_cases(house: House, count: int, **changes: object) -> list[str]:
    """Let the router hear of so many cases, and return their ids."""
    cases = [an_id("case", number) for number in range(101, 101 + count)]
    for case in cases:
        await hear(house, a_case_opened(**changes), case=case)
    return cases


def a_clock(case: str, kind: str, due_at: datetime, *, number: int = 1) -> ClockStarted:
    return ClockStarted(
        clock=an_id("clk", number),
        kind=kind,
        object=case,
        episode=0,
        target_seconds=1,
        calendar="support-uk@1",
        started_at=NOON,
        due_at=due_at,
    )


async def of_case(house: House, case: str = CASE) -> list[str]:
    return [one.type for one in await house.said() if one.subject == case]


async def claim(house: House, who: str, *, member: str | None = None, case: str = CASE) -> int:
    path = f"/v1/cases/{case}/assignment"
    answer = await house.post(path, {"member": member or who}, by=who)
    return answer.status_code


async def listed(house: House, path: str, *, by: str) -> list[dict[str, Any]]:
    answer = await house.get(path, by=by)
    assert answer.status_code == 200, answer.text
    items: list[dict[str, Any]] = answer.json()["items"]
    return items


async def say(
    house: House, presence: str, *, who: str = "mara", match: str = "*", **more: object
) -> httpx.Response:
    """Say that somebody is there, or not."""
    headers = house.identities.headers(who) | {"if-match": match}
    body = {"presence": presence, **more}
    return await house.client.put(f"/v1/members/{who}/presence", json=body, headers=headers)


async def offered(house: House) -> list[tuple[str, str]]:
    """Return who was asked to take which case, in order."""
    said = [one for one in await house.said() if one.type == "assignment.offered"]
    return [(one.subject, one.fact["member"]) for one in said]
