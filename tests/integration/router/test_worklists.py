"""Worklists: what breaks first comes first, page by page, for whoever may see it."""

from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import text

from builders_contracts import CASE, NOON, a_case_opened, a_receipt, an_id, an_item
from contracts.cases import ActingParty
from contracts.resolution import EvidenceRequested
from contracts.sla import ClockResumed, Met
from house_router import a_clock, a_member, claim, enrol, file_cases, hear, listed
from identities import MEMBERS
from service_house import House

WORKLIST = "/v1/queues/verification/cases"


async def pages(house: House, path: str, *, by: str) -> list[str]:
    seen: list[str] = []
    cursor: str | None = ""
    while cursor is not None:
        page = (await house.get(f"{path}&cursor={cursor}" if cursor else path, by=by)).json()
        seen += [one["case"] for one in page["items"]]
        cursor = page["next"]
    return seen


def asked_for(kind: str) -> EvidenceRequested:
    return EvidenceRequested(
        request=an_id("req"), items=(an_item(1, kind),), due_at=NOON + timedelta(days=14)
    )


class TestWorklistOfAQueue:
    @pytest.mark.covers("RT-2")
    async def test_puts_first_what_breaks_first(self, house: House) -> None:
        late, soon = await file_cases(house, 2)

        await hear(house, a_clock(late, "resolution", NOON + timedelta(hours=9)), case=late)
        await hear(house, a_clock(soon, "resolution", NOON + timedelta(hours=3)), case=soon)

        assert [one["case"] for one in await listed(house, WORKLIST, by="mara")] == [soon, late]

    async def test_goes_by_the_first_of_all_promises_and_names_it(self, house: House) -> None:
        [case] = await file_cases(house, 1)
        clocks = [("resolution", 9), ("first_response", 1), ("handoff_accept", 0)]

        for number, (kind, hours) in enumerate(clocks, start=1):
            clock = a_clock(case, kind, NOON + timedelta(hours=hours), number=number)
            await hear(house, clock, case=case, sequence=number)

        [one] = await listed(house, WORKLIST, by="mara")
        assert (one["breaks"], one["due_at"]) == ("first_response", "2026-11-22T13:00:00Z")

    async def test_goes_on_to_the_next_promise_when_one_is_kept(self, house: House) -> None:
        [case] = await file_cases(house, 1)
        clocks = [("resolution", 9), ("first_response", 1)]
        for number, (kind, hours) in enumerate(clocks, start=1):
            clock = a_clock(case, kind, NOON + timedelta(hours=hours), number=number)
            await hear(house, clock, case=case, sequence=number)

        met = Met(clock=an_id("clk", 2), kind="first_response", consumed_seconds=60, at=NOON)
        await hear(house, met, case=case, sequence=3)

        [one] = await listed(house, WORKLIST, by="mara")
        assert (one["breaks"], one["due_at"]) == ("resolution", "2026-11-22T21:00:00Z")

    async def test_minds_that_a_pause_moves_what_is_due(self, house: House) -> None:
        paused, other = await file_cases(house, 2)
        for case, hours in ((paused, 1), (other, 2)):
            clock = a_clock(case, "resolution", NOON + timedelta(hours=hours))
            await hear(house, clock, case=case)

        resumed = ClockResumed(
            clock=an_id("clk"),
            kind="resolution",
            revision=1,
            consumed_seconds=60,
            due_at=NOON + timedelta(hours=5),
        )
        await hear(house, resumed, case=paused, sequence=2)

        assert [one["case"] for one in await listed(house, WORKLIST, by="mara")] == [other, paused]

    async def test_shows_each_case_once_page_by_page(self, house: House) -> None:
        cases = await file_cases(house, 5)

        assert await pages(house, f"{WORKLIST}?limit=2", by="mara") == cases

    @pytest.mark.parametrize(
        ("query", "count"),
        [
            ("waiting_on=platform", 1),
            ("waiting_on=seller", 1),
            ("severity=medium", 2),
            ("severity=high", 0),
            ("issue_type=payout_hold", 2),
            ("issue_type=chargeback", 0),
        ],
    )
    async def test_narrows_to_what_is_asked(self, query: str, count: int, house: House) -> None:
        asked, _other = await file_cases(house, 2)
        await hear(house, asked_for("proof_of_address"), case=asked)

        assert len(await listed(house, f"{WORKLIST}?{query}", by="mara")) == count

    async def test_refuses_a_word_that_is_no_severity(self, house: House) -> None:
        answer = await house.get(f"{WORKLIST}?severity=dreadful", by="mara")

        [wrong] = answer.json()["errors"]
        assert (answer.status_code, wrong["pointer"]) == (422, "/query/severity")

    async def test_knows_when_the_seller_has_answered(self, house: House) -> None:
        [case] = await file_cases(house, 1)
        await hear(house, asked_for("proof_of_address"), case=case)

        await hear(house, a_receipt(4, "proof_of_address"), case=case, sequence=2)

        [one] = await listed(house, WORKLIST, by="mara")
        assert one["waiting_on"] == "platform"

    @pytest.mark.parametrize(
        ("changes", "count"),
        [({}, 1), ({"skills": []}, 0), ({"clearances": ["narrative"]}, 0)],
    )
    async def test_shows_whoever_asks_what_they_may_work(
        self, changes: dict[str, object], count: int, house: House, tmp_path: Path
    ) -> None:
        await enrol(house.engine, tmp_path, a_member("mara", **changes))
        await hear(house, a_case_opened())

        assert len(await listed(house, f"{WORKLIST}?workable=true", by="mara")) == count

    @pytest.mark.parametrize(
        ("who", "claims", "status"),
        [
            ("mara", {"teams": ["finance"]}, 403),  # another team's queue
            ("mara", {"teams": ["seller_care"]}, 200),  # the secondary owner helps out
            ("sofia", {"teams": []}, 200),  # supervisors see all teams
            ("finance-desk", {}, 403),
        ],
    )
    async def test_is_for_its_owners_and_supervisors(
        self, who: str, claims: dict[str, Any], status: int, house: House
    ) -> None:
        answer = await house.get(WORKLIST, by=who, **claims)

        assert answer.status_code == status

    async def test_of_another_marketplace_looks_empty(self, house: House) -> None:
        await hear(house, a_case_opened())

        assert await listed(house, WORKLIST, by="boris") == []

    async def test_of_a_queue_that_nobody_has_is_no_list(self, house: House) -> None:
        answer = await house.get("/v1/queues/nowhere/cases", by="mara")

        assert (answer.status_code, answer.json()["code"]) == (404, "not-found")

    async def test_is_read_along_an_index_however_long_it_is(self, house: House) -> None:
        await _many_cases(house, 20_000)
        wanted = text(
            "explain select * from queued_cases where marketplace = 'harbour' and"
            " queue = 'verification' and holder is null"
            " order by due_at, case_id limit 51"
        )

        async with house.engine.connect() as connection:
            plan = "\n".join((await connection.execute(wanted)).scalars())

        assert "queued_cases_waiting" in plan
        assert "Sort" not in plan


