"""Whoever leaves while somebody is asking them: nothing stays with them that they never saw."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import pytest
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection

from builders_contracts import CASE, a_case_opened
from chassis import ids
from chassis.clock import perform
from house_router import PLAN, PLAYBOOKS, hear, offered, say
from identities import MEMBERS
from router.clock import duties
from service_house import House
from stack.waiting import until

[DISPATCH] = [duty for duty in duties(PLAYBOOKS) if duty.name == "dispatch-offers"]
MARA = {"mara": ids.to_uuid(MEMBERS["mara"])}
_LOCK = "select from members where member = :mara for update"
_WAITERS = """
select count(*) from pg_stat_activity
where datname = current_database() and wait_event_type = 'Lock'
"""
_OFFER = """
insert into offers (assignment, marketplace, case_id, member, team, queue, offered_at, lapses_at,
    reason)
select gen_random_uuid(), marketplace, case_id, :mara, team, queue, now(), now() + interval '1 day',
    'cover'
from queued_cases
"""


@asynccontextmanager
async def mara_locked(house: House) -> AsyncIterator[AsyncConnection]:
    """Be another transaction that has mara's row, until the end of the block commits it."""
    async with house.engine.begin() as connection:
        await connection.execute(text(_LOCK), MARA)
        yield connection


async def somebody_waits(house: House) -> None:
    async def waits() -> bool:
        async with house.engine.connect() as connection:
            return bool(await connection.scalar(text(_WAITERS)))

    await until(waits, within=20)


class TestGoingOffline:
    @pytest.mark.covers("OW-4")
    async def test_stops_an_offer_that_was_just_chosen(self, house: House) -> None:
        await hear(house, a_case_opened())
        await say(house, "available")

        async with mara_locked(house) as leaving:
            dispatch = perform(DISPATCH, engine=house.engine, pen=PLAN.pen)
            asking = asyncio.create_task(dispatch)
            await somebody_waits(house)
            await leaving.execute(text("update presences set presence = 'offline'"))
        await asking

        assert await offered(house) == []

    async def test_takes_back_an_offer_that_was_just_made(self, house: House) -> None:
        await hear(house, a_case_opened())
        await say(house, "available")

        async with mara_locked(house) as asking:
            leaving = asyncio.create_task(say(house, "offline"))
            await somebody_waits(house)
            await asking.execute(text(_OFFER), MARA)
        answer = await leaving

        assert answer.status_code == 200, answer.text
        [lapsed] = [one for one in await house.said() if one.type == "assignment.lapsed"]
        assert (lapsed.subject, lapsed.fact["reason"]) == (CASE, "went_offline")
