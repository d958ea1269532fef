"""What nobody may take hides nothing behind it, however much of it there is."""

import pytest
from sqlalchemy import text

from builders_contracts import an_id
from builders_resolution import the_playbook
from chassis.clock import perform
from house_router import PLAN, PLAYBOOKS, claim, file_cases, offered, say
from identities import MEMBERS
from router.clock import duties
from service_house import House

[DISPATCH] = [duty for duty in duties(PLAYBOOKS) if duty.name == "dispatch-offers"]
MANY = 55
_DECLINED = """
insert into offers (assignment, marketplace, case_id, member, team, queue, offered_at, lapses_at,
    reason, outcome, ended_at, why)
select gen_random_uuid(), marketplace, case_id, (select member from members where login = 'mara'),
    team, queue, now(), now(), 'balanced_load', 'declined', now(), 'overloaded'
from queued_cases order by due_at, case_id limit :many
"""
_LOST = """
update case_view set playbook = 'gone@9.9.9', state = jsonb_set(state, '{playbook}', '"gone@9.9.9"')
where case_id in (select case_id from queued_cases order by due_at, case_id limit :many)
"""
_BEYOND = """
update queued_cases set skills = '{nobody_knows}'
where case_id in (select case_id from queued_cases order by due_at, case_id limit :many)
"""


class TestDispatch:
    @pytest.mark.covers("OW-4", "OW-7")
    @pytest.mark.parametrize("hidden", [_DECLINED, _LOST, _BEYOND])
    async def test_offers_what_lies_behind_many_that_nobody_may_take(
        self, hidden: str, house: House
    ) -> None:
        cases = await file_cases(house, MANY + 1)
        async with house.engine.begin() as connection:
            await connection.execute(text(hidden), {"many": MANY})
        await say(house, "available")

        await perform(DISPATCH, engine=house.engine, pen=PLAN.pen)

        assert await offered(house) == [(cases[-1], MEMBERS["mara"])]
        assert cases[-1] == an_id("case", 101 + MANY)

    async def test_asks_by_reasons_of_its_own_whatever_people_may_say(self, house: House) -> None:
        """A playbook's list is for people: without our words in it nobody would be asked at all."""
        known = the_playbook()
        lists = known.codes.model_copy(update={"assignment": ("because_i_say_so",)})
        books = {known.pin: known.model_copy(update={"codes": lists})}
        [dispatch] = [duty for duty in duties(books) if duty.name == "dispatch-offers"]
        [case] = await file_cases(house, 1)
        await say(house, "available")

        await perform(dispatch, engine=house.engine, pen=PLAN.pen)

        assert await offered(house) == [(case, MEMBERS["mara"])]

    async def test_asks_another_for_what_the_first_declined(self, house: House) -> None:
        cases = await file_cases(house, MANY + 1)
        async with house.engine.begin() as connection:
            await connection.execute(text(_DECLINED), {"many": MANY})
        for who in ("mara", "jonas"):
            await say(house, "available", who=who)
        await claim(house, "mara", case=cases[-1])

        await perform(DISPATCH, engine=house.engine, pen=PLAN.pen)

        asked = await offered(house)
        assert {member for _, member in asked} == {MEMBERS["jonas"]}
        assert [case for case, _ in asked] == cases[: len(asked)]
