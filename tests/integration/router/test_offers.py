"""Offers: asked, accepted, declined, lapsed; and cases given back."""

import asyncio
from pathlib import Path
from typing import Any

import httpx
import pytest
from sqlalchemy import text

from builders_contracts import CASE, a_case_opened
from chassis.clock import Duty, perform
from chassis.ids import to_uuid
from contracts.resolution import CaseResolved
from house_router import PLAN, PLAYBOOKS, a_member, claim, enrol, file_cases, hear, listed, of_case
from identities import MEMBERS
from router.clock import duties
from service_house import House

_BREAK = text("update case_view set state = '{}' where case_id = :case")
WORKLIST = "/v1/queues/verification/cases"


async def offer(house: House, member: str = "jonas", case: str = CASE) -> dict[str, Any]:
    body = {"member": member, "reason": "specialist"}
    answer = await house.post(f"/v1/cases/{case}/assignment", body, by="sofia")
    assert answer.status_code == 201, answer.text
    made: dict[str, Any] = answer.json()
    return made


async def answer(
    house: House, what: str, *, by: str, reason: str | None = None, case: str = CASE
) -> httpx.Response:
    body = None if reason is None else {"reason": reason}
    return await house.post(f"/v1/cases/{case}/assignment/{what}", body, by=by)


def lapsing() -> Duty:
    """Return the duty with nothing in its mind: it remembers whom it could not serve."""
    [duty] = [duty for duty in duties(PLAYBOOKS) if duty.name == "lapse-offers"]
    return duty


async def let_time_pass(house: House) -> None:
    """Make every open offer's time be over, and do the duty."""
    async with house.engine.begin() as connection:
        await connection.execute(text("update offers set lapses_at = offered_at"))
    await perform(lapsing(), engine=house.engine, pen=PLAN.pen)


class TestOffer:
    async def test_asks_the_person_and_changes_nobody_s_case(self, house: House) -> None:
        await hear(house, a_case_opened())

        made = await offer(house)

        assert (made["state"], made["member"], made["assigned_at"]) == (
            "offered",
            MEMBERS["jonas"],
            None,
        )
        offered = (await house.said())[-1]
        assert (offered.type, offered.fact["lapses_at"]) == (
            "assignment.offered",
            made["lapses_at"],
        )
        [waiting] = await listed(house, WORKLIST, by="mara")
        assert waiting["holder"] is None

    async def test_is_made_once_to_the_same_person(self, house: House) -> None:
        await hear(house, a_case_opened())
        await offer(house)

        again = await house.post(f"/v1/cases/{CASE}/assignment", {"member": "jonas"}, by="sofia")

        assert again.status_code == 200
        assert (await of_case(house)).count("assignment.offered") == 1

    async def test_to_another_takes_the_first_one_back(self, house: House) -> None:
        await hear(house, a_case_opened())
        first = await offer(house)

        await offer(house, "mara")

        lapsed, offered = (await house.said())[-2:]
        assert (lapsed.type, lapsed.fact["assignment"], lapsed.fact["reason"]) == (
            "assignment.lapsed",
            first["assignment"],
            "offered_again",
        )
        assert offered.fact["member"] == MEMBERS["mara"]
        assert (await answer(house, "acceptance", by="jonas")).status_code == 409

    async def test_keeps_a_place_for_whoever_is_asked(self, house: House, tmp_path: Path) -> None:
        await enrol(house.engine, tmp_path, a_member("jonas", capacity=1))
        first, second = await file_cases(house, 2)
        await offer(house, case=first)

        refused = await house.post(
            f"/v1/cases/{second}/assignment", {"member": "jonas"}, by="sofia"
        )

        assert (refused.status_code, refused.json()["lacks"]) == (409, ["capacity"])
        assert (await answer(house, "acceptance", by="jonas", case=first)).status_code == 200

    async def test_is_over_when_somebody_claims_the_case(self, house: House) -> None:
        await hear(house, a_case_opened())
        await offer(house)

        assert await claim(house, "mara") == 201

        assert (await of_case(house))[-2:] == ["assignment.lapsed", "case.assigned"]
        late = await answer(house, "acceptance", by="jonas")
        assert (late.status_code, late.json()["code"]) == (409, "not-allowed-now")

    async def test_is_over_when_the_case_ends(self, house: House) -> None:
        await hear(house, a_case_opened())
        await offer(house)

        await hear(house, CaseResolved(outcome="released", root_cause="other", episode=0))

        lapsed = (await house.said())[-1]
        assert (lapsed.type, lapsed.fact["reason"]) == ("assignment.lapsed", "case_ended")

    @pytest.mark.parametrize(
        ("who", "body", "status"),
        [
            ("mara", {"member": "jonas"}, 403),
            ("sofia", {"member": "nobody"}, 422),
            ("sofia", {"member": "jonas", "reason": "because"}, 422),
        ],
    )
    async def test_minds_who_makes_it_and_why(
        self, who: str, body: dict[str, str], status: int, house: House
    ) -> None:
        await hear(house, a_case_opened())

        made = await house.post(f"/v1/cases/{CASE}/assignment", body, by=who)

        assert made.status_code == status

    async def test_knows_nobody_of_another_marketplace(self, house: House, tmp_path: Path) -> None:
        await enrol(house.engine, tmp_path, a_member("boris", marketplaces=["bazaar"]))
        await hear(house, a_case_opened())
        await claim(house, "mara")
        lead = {"member": "boris", "reason": "absence"}

        made = await house.post(f"/v1/cases/{CASE}/assignment", {"member": "boris"}, by="sofia")
        led = await house.post(f"/v1/cases/{CASE}/lead-transfer", lead, by="mara")

        assert [(one.status_code, "lacks" in one.json()) for one in (made, led)] == [
            (422, False),
            (422, False),
        ]


