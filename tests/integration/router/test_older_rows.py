"""Rows of the versions before, migrated, and read by the code of today."""

import json
from collections.abc import Mapping
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncEngine

from builders_contracts import (
    ADDRESS,
    NOON,
    a_case_opened,
    a_classification,
    a_handoff_request,
    a_receipt,
    a_route,
    an_id,
    fold_all,
    numbered,
)
from builders_resolution import ROUTED, asked, rejected
from chassis import ids, migrate
from conftest import EngineFor
from contracts.event import Contract
from contracts.handoff import HandoffRecalled
from contracts.lifecycle import CaseState
from contracts.resolution import EvidenceWaived
from contracts.routing import CaseAssigned, CaseTriageRequired, Lead
from house_router import PLAN, listed
from identities import MEMBERS
from service_house import House, open_house

WAITING, HELD, TRIAGED, ASKED_FOR, HANDED = (an_id("case", number) for number in range(1, 6))
WORKLIST = "/v1/queues/{queue}/cases"
_CASE = """
insert into case_view (case_id, marketplace, playbook, lifecycle_version, state, version)
values (:case, 'harbour', 'marketplace-core@1.0.0', 1, cast(:state as jsonb), 1)
"""
_QUEUED = """
insert into queued_cases (marketplace, case_id, queue, priority, queued_at, due_at)
values ('harbour', :case, :queue, 2, :at, :due)
"""
_HELD = """
insert into assignments (assignment, marketplace, case_id, member, team, queue, assigned_at)
values (:assignment, 'harbour', :case, :member, 'verification', 'verification', :at)
"""
_MEMBER = """
insert into members (member, login, name, marketplaces, teams, roles, authority, clearances,
    skills, capacity)
values (:member, :login, :login, '{harbour}', '{verification,seller_care}', :roles, 3,
    '{identity,narrative,message,evidence_file}', '{verification,triage}', 20)
"""


def of(*facts: Contract) -> CaseState:
    return fold_all(numbered([a_case_opened(), *facts]))


def taken() -> CaseAssigned:
    return CaseAssigned(
        assignment=an_id("asg"),
        member=MEMBERS["mara"],
        team="verification",
        queue="verification",
        lead=True,
    )


def unsure() -> CaseTriageRequired:
    return CaseTriageRequired(
        queue="triage", lead=Lead(team="seller_care"), reason="low_confidence", confidence=0.3
    )


def as_it_was_written(state: CaseState, case: str) -> str:
    """Write a fold as the version before did: without the slots that it did not have."""
    written: dict[str, Any] = json.loads(state.model_dump_json(by_alias=True))
    for newer in ("freeze", "moves"):
        del written[newer]
    return json.dumps(written | {"case_id": case})


OLD = {
    WAITING: ("verification", of(*ROUTED[1:])),
    TRIAGED: ("triage", of(unsure())),
    ASKED_FOR: ("verification", of(*ROUTED[1:], asked(ADDRESS))),
    HANDED: ("verification", of(*ROUTED[1:], a_handoff_request(party="third_party"))),
}


async def write_waiting(engine: AsyncEngine, old: Mapping[str, tuple[str, CaseState]]) -> None:
    """Write cases that wait in queues, as the version before did."""
    async with engine.begin() as connection:
        for place, (case, (queue, state)) in enumerate(old.items()):
            given = {"case": ids.to_uuid(case), "state": as_it_was_written(state, case)}
            await connection.execute(text(_CASE), given)
            due = NOON + timedelta(hours=place)
            given = {"case": ids.to_uuid(case), "queue": queue, "at": NOON, "due": due}
            await connection.execute(text(_QUEUED), given)


async def write_old_rows(engine: AsyncEngine) -> None:
    """Write four cases that wait, one in mara's hands that has no row, and their people."""
    await write_waiting(engine, OLD)
    async with engine.begin() as connection:
        for login, role in (("mara", "agent"), ("sofia", "supervisor")):
            given = {"member": ids.to_uuid(MEMBERS[login]), "login": login, "roles": [role]}
            await connection.execute(text(_MEMBER), given)
        held = as_it_was_written(of(*ROUTED[1:], taken()), HELD)
        await connection.execute(text(_CASE), {"case": ids.to_uuid(HELD), "state": held})
        given = {
            "assignment": ids.to_uuid(an_id("asg")),
            "case": ids.to_uuid(HELD),
            "member": ids.to_uuid(MEMBERS["mara"]),
            "at": NOON,
        }
        await connection.execute(text(_HELD), given)


