"""Acting at one service, then at another: the second waits, or says why it does not."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import asyncpg
import httpx
import pytest

from extent import short_or_full
from harness.rig import Rig
from stack.story import files
from stack.story.demo import town_of
from stack.story.people import Town

JONAS = "jonas"  # may judge what is his; a supervisor might before that was heard
KIND = "business_registration"
JUDGED = {"outcome": "accepted", "issued_on": "2026-11-02", "valid_until": "2027-10-31"}
_HOLD = "select from inbox_subject where consumer = 'resolution' and subject = $1 for update"
_PARK = "update inbox_subject set blocked = true where consumer = 'resolution' and subject = $1"
_FREE = "update inbox_subject set blocked = false where consumer = 'resolution' and subject = $1"


class Story:
    """One case with a document that somebody may judge once it is theirs."""

    def __init__(self, rig: Rig) -> None:
        self.rig = rig
        self.town: Town = town_of(rig.stack, rig.http)
        self.case = self.evidence = ""

    async def begin(self) -> None:
        front_end = self.town.whoever("harbour-front-end")
        filed = await front_end.post("intake", "/v1/cases", files.new_filing(), expect=201)
        self.case = filed.json()["id"]
        self.town.note(self.case, filed)
        path, document = f"/v1/cases/{self.case}/evidence", files.document(KIND)
        seller = self.town.whoever("seller-clay-and-co")
        sent = await seller.post("intake", path, form=document, case=self.case, expect=201)
        self.evidence = sent.json()["id"]

    async def claim(self) -> None:
        path = f"/v1/cases/{self.case}/assignment"
        jonas = self.town.whoever(JONAS)
        await jonas.post("router", path, {"member": JONAS}, case=self.case, expect=201)

    async def judge(self, **after: str) -> httpx.Response:
        """Judge the document, once: whatever is answered is the answer."""
        path = f"/v1/cases/{self.case}/evidence/{self.evidence}/judgement"
        bearer = {"Authorization": f"Bearer {self.rig.stack.token(JONAS)}"}
        position = self.town.after(self.case) | after
        return await self.rig.http.post(
            f"{self.rig.stack.url('resolution')}{path}",
            json=JUDGED,
            headers=bearer | position,
            timeout=10,
        )


@asynccontextmanager
async def in_database(rig: Rig) -> AsyncIterator[asyncpg.Connection]:
    connection = await asyncpg.connect(rig.stack.dsn("resolution", role="owner"))
    try:
        yield connection
    finally:
        await connection.close()


class TestPosition:
    @pytest.mark.fault(116)
    async def test_spares_whoever_acted_elsewhere_a_refusal(self, rig: Rig) -> None:
        for _ in range(short_or_full(5, 10)):
            story = Story(rig)
            await story.begin()
            await story.claim()

            answer = await story.judge()

            assert answer.status_code == 200, answer.text

    @pytest.mark.fault(116)
    async def test_is_waited_for_two_seconds_while_the_consumer_is_held(self, rig: Rig) -> None:
        story = Story(rig)
        await story.begin()
        await rig.rest()
        async with in_database(rig) as connection, connection.transaction():
            await connection.execute(_HOLD, story.case)
            await story.claim()

            held = await story.judge()
        let_go = await story.judge()

        assert (held.status_code, held.json()["code"]) == (409, "not-caught-up")
        assert held.json()["retryable"] is True
        assert let_go.status_code == 200, let_go.text

    @pytest.mark.fault(116)
    async def test_is_not_waited_for_when_the_case_is_parked(self, rig: Rig) -> None:
        story = Story(rig)
        await story.begin()
        await story.claim()
        await rig.rest()
        async with in_database(rig) as connection:
            await connection.execute(_PARK, story.case)
            on_hold = [await story.judge(), await story.judge(**{"SellerWorks-After": "router=99"})]
            await connection.execute(_FREE, story.case)
        free = await story.judge()

        assert {(one.status_code, one.json()["code"]) for one in on_hold} == {(409, "case-on-hold")}
        assert free.status_code == 200, free.text