class TestAcceptance:
    async def test_makes_the_case_theirs(self, house: House) -> None:
        await hear(house, a_case_opened())
        made = await offer(house)

        accepted = await answer(house, "acceptance", by="jonas")

        assigned = (await house.said())[-1]
        assert (accepted.status_code, accepted.json()["state"]) == (200, "accepted")
        assert (assigned.type, assigned.fact["assignment"]) == ("case.assigned", made["assignment"])
        assert assigned.fact["lead"] is True

    async def test_twice_changes_nothing(self, house: House) -> None:
        await hear(house, a_case_opened())
        await offer(house)

        first = await answer(house, "acceptance", by="jonas")
        again = await answer(house, "acceptance", by="jonas")

        assert first.json() == again.json()
        assert (await of_case(house)).count("case.assigned") == 1

    @pytest.mark.parametrize(("who", "status"), [("mara", 409), ("boris", 404)])
    async def test_is_for_whoever_was_asked(self, who: str, status: int, house: House) -> None:
        await hear(house, a_case_opened())
        await offer(house)

        assert (await answer(house, "acceptance", by=who)).status_code == status

    async def test_and_a_claim_at_once_leave_one_of_them_with_it(self, house: House) -> None:
        await hear(house, a_case_opened())
        await offer(house)

        accepted, claimed = await asyncio.gather(
            answer(house, "acceptance", by="jonas"), claim(house, "mara")
        )

        assert sorted((accepted.status_code < 300, claimed < 300)) == [False, True]
        assert (await of_case(house)).count("case.assigned") == 1


class TestDeclination:
    async def test_leaves_the_case_in_its_queue_and_says_why(self, house: House) -> None:
        await hear(house, a_case_opened())
        await offer(house)

        declined = await answer(house, "declination", by="jonas", reason="overloaded")

        told = (await house.said())[-1]
        assert (declined.status_code, declined.json()["state"]) == (200, "declined")
        assert (told.type, told.fact["reason"]) == ("assignment.declined", "overloaded")
        assert [one["case"] for one in await listed(house, WORKLIST, by="mara")] == [CASE]

    async def test_needs_a_reason_of_the_list(self, house: House) -> None:
        await hear(house, a_case_opened())
        await offer(house)

        declined = await answer(house, "declination", by="jonas", reason="no_mood")

        [wrong] = declined.json()["errors"]
        assert (declined.status_code, wrong["pointer"]) == (422, "/reason")
        assert "overloaded" in wrong["detail"]