KNOWN = a_classification().model_copy(update={"severity": "critical"})
SKILLED = (KNOWN, a_route(skills=("verification", "payouts"), priority=1))
GIVEN = a_handoff_request
VARIOUS = (
    of(*SKILLED),
    of(*SKILLED, asked(ADDRESS), a_receipt(4, ADDRESS)),
    of(*SKILLED, asked(ADDRESS), a_receipt(4, ADDRESS), rejected(4, ADDRESS)),
    of(
        *SKILLED,
        asked(ADDRESS),
        EvidenceWaived(kind=ADDRESS, item=an_id("itm", 1), reason="not_needed"),
    ),
    of(*SKILLED, GIVEN()),
    of(*SKILLED, GIVEN(party="third_party", blocking=False)),
    of(*SKILLED, GIVEN(), HandoffRecalled(handoff=an_id("hnd"), reason="sent_in_error")),
    of(*SKILLED, GIVEN(), GIVEN(handoff=an_id("hnd", 2), team="trust", party="third_party")),
    of(unsure()),
)
_ROW = "select waiting_on, team, severity, issue_type, skills from queued_cases where case_id = :c"


def as_told(state: CaseState) -> tuple[object, ...]:
    """Say what a row should hold, by what the fold says of the case."""
    route, known, lead = state.route, state.classification, state.lead
    return (
        state.waiting_on,
        route.team if route else lead and lead.team,
        known.severity if known else "medium",
        state.issue_type,
        list(route.skills if route else ()),
    )


@pytest.fixture
async def aged(engine_for: EngineFor) -> AsyncEngine:
    """Return an engine on a router's database of the version before the worklists."""
    engine = await engine_for("router")
    async with engine.begin() as connection:
        await connection.execute(text("drop schema public cascade"))
        await connection.execute(text("create schema public"))
    await migrate.upgrade("router", url_of(engine), to="0002")
    await write_old_rows(engine)
    return engine


def url_of(engine: AsyncEngine) -> str:
    return engine.url.render_as_string(hide_password=False)


async def queue_of(house: House, queue: str) -> dict[str, dict[str, Any]]:
    found = await listed(house, WORKLIST.format(queue=queue), by="sofia")
    return {one["case"]: one for one in found}


class TestUpgrade:
    async def test_shows_each_case_where_it_was(self, aged: AsyncEngine, tmp_path: Path) -> None:
        await migrate.upgrade("router", url_of(aged))

        async with open_house(PLAN, aged, tmp_path) as house:
            waits = await queue_of(house, "verification")
            triage = await queue_of(house, "triage")
            mine = await listed(house, "/v1/members/mara/cases", by="mara")
        assert list(waits) == [WAITING, ASKED_FOR, HANDED]
        assert (waits[WAITING]["severity"], waits[WAITING]["issue_type"]) == (
            "medium",
            "payout_hold",
        )
        assert {case: one["waiting_on"] for case, one in waits.items()} == {
            WAITING: "platform",
            ASKED_FOR: "seller",
            HANDED: "third_party",
        }
        assert list(triage) == [TRIAGED]
        assert [(one["case"], one["holder"]) for one in mine] == [(HELD, MEMBERS["mara"])]

    async def test_writes_what_the_folds_say(self, aged: AsyncEngine) -> None:
        old = {an_id("case", number): ("any", fold) for number, fold in enumerate(VARIOUS, 11)}
        await write_waiting(aged, old)

        await migrate.upgrade("router", url_of(aged))

        async with aged.connect() as connection:
            rows = [
                tuple((await connection.execute(text(_ROW), {"c": ids.to_uuid(case)})).one())
                for case in old
            ]
        assert rows == [as_told(state) for state in VARIOUS]
        assert {row[0] for row in rows} == {"platform", "seller", "partner"}

    async def test_gives_a_case_in_hands_the_priority_of_its_route(self, aged: AsyncEngine) -> None:
        await migrate.upgrade("router", url_of(aged))

        async with aged.connect() as connection:
            wanted = text("select priority, team from queued_cases where case_id = :case")
            row = (await connection.execute(wanted, {"case": ids.to_uuid(HELD)})).one()
        assert tuple(row) == (2, "verification")

    async def test_lets_people_go_on_with_old_cases(
        self, aged: AsyncEngine, tmp_path: Path
    ) -> None:
        await migrate.upgrade("router", url_of(aged))

        async with open_house(PLAN, aged, tmp_path) as house:
            taken_now = await house.post("/v1/queues/verification/take", by="mara")
            body = {"reason": "overloaded"}
            back = await house.post(f"/v1/cases/{HELD}/assignment/release", body, by="mara")
            moves = [
                await house.post(
                    f"/v1/cases/{HELD}/rerouting",
                    {"queue": queue, "reason": "wrong_queue"},
                    by="sofia",
                )
                for queue in ("seller_care", "verification")
            ]
            log = [one.type for one in await house.said()]
        assert (taken_now.status_code, taken_now.json()["case"]) == (200, WAITING)
        assert back.status_code == 200
        # The trail of an old case begins with the team that had it: back to it is a circle.
        assert [one.json()["routing_frozen"] for one in moves] == [False, True]
        assert log[-2:] == ["case.rerouted", "routing.frozen"]
