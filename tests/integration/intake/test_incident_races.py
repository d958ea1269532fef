"""Incidents that several people change at once, against a real PostgreSQL."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from typing import Any
from uuid import uuid4

import httpx
import pytest
from sqlalchemy import text

from chassis import door, ids, views
from chassis.door import Journey, Tx
from intake.domain.incidents import LinkCase
from intake.handlers.link_case import link_case
from intake_stand import FRONT_END, PEN, Stand, a_case
from stack.waiting import until

OTHER = a_case()["seller"] | {"ref": "pots-and-more"}
RETURNED = a_case()["facts"] | {"hold_code": "bank_return", "return_code": "AC04"}
WAITING = text(
    "select count(*) from pg_stat_activity"
    " where datname = current_database() and wait_event_type = 'Lock'"
)
IS_FREE = text("select true from case_view where case_id = :case for update skip locked")


async def two_cases(stand: Stand) -> tuple[str, str]:
    """File two cases that could be incidents; lower id first."""
    one = await stand.filed(external_ref="HB-1", seller=OTHER)
    two = await stand.filed(external_ref="HB-2", issue_type="of_tomorrow", facts={})
    first, second = sorted((one, two))
    return first, second


async def a_bank_incident(stand: Stand) -> str:
    """File what a bank did to three hundred; others with its code find it."""
    facts = RETURNED | {"payout_ref": "PO-300", "payouts_affected": 300}
    return await stand.filed(external_ref="HB-1", seller=OTHER, facts=facts)


@asynccontextmanager
async def meanwhile(
    stand: Stand,
    held: Callable[[Tx], Awaitable[object]],
    request: Awaitable[httpx.Response],
) -> AsyncIterator[asyncio.Task[httpx.Response]]:
    """Do something that is not committed before the body of the test is done, and ask beside."""
    journey = Journey(actor="test:1")
    async with (
        asyncio.TaskGroup() as tasks,
        door.open_door(stand.engine, pen=PEN, journey=journey) as tx,
    ):
        await held(tx)
        asked = tasks.create_task(_answer(request))

        async def waits_or_answered() -> bool:
            return asked.done() or await waiting(stand) > 0

        await until(waits_or_answered, within=20)
        yield asked


async def _answer(request: Awaitable[httpx.Response]) -> httpx.Response:
    return await request


async def waiting(stand: Stand) -> int:
    async with stand.engine.connect() as connection:
        return int((await connection.execute(WAITING)).scalar_one())


def link(stand: Stand, case: str, parent: str) -> Awaitable[httpx.Response]:
    return stand.client.post(
        f"/v1/cases/{case}/linking",
        json={"parent": parent, "reason": "same_cause"},
        headers=stand.headers("sofia", Idempotency_Key=uuid4().hex),
    )


def linked(case: str, parent: str) -> Callable[[Tx], Awaitable[object]]:
    return lambda tx: link_case(tx, LinkCase(case=case, parent=parent, reason="same_cause"))


def batch(stand: Stand, cases: list[dict[str, Any]], **more: str) -> Awaitable[httpx.Response]:
    return stand.client.post(
        "/v1/case-batches",
        json={"marketplace": "harbour", "cases": cases, **more},
        headers=stand.headers(FRONT_END, Idempotency_Key=uuid4().hex),
    )


def in_a_batch(**changes: Any) -> dict[str, Any]:  # noqa: ANN401 - any JSON
    return {name: value for name, value in a_case(**changes).items() if name != "marketplace"}


class TestIncidentThatIsBeingLinked:
    async def test_gets_no_case_filed_under_it(self, stand: Stand) -> None:
        incident, above = await two_cases(stand)
        filing = stand.post(a_case(external_ref="HB-3", parent=incident))

        async with meanwhile(stand, linked(incident, above), filing) as asked:
            pass

        answer = asked.result()
        assert (answer.status_code, answer.json()["code"]) == (422, "not-of-this-case")

    async def test_gets_no_batch_filed_under_it(self, stand: Stand) -> None:
        incident, above = await two_cases(stand)
        filing = batch(stand, [in_a_batch(external_ref="HB-3")], parent=incident)

        async with meanwhile(stand, linked(incident, above), filing) as asked:
            pass

        [result] = asked.result().json()["items"]
        assert (result["status"], result["code"]) == (422, "not-of-this-case")

    async def test_keeps_nobody_from_filing_who_had_found_it(self, stand: Stand) -> None:
        """Nobody asked for the incident by name, so nobody is refused for it."""
        incident = await a_bank_incident(stand)
        above = await stand.filed(external_ref="HB-2", issue_type="of_tomorrow", facts={})
        filing = stand.post(a_case(external_ref="HB-3", facts=RETURNED))

        async with meanwhile(stand, linked(incident, above), filing) as asked:
            assert not asked.done()

        assert asked.result().status_code == 201
        opened = (await stand.events("case.opened.v1"))[-1]
        assert not {"parent", "matched"} & opened.keys()

    async def test_is_no_incident_for_another_linking(self, stand: Stand) -> None:
        incident, above = await two_cases(stand)
        case = await stand.filed(external_ref="HB-3")

        async with meanwhile(stand, linked(incident, above), link(stand, case, incident)) as asked:
            pass

        answer = asked.result()
        assert (answer.status_code, answer.json()["code"]) == (422, "not-of-this-case")


class TestLinking:
    async def test_of_two_cases_each_under_the_other_happens_once(self, stand: Stand) -> None:
        first, second = await two_cases(stand)

        answers = await asyncio.gather(link(stand, first, second), link(stand, second, first))

        assert sorted(answer.status_code for answer in answers) in ([200, 409], [200, 422])

    async def test_locks_in_the_order_of_ids(self, stand: Stand) -> None:
        """Who waits for the first case holds no later one: so nobody waits in a circle."""
        first, last = await two_cases(stand)

        async with meanwhile(
            stand, lambda tx: views.lock(tx, first), link(stand, last, first)
        ) as asked:
            assert not asked.done()
            assert await is_free(stand, last)


class TestBatch:
    @pytest.mark.parametrize("is_named", [True, False], ids=["names it", "finds it"])
    @pytest.mark.parametrize("contact_first", [True, False])
    async def test_locks_contacts_and_its_incident_in_the_order_of_ids(
        self,
        stand: Stand,
        is_named: bool,  # noqa: FBT001 - a column of the table
        contact_first: bool,  # noqa: FBT001 - a column of the table
    ) -> None:
        if contact_first:
            first = await stand.filed(external_ref="HB-3")
            last = incident = await a_bank_incident(stand)
        else:
            first = incident = await a_bank_incident(stand)
            last = await stand.filed(external_ref="HB-3")
        third = OTHER | {"ref": "third-kiln"}
        cases = [in_a_batch(seller=third, facts=RETURNED), in_a_batch(external_ref="HB-4")]
        request = batch(stand, cases, **({"parent": incident} if is_named else {}))

        async with meanwhile(stand, lambda tx: views.lock(tx, first), request) as asked:
            assert not asked.done()
            assert await is_free(stand, last)


async def is_free(stand: Stand, case: str) -> bool:
    async with stand.engine.begin() as connection:
        found = await connection.execute(IS_FREE, {"case": ids.to_uuid(case)})
        return found.scalar_one_or_none() is True