class TestLapse:
    async def test_ends_an_offer_that_nobody_answered(self, house: House) -> None:
        await hear(house, a_case_opened())
        await offer(house)

        await let_time_pass(house)

        lapsed = (await house.said())[-1]
        assert (lapsed.type, lapsed.fact["reason"]) == ("assignment.lapsed", "no_answer")
        assert (await answer(house, "acceptance", by="jonas")).status_code == 409
        assert await claim(house, "mara") == 201

    async def test_happens_once(self, house: House) -> None:
        await hear(house, a_case_opened())
        await offer(house)

        for _ in range(2):
            await let_time_pass(house)

        assert (await of_case(house)).count("assignment.lapsed") == 1

    async def test_goes_on_beside_a_case_that_cannot_be_read(self, house: House) -> None:
        broken, other = await file_cases(house, 2)
        for case in (broken, other):
            await offer(house, case=case)
        async with house.engine.begin() as connection:
            await connection.execute(_BREAK, {"case": to_uuid(broken)})

        await let_time_pass(house)

        assert (await of_case(house, broken))[-1] == "assignment.offered"
        assert (await of_case(house, other))[-1] == "assignment.lapsed"

    async def test_leaves_an_offer_whose_time_has_not_come(self, house: House) -> None:
        await hear(house, a_case_opened())
        await offer(house)

        await perform(lapsing(), engine=house.engine, pen=PLAN.pen)

        assert (await of_case(house))[-1] == "assignment.offered"

    async def test_too_late_for_an_answer_is_too_late_before_it_is_noticed(
        self, house: House
    ) -> None:
        await hear(house, a_case_opened())
        await offer(house)

        async with house.engine.begin() as connection:
            await connection.execute(text("update offers set lapses_at = offered_at"))

        assert (await answer(house, "acceptance", by="jonas")).status_code == 409

    async def test_and_an_answer_at_once_leave_one_outcome(self, house: House) -> None:
        cases = await file_cases(house, 6)
        for case in cases:
            await offer(house, case=case)

        await asyncio.gather(
            let_time_pass(house), *(answer(house, "acceptance", by="jonas", case=c) for c in cases)
        )

        for case in cases:
            told = await of_case(house, case)
            assert ("case.assigned" in told) != ("assignment.lapsed" in told), told


class TestRelease:
    async def test_gives_the_case_back_in_its_place(self, house: House) -> None:
        cases = await file_cases(house, 2)
        before = await listed(house, WORKLIST, by="mara")
        await claim(house, "mara", case=cases[0])

        released = await answer(house, "release", by="mara", reason="absence", case=cases[0])

        told = (await house.said())[-1]
        assert (released.status_code, released.json()["state"]) == (200, "released")
        assert (told.type, told.fact["reason"]) == ("case.unassigned", "absence")
        assert await listed(house, WORKLIST, by="mara") == before
        assert await claim(house, "jonas", case=cases[0]) == 201

    @pytest.mark.parametrize(
        ("who", "reason", "status"),
        [
            ("jonas", "absence", 403),
            ("sofia", "absence", 200),
            ("mara", "bored", 422),
            ("boris", "absence", 404),
        ],
    )
    async def test_is_for_whoever_has_it_and_supervisors(
        self, who: str, reason: str, status: int, house: House
    ) -> None:
        await hear(house, a_case_opened())
        await claim(house, "mara")

        assert (await answer(house, "release", by=who, reason=reason)).status_code == status

    async def test_of_what_nobody_has_is_refused(self, house: House) -> None:
        await hear(house, a_case_opened())

        released = await answer(house, "release", by="sofia", reason="absence")

        assert (released.status_code, released.json()["allowed"]) == (409, ["assignment"])

    async def test_keeps_the_lead_towards_the_seller(self, house: House) -> None:
        await hear(house, a_case_opened())
        await claim(house, "mara")
        await answer(house, "release", by="mara", reason="end_of_shift")

        await claim(house, "jonas")

        assert (await house.said())[-1].fact["lead"] is False