async def _many_cases(house: House, count: int) -> None:
    fill = text(
        "insert into queued_cases (marketplace, case_id, queue, team, priority, queued_at, due_at,"
        " severity, skills, clearance, waiting_on) select 'harbour', gen_random_uuid(),"
        " 'verification', 'verification', 2, now(), now() + n * interval '1 s', 'medium',"
        " '{}', '{}', 'platform' from generate_series(1, :count) n"
    )
    async with house.engine.begin() as connection:
        await connection.execute(fill, {"count": count})
        await connection.execute(text("analyze queued_cases"))


class TestQueues:
    @pytest.mark.covers("OW-1", "OW-2")
    async def test_tell_their_owners_and_their_load(self, house: House) -> None:
        held, asked, _ready = await file_cases(house, 3)
        await hear(house, asked_for("proof_of_address"), case=asked)
        await claim(house, "mara", case=held)

        queues = {one["queue"]: one for one in await listed(house, "/v1/queues", by="jonas")}

        one = queues["verification"]
        assert (one["team"], one["secondary"]) == ("verification", "seller_care")
        assert (one["waiting"], one["ready"], one["held"]) == (2, 1, 1)
        assert queues["seller_care"]["waiting"] == 0

    async def test_count_what_has_broken_a_promise(self, house: House) -> None:
        [case] = await file_cases(house, 1)

        await hear(house, a_clock(case, "resolution", NOON - timedelta(days=900)), case=case)

        queues = {one["queue"]: one for one in await listed(house, "/v1/queues", by="mara")}
        assert queues["verification"]["overdue"] == 1
        assert queues["verification"]["next_due_at"] == "2024-06-05T12:00:00Z"

    async def test_of_triage_hold_what_nobody_was_sure_of(self, house: House) -> None:
        delegate = ActingParty(kind="agency", authority="unverified", assurance="none")
        await hear(house, a_case_opened(acting_party=delegate))

        [one] = await listed(house, "/v1/queues/triage/cases?workable=false", by="mara")

        assert (one["case"], one["queue"], one["skills"]) == (CASE, "triage", ["triage"])


class TestWorklistOfAMember:
    async def test_lists_what_they_hold_and_not_what_waits(self, house: House) -> None:
        held, _waiting = await file_cases(house, 2)
        await claim(house, "mara", case=held)

        mine = await listed(house, "/v1/members/mara/cases", by="mara")

        assert [(one["case"], one["holder"]) for one in mine] == [(held, MEMBERS["mara"])]

    async def test_puts_first_what_breaks_first(self, house: House) -> None:
        cases = await file_cases(house, 3)
        for hours, case in zip((5, 1, 3), cases, strict=True):
            await claim(house, "mara", case=case)
            clock = a_clock(case, "resolution", NOON + timedelta(hours=hours))
            await hear(house, clock, case=case)

        seen = await pages(house, f"/v1/members/{MEMBERS['mara']}/cases?limit=1", by="mara")

        assert seen == [cases[1], cases[2], cases[0]]

    @pytest.mark.parametrize(
        ("who", "whose", "status"),
        [
            ("jonas", "mara", 403),
            ("sofia", "mara", 200),
            ("boris", "mara", 404),
            ("mara", "nobody", 404),
            ("mara", "mem_of_nonsense", 404),
        ],
    )
    async def test_is_for_themselves_and_supervisors(
        self, who: str, whose: str, status: int, house: House
    ) -> None:
        answer = await house.get(f"/v1/members/{whose}/cases", by=who)

        assert answer.status_code == status
