"""The next case, please: however many ask at once, each case goes to one."""

import asyncio
from collections import Counter
from collections.abc import AsyncIterator
from datetime import timedelta
from pathlib import Path

import httpx
import pytest
from sqlalchemy.ext.asyncio import create_async_engine

from builders_contracts import CASE, NOON, a_case_opened, an_id, an_item, event
from builders_resolution import record_of
from chassis.consumer import deliver
from conftest import EngineFor
from contracts.cases import ActingParty
from contracts.resolution import EvidenceRequested
from house_router import (
    PLAN,
    a_clock,
    a_member,
    a_router,
    claim,
    enrol,
    file_cases,
    hear,
    listed,
    of_case,
)
from identities import MEMBERS
from service_house import House

TAKE = "/v1/queues/verification/take"
WORKLIST = "/v1/queues/verification/cases"
CROWD = 500
TEAM = 25


async def take(
    house: House, who: str, teams: tuple[str, ...] = ("verification",)
) -> httpx.Response:
    return await house.post(TAKE, by=who, teams=list(teams))


def a_colleague(number: int, **changes: object) -> dict[str, object]:
    named = {"member": an_id("mem", number), "login": f"c{number}"}
    return a_member("mara") | named | changes


async def taken_by(house: House, number: int) -> httpx.Response:
    return await house.post(TAKE, by="mara", sub=f"c{number}", member=an_id("mem", number))


class TestTake:
    async def test_gives_the_most_urgent_case(self, house: House) -> None:
        cases = await file_cases(house, 3)
        for case, hours in zip(cases, (5, 1, 3), strict=True):
            await hear(house, a_clock(case, "resolution", NOON + timedelta(hours=hours)), case=case)

        answers = [await take(house, "mara") for _ in cases]

        taken = [answer.json()["case"] for answer in answers]
        assert taken == [cases[1], cases[2], cases[0]]
        assert (answers[0].status_code, answers[0].json()["state"]) == (200, "accepted")
        assert answers[0].json()["member"] == MEMBERS["mara"]

    async def test_says_so_when_there_is_none(self, house: House) -> None:
        answer = await take(house, "mara")

        assert (answer.status_code, answer.content) == (204, b"")

    async def test_leaves_what_waits_for_the_seller(self, house: House) -> None:
        asked, ready = await file_cases(house, 2)
        request = EvidenceRequested(
            request=an_id("req"), items=(an_item(1, "proof_of_address"),), due_at=NOON
        )
        await hear(house, request, case=asked)

        first, second = await take(house, "mara"), await take(house, "mara")

        assert (first.json()["case"], second.status_code) == (ready, 204)

    @pytest.mark.covers("RT-2", "OW-7")
    @pytest.mark.parametrize("lacking", [{"skills": []}, {"clearances": ["narrative"]}])
    async def test_leaves_what_the_person_may_not_work(
        self, lacking: dict[str, object], house: House, tmp_path: Path
    ) -> None:
        await enrol(house.engine, tmp_path, a_member("mara", **lacking))
        await hear(house, a_case_opened())

        assert (await take(house, "mara")).status_code == 204
        assert (await take(house, "jonas")).status_code == 200

    async def test_leaves_what_is_offered_to_somebody_else(self, house: House) -> None:
        await hear(house, a_case_opened())
        await claim(house, "sofia", member="jonas")

        assert (await take(house, "mara")).status_code == 204
        assert (await take(house, "jonas")).json()["case"] == CASE
        assert (await of_case(house))[-2:] == ["assignment.offered", "case.assigned"]

    async def test_stops_where_there_is_no_room(self, house: House, tmp_path: Path) -> None:
        await enrol(house.engine, tmp_path, a_member("mara", capacity=1))
        await file_cases(house, 2)

        first, second = await take(house, "mara"), await take(house, "mara")

        assert (first.status_code, second.status_code) == (200, 409)
        assert second.json()["lacks"] == ["capacity"]

    async def test_lets_the_secondary_owner_help_out(self, house: House, tmp_path: Path) -> None:
        helper = a_member("mara", teams=["seller_care"])
        await enrol(house.engine, tmp_path, helper)
        await hear(house, a_case_opened())

        answer = await take(house, "mara", teams=("seller_care",))

        assert (answer.status_code, answer.json()["team"]) == (200, "seller_care")

    @pytest.mark.parametrize(
        ("who", "teams", "status"),
        [("mara", ("finance",), 403), ("finance-desk", ("finance",), 403)],
    )
    async def test_is_for_the_queues_owners(
        self, who: str, teams: tuple[str, ...], status: int, house: House
    ) -> None:
        await hear(house, a_case_opened())

        assert (await take(house, who, teams=teams)).status_code == status

    async def test_knows_no_queue_that_is_not_there(self, house: House) -> None:
        answer = await house.post("/v1/queues/nowhere/take", by="mara")

        assert answer.status_code == 404

    async def test_does_not_take_what_wants_classifying(self, house: House, tmp_path: Path) -> None:
        await enrol(house.engine, tmp_path, a_member("mara", skills=["triage"]))
        delegate = ActingParty(kind="agency", authority="unverified", assurance="none")
        await hear(house, a_case_opened(acting_party=delegate))

        answer = await house.post("/v1/queues/triage/take", by="mara")

        assert (answer.status_code, answer.json()["case_status"]) == (409, "triage")

    async def test_repeats_its_answer_under_the_same_key(self, house: House) -> None:
        await file_cases(house, 2)

        first = await house.post(TAKE, by="mara", key="one")
        again = await house.post(TAKE, by="mara", key="one")

        assert first.json() == again.json()
        assert len(await listed(house, WORKLIST, by="mara")) == 1

    async def test_waits_for_a_case_that_is_just_being_folded(self, house: House) -> None:
        """Whoever skipped it would be told that nothing waits, while something does."""
        await hear(house, a_case_opened())
        noise = record_of(event(a_clock(CASE, "assign", NOON), minute=1))

        answers = await asyncio.gather(
            deliver([noise], to=PLAN.consumer, engine=house.engine, pen=PLAN.pen),
            take(house, "mara"),
        )

        assert answers[1].status_code == 200


