"""A crowd: many people, queues and cases, seeded in bulk through the router's own tables."""

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import cached_property
from typing import Any, Final

import asyncpg
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncEngine

from builders_contracts import (
    NOON,
    a_case_opened,
    a_classification,
    a_route,
    an_id,
    event,
    fold_all,
    numbered,
)
from builders_resolution import said, the_playbook
from chassis import ids
from contracts.catalogue import CONTRACTS
from contracts.event import Event
from contracts.lifecycle import CaseState
from contracts.routing import Lead
from playbook.model import Playbook
from playbook.policies import Queue
from router.api import ROUTERS
from router.api.problems import PROBLEMS
from router.consumers import router_consumer
from service_house import Plan

EVERY: Final = 10
"""One case in so many waits for its seller."""
_VIEWS: Final = """
insert into case_view (case_id, marketplace, playbook, lifecycle_version, state, version)
select number, 'harbour', $3, 1, jsonb_set($4::jsonb, '{case_id}', to_jsonb(name)), 3
from unnest($1::uuid[], $2::text[]) as one (number, name)
"""
_QUEUED: Final = """
insert into queued_cases (marketplace, case_id, queue, team, priority, queued_at, due_at,
    severity, issue_type, skills, clearance, waiting_on)
select 'harbour', number, $4, $5, 2, $7, due_at, 'medium', 'payout_hold', $6, '{}', waiting_on
from unnest($1::uuid[], $2::timestamptz[], $3::text[]) as one (number, due_at, waiting_on)
"""
_MEMBERS: Final = """
insert into members (member, login, name, marketplaces, teams, roles, authority, clearances,
    skills, capacity)
select m::uuid, login, login, '{harbour}', array(select jsonb_array_elements_text(teams)),
    '{agent}', 2, '{}', array(select jsonb_array_elements_text(skills)), $2
from jsonb_to_recordset($1::jsonb) as one (m text, login text, teams jsonb, skills jsonb)
"""
_AVAILABLE: Final = """
insert into presences (member, presence, version)
select member, 'available', 1 from members where login like 'c%'
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Person:
    """Somebody of the crowd. Every second one helps out in the next team as well."""

    member: str
    login: str
    teams: tuple[str, ...]
    skills: tuple[str, ...]


@dataclass(frozen=True, kw_only=True)
class Crowd:
    """How many there are of each."""

    people: int
    queues: int
    cases: int
    capacity: int

    @cached_property
    def playbook(self) -> Playbook:
        """The core playbook with other queues: each of a team, with a skill of its own."""
        core = the_playbook()
        queues = tuple(
            Queue(
                id=f"q{n}", team=f"t{n}", secondary=f"t{(n + 1) % self.queues}", skills=(f"s{n}",)
            )
            for n in range(self.queues)
        )
        like = core.team("verification")
        assert like is not None
        teams = tuple(like.model_copy(update={"id": one.team}) for one in queues)
        known = {"queues": queues + core.teams.queues, "teams": teams + core.teams.teams}
        return core.model_copy(update={"teams": core.teams.model_copy(update=known)})

    @cached_property
    def plan(self) -> Plan:
        playbooks = {self.playbook.pin: self.playbook}
        return Plan(
            name="router",
            routers=ROUTERS,
            problems=PROBLEMS,
            consumer=router_consumer(playbooks),
            state={"playbooks": playbooks},
        )

    @cached_property
    def persons(self) -> tuple[Person, ...]:
        return tuple(self._person(number) for number in range(self.people))

    def _person(self, number: int) -> Person:
        places = [number % self.queues]
        if number // self.queues % 2:
            places.append((places[0] + 1) % self.queues)
        return Person(
            member=an_id("mem", number + 1),
            login=f"c{number}",
            teams=tuple(f"t{place}" for place in places),
            skills=tuple(f"s{place}" for place in places),
        )

    def case_ids(self, queue: int) -> list[str]:
        return [an_id("case", n + 1) for n in range(queue, self.cases, self.queues)]

    def state(self, queue: int) -> CaseState:
        """Fold a case that lies in a queue."""
        team = f"t{queue}"
        route = a_route(queue=f"q{queue}", team=team, skills=(f"s{queue}",), lead=Lead(team=team))
        return fold_all(numbered([a_case_opened(), a_classification(), route]))

    @cached_property
    def known(self) -> Mapping[str, CaseState]:
        """Say what each case is before anybody does anything."""
        states = [self.state(queue) for queue in range(self.queues)]
        return {
            case: states[queue].model_copy(update={"case_id": case})
            for queue in range(self.queues)
            for case in self.case_ids(queue)
        }


async def seed(engine: AsyncEngine, crowd: Crowd) -> None:
    """Write all rows, as the router would have after hearing of so many cases and people."""
    async with engine.begin() as connection:
        raw = await connection.get_raw_connection()
        driver = raw.driver_connection
        assert isinstance(driver, asyncpg.Connection)
        await driver.execute(_MEMBERS, json.dumps(list(_people(crowd))), crowd.capacity)
        await driver.execute(_AVAILABLE)
        for queue in range(crowd.queues):
            await _seed_queue(driver, crowd, queue)
    async with engine.execution_options(isolation_level="AUTOCOMMIT").connect() as connection:
        await connection.execute(text("vacuum analyze"))


def _people(crowd: Crowd) -> Iterator[dict[str, Any]]:
    for one in crowd.persons:
        number = str(ids.to_uuid(one.member))
        yield {"m": number, "login": one.login, "teams": one.teams, "skills": one.skills}


async def _seed_queue(driver: asyncpg.Connection, crowd: Crowd, queue: int) -> None:
    cases = crowd.case_ids(queue)
    numbers = ids.to_uuids(cases)
    due = [_due(place) for place in range(len(cases))]
    waits = [_waits_for(place) for place in range(len(cases))]
    state = crowd.state(queue).model_dump_json(by_alias=True)
    await driver.execute(_VIEWS, numbers, cases, crowd.playbook.pin, state)
    skills = [f"s{queue}"]
    await driver.execute(_QUEUED, numbers, due, waits, f"q{queue}", f"t{queue}", skills, NOON)


async def the_log(engine: AsyncEngine) -> list[Event[Any]]:
    """Return what the router has said about cases, in order."""
    return [
        event(
            CONTRACTS[f"{one.type}.v1"].model_validate(one.fact),
            subject=one.subject,
            sequence=int(one.headers["ce_sequence"]),
            minute=place,
        )
        for place, one in enumerate(await said(engine))
        if one.topic == "cases.v1"
    ]


def due_first(crowd: Crowd, queue: int) -> list[str]:
    """Name the cases of a queue that can be worked, what breaks first first."""
    cases = crowd.case_ids(queue)
    ready = [
        (_due(place), case) for place, case in enumerate(cases) if _waits_for(place) == "platform"
    ]
    return [case for _, case in sorted(ready)]


def _due(place: int) -> datetime:
    return NOON + timedelta(minutes=place * 7919 % 20_011)


def _waits_for(place: int) -> str:
    return "seller" if place % EVERY == 0 else "platform"
