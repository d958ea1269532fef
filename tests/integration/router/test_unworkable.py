"""What nobody can work just now: parked here, or of a playbook that is not here."""

import pytest
from sqlalchemy import text

from builders_contracts import CASE, NOON, a_case_opened
from chassis import ids
from chassis.clock import perform
from house_router import (
    PLAN,
    PLAYBOOKS,
    a_clock,
    claim,
    file_cases,
    hear,
    listed,
    offered,
    say,
)
from identities import MEMBERS
from playbook_gone import GONE, assert_names_it
from router.clock import duties
from service_house import House

[DISPATCH] = [duty for duty in duties(PLAYBOOKS) if duty.name == "dispatch-offers"]
TAKE = "/v1/queues/verification/take"
WORKLIST = "/v1/queues/verification/cases"
_LOSE = """
update case_view set playbook = :pin, state = jsonb_set(state, '{playbook}', to_jsonb(:pin ::text))
where case_id = any(:cases)
"""


async def park(house: House, case: str) -> None:
    """Let the router miss an event of the case: what follows it waits for it."""
    await hear(house, a_clock(case, "resolution", NOON), case=case, sequence=2)


async def lose_the_playbook(house: House, *cases: str) -> None:
    async with house.engine.begin() as connection:
        await connection.execute(text(_LOSE), {"pin": GONE, "cases": ids.to_uuids(list(cases))})


class TestACaseOnHold:
    """It was taken and offered: whoever had it could do nothing but give it back."""

    async def test_is_not_taken_and_hides_nothing_behind_it(self, house: House) -> None:
        parked, ready = await file_cases(house, 2)
        await park(house, parked)

        first = await house.post(TAKE, by="mara")
        second = await house.post(TAKE, by="mara")

        assert (first.json()["case"], second.status_code) == (ready, 204)

    async def test_is_offered_to_nobody(self, house: House) -> None:
        parked, ready = await file_cases(house, 2)
        await park(house, parked)
        await say(house, "available")

        await perform(DISPATCH, engine=house.engine, pen=PLAN.pen)

        assert await offered(house) == [(ready, MEMBERS["mara"])]

    async def test_takes_nobodys_room_from_those_behind_it(self, house: House) -> None:
        """Whoever has room for one case is asked for the one that can be worked."""
        parked, ready = await file_cases(house, 2)
        await park(house, parked)
        async with house.engine.begin() as connection:
            await connection.execute(text("update members set capacity = 1"))
        await say(house, "available")

        await perform(DISPATCH, engine=house.engine, pen=PLAN.pen)

        assert await offered(house) == [(ready, MEMBERS["mara"])]

    async def test_says_so_in_the_worklist(self, house: House) -> None:
        parked, ready = await file_cases(house, 2)
        await park(house, parked)

        items = await listed(house, WORKLIST, by="mara")

        assert {one["case"]: one["on_hold"] for one in items} == {parked: True, ready: False}

    async def test_is_claimed_by_nobody(self, house: House) -> None:
        [parked] = await file_cases(house, 1)
        await park(house, parked)

        assert await claim(house, "mara", case=parked) == 409

    async def test_is_taken_once_what_was_missing_has_come(self, house: House) -> None:
        [case] = await file_cases(house, 1)
        await park(house, case)
        async with house.engine.begin() as connection:
            await connection.execute(text("update parked_event set state = 'skipped'"))
            await connection.execute(text("update inbox_subject set blocked = false"))

        answer = await house.post(TAKE, by="mara")

        assert answer.json()["case"] == case


class TestACaseWhosePlaybookIsGone:
    async def test_hides_nothing_behind_it(self, house: House) -> None:
        """The most urgent case of a queue was a 500 for everybody who asked for the next one."""
        lost, ready = await file_cases(house, 2)
        await lose_the_playbook(house, lost)

        first = await house.post(TAKE, by="mara")
        second = await house.post(TAKE, by="mara")

        assert (first.json()["case"], second.status_code) == (ready, 204)

    @pytest.mark.parametrize(
        ("what", "body", "who"),
        [
            ("assignment", {"member": "mara"}, "mara"),
            ("assignment/release", {"reason": "overloaded"}, "sofia"),
            ("rerouting", {"queue": "payments", "reason": "wrong_team"}, "sofia"),
            ("lead-transfer", {"member": "sofia", "reason": "absence"}, "sofia"),
            ("classification", {"issue_type": "payout_hold", "reason": "read"}, "sofia"),
        ],
    )
    async def test_is_refused_with_the_version_that_is_missing(
        self, what: str, body: dict[str, str], who: str, house: House
    ) -> None:
        await hear(house, a_case_opened())
        await lose_the_playbook(house, CASE)

        answer = await house.post(f"/v1/cases/{CASE}/{what}", body, by=who)

        assert_names_it(answer)

    async def test_is_recommended_to_nobody(self, house: House) -> None:
        await hear(house, a_case_opened())
        await lose_the_playbook(house, CASE)

        answer = await house.get(f"/v1/cases/{CASE}/recommended-owners", by="sofia")

        assert_names_it(answer)
