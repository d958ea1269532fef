"""Who has done well with cases like this: from the outcomes that the router has heard."""

from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import text

from builders_contracts import CASE, NOON, a_case_opened
from contracts.resolution import CaseResolved
from house_router import a_clock, claim, file_cases, hear
from identities import MEMBERS
from service_house import House

PATH = f"/v1/cases/{CASE}/recommended-owners"


async def ended(house: House, case: str, *, by: str, hours: int, outcome: str = "released") -> None:
    """Let somebody take a case that is due at such an hour, and end it a minute past noon."""
    await hear(house, a_clock(case, "resolution", NOON + timedelta(hours=hours)), case=case)
    await claim(house, by, case=case)
    await hear(house, CaseResolved(outcome=outcome, root_cause="other", episode=0), case=case)


async def recommended(house: House) -> dict[str, Any]:
    await hear(house, a_case_opened())
    answer = await house.get(PATH, by="mara")
    assert answer.status_code == 200, answer.text
    told: dict[str, Any] = answer.json()
    return told


class TestRecommendedOwners:
    @pytest.mark.covers("RT-10")
    async def test_are_those_who_were_in_time_with_the_evidence(self, house: House) -> None:
        cases = await file_cases(house, 10)
        for number, case in enumerate(cases):
            who, hours = (("mara", 5), ("jonas", -5))[number % 2]
            await ended(house, case, by=who, hours=hours)

        told = await recommended(house)

        assert (told["enough_history"], told["issue_type"]) == (True, "payout_hold")
        assert [(one["member"], one["cases"], one["in_time"]) for one in told["items"]] == [
            (MEMBERS["mara"], 5, 5),
            (MEMBERS["jonas"], 5, 0),
        ]

    async def test_are_nobody_while_there_is_too_little_to_go_by(self, house: House) -> None:
        for case in await file_cases(house, 4):
            await ended(house, case, by="mara", hours=5)

        told = await recommended(house)

        assert (told["enough_history"], told["similar"], told["needed"], told["items"]) == (
            False,
            4,
            5,
            [],
        )

    async def test_owe_nothing_to_another_marketplace(self, house: House) -> None:
        for case in await file_cases(house, 5):
            await ended(house, case, by="mara", hours=5)
        async with house.engine.begin() as connection:
            await connection.execute(text("update outcomes set marketplace = 'bazaar'"))

        assert (await recommended(house))["similar"] == 0

    async def test_owe_nothing_to_a_seller_s_silence(self, house: House) -> None:
        for case in await file_cases(house, 5):
            await ended(house, case, by="mara", hours=5, outcome="no_response")

        assert (await recommended(house))["similar"] == 0

    async def test_are_told_to_those_who_may_see_the_case(self, house: House) -> None:
        await hear(house, a_case_opened())

        assert (await house.get(PATH, by="boris")).status_code == 404
        assert (await house.get(PATH, by="finance-desk")).status_code == 403
