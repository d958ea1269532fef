"""Shifts end each by itself: one that cannot be ended keeps nobody else at work."""

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta

from sqlalchemy import text

from chassis import ids
from chassis.clock import Duty, perform
from chassis.turns import Turns
from house_router import PLAN, claim, file_cases, say
from identities import MEMBERS
from router.clock import end_of_shifts
from service_house import House
from stack.waiting import until

NEW_YEAR = datetime(2020, 1, 1, tzinfo=UTC)
_BREAK = """
update case_view set state = jsonb_set(state, '{marketplace}', '7') where case_id = :case
"""
_MEND = """
update case_view set state = jsonb_set(state, '{marketplace}', '"harbour"') where case_id = :case
"""
_OVER = "update presences set until = :at where member = :member"
_WHO = "select login, presence from presences join members using (member)"


async def run_sql(house: House, statement: str, **given: object) -> None:
    async with house.engine.begin() as connection:
        await connection.execute(text(statement), given)


async def said_of(house: House) -> Mapping[str, str]:
    async with house.engine.connect() as connection:
        rows = await connection.execute(text(_WHO))
    return {row.login: row.presence for row in rows}


async def is_over(house: House, who: str, *, day: int) -> str:
    """Let somebody hold a case when their shift is over; return the case."""
    case = (await file_cases(house, day))[-1]
    await say(house, "available", who=who, until="2090-01-01T00:00:00Z")
    await claim(house, who, case=case)
    at = NEW_YEAR + timedelta(days=day)
    await run_sql(house, _OVER, at=at, member=ids.to_uuid(MEMBERS[who]))
    return case


async def end(shifts: Turns, house: House) -> None:
    duty = Duty(name="end-shifts", every=timedelta(0), work=shifts.take, opens=True)
    while await perform(duty, engine=house.engine, pen=PLAN.pen):
        pass


class TestEndingShifts:
    async def test_goes_on_after_one_that_cannot_be_ended(self, house: House) -> None:
        """The first whose case could not be read kept all after them at work for ever."""
        broken = await is_over(house, "mara", day=1)
        await is_over(house, "jonas", day=2)
        await run_sql(house, _BREAK, case=ids.to_uuid(broken))

        await end(end_of_shifts(), house)

        assert await said_of(house) == {"mara": "available", "jonas": "offline"}

    async def test_tries_again_what_failed(self, house: House) -> None:
        case = ids.to_uuid(await is_over(house, "mara", day=1))
        shifts = end_of_shifts()
        await run_sql(house, _BREAK, case=case)
        await end(shifts, house)
        assert shifts.failing == {MEMBERS["mara"]}
        await run_sql(house, _MEND, case=case)

        async def ended() -> bool:
            await end(shifts, house)
            return not shifts.failing

        await until(ended, within=20)
        assert await said_of(house) == {"mara": "offline"}