@pytest.fixture
async def arena(engine_for: EngineFor, tmp_path: Path) -> AsyncIterator[House]:
    """Open a router whose crowd waits for a connection as long as a busy machine needs."""
    url = (await engine_for("router")).url
    patient = create_async_engine(url, pool_size=20, pool_timeout=300, hide_parameters=True)
    async with a_router(patient, tmp_path) as house:
        yield house
    await patient.dispose()


class TestFiveHundredAtOnce:
    @pytest.mark.covers("OW-4")
    async def test_take_one_case_once(self, arena: House) -> None:
        await hear(arena, a_case_opened())

        answers = await asyncio.gather(
            *(take(arena, ("mara", "jonas")[n % 2]) for n in range(CROWD))
        )

        found = Counter(answer.status_code for answer in answers)
        # 503: who has waited longer for the case than a request may is told to ask again.
        assert (found[200], found[200] + found[204] + found[503]) == (1, CROWD)
        assert (await of_case(arena)).count("case.assigned") == 1

    @pytest.mark.covers("OW-4")
    async def test_claim_one_case_once(self, arena: House, tmp_path: Path) -> None:
        people = [a_colleague(number) for number in range(1, CROWD + 1)]
        await enrol(arena.engine, tmp_path, *people)
        await hear(arena, a_case_opened())

        async def claim_as(number: int) -> httpx.Response:
            who = {"sub": f"c{number}", "member": an_id("mem", number)}
            body = {"member": an_id("mem", number)}
            return await arena.post(f"/v1/cases/{CASE}/assignment", body, by="mara", **who)

        answers = await asyncio.gather(*(claim_as(number) for number in range(1, CROWD + 1)))

        found = Counter(answer.status_code for answer in answers)
        # 503: who has waited longer for the case than a request may is told to ask again.
        assert (found[201], found[201] + found[409] + found[503]) == (1, CROWD)
        [winner] = [one.json()["member"] for one in answers if one.status_code == 201]
        losers = [one.json() for one in answers if one.status_code == 409]
        assert {one["assigned_to"] for one in losers} == {winner}
        assert {one["code"] for one in losers} == {"not-allowed-now"}

    @pytest.mark.covers("OW-4")
    async def test_never_share_a_case_and_never_exceed_a_capacity(
        self, arena: House, tmp_path: Path
    ) -> None:
        """25 people with room for 4 each take as often as they like; 120 cases wait."""
        people = [a_colleague(number, capacity=4) for number in range(1, TEAM + 1)]
        await enrol(arena.engine, tmp_path, *people)
        await file_cases(arena, 120)

        each = CROWD // TEAM  # one person's questions come together: they must not overtake
        answers = await asyncio.gather(*(taken_by(arena, n // each + 1) for n in range(CROWD)))
        # Whoever was told to ask again does so when the crowd has gone.
        answers += [await taken_by(arena, number + 1) for number in range(TEAM) for _ in range(4)]

        taken = [one.json() for one in answers if one.status_code == 200]
        assert len({one["case"] for one in taken}) == len(taken) == TEAM * 4
        assert set(Counter(one["member"] for one in taken).values()) == {4}
        assert {one.status_code for one in answers} <= {200, 204, 409, 503}
