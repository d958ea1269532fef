"""People come and leave; whoever is there is asked, whoever leaves is stood in for."""

from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import text

from builders_contracts import CASE, NOON, a_case_opened
from chassis import ids
from chassis.clock import perform
from house_router import (
    PLAN,
    PLAYBOOKS,
    a_clock,
    a_member,
    claim,
    enrol,
    file_cases,
    hear,
    listed,
    of_case,
    offered,
    say,
)
from identities import MEMBERS
from router.clock import duties
from service_house import House

DUTIES = {duty.name: duty for duty in duties(PLAYBOOKS)}
WORKLIST = "/v1/queues/verification/cases"
AHEAD = {"starts_at": "2020-01-01T00:00:00Z", "ends_at": "2090-01-01T00:00:00Z"}


async def do(house: House, duty: str) -> None:
    await perform(DUTIES[duty], engine=house.engine, pen=PLAN.pen)


class TestPutPresence:
    async def test_is_announced_by_pseudonym(self, house: House) -> None:
        answer = await say(house, "available")

        told = (await house.said())[-1]
        assert (answer.status_code, answer.json()["presence"]) == (200, "available")
        assert (told.type, told.topic, told.subject) == (
            "member.presence_changed",
            "governance.v1",
            MEMBERS["mara"],
        )
        assert told.fact["presence"] == "available"

    async def test_says_nothing_when_nothing_changes(self, house: House) -> None:
        first, again = await say(house, "available"), await say(house, "available")

        told = [one for one in await house.said() if one.type == "member.presence_changed"]
        assert (len(told), first.headers["etag"]) == (1, again.headers["etag"])

    async def test_holds_who_writes_to_what_they_read(self, house: House) -> None:
        read = await house.get("/v1/members/mara/presence", by="mara")

        first = await say(house, "available", match=read.headers["etag"])
        second = await say(house, "away", match=read.headers["etag"])

        assert (first.status_code, second.status_code) == (200, 412)
        assert second.json()["current"] == first.headers["etag"]

    @pytest.mark.parametrize("match", ["nonsense", '"1', '"-1"', "1"])
    async def test_takes_no_other_word_for_a_version(self, match: str, house: House) -> None:
        headers = house.identities.headers("mara") | {"if-match": match}

        answer = await house.client.put(
            "/v1/members/mara/presence", json={"presence": "away"}, headers=headers
        )

        assert answer.status_code == 412

    @pytest.mark.parametrize(
        ("more", "pointer"),
        [
            ({"until": "2020-01-01T00:00:00Z"}, "/until"),
            ({"presence": "asleep"}, "/presence"),
            ({"delegation": {"to": "mara", **AHEAD}}, "/delegation/to"),
            (
                {"delegation": {"to": "jonas", **AHEAD, "starts_at": "2091-01-01T00:00:00Z"}},
                "/delegation/ends_at",
            ),
        ],
    )
    async def test_refuses_what_makes_no_sense(
        self, more: dict[str, Any], pointer: str, house: House
    ) -> None:
        said = {"presence": "offline"} | more
        answer = await house.client.put(
            "/v1/members/mara/presence",
            json=said,
            headers=house.identities.headers("mara") | {"if-match": "*"},
        )

        assert answer.status_code == 422
        assert [one["pointer"] for one in answer.json()["errors"]] == [pointer]

    @pytest.mark.parametrize(
        ("who", "status"), [("jonas", 403), ("sofia", 200), ("boris", 404), ("ines", 403)]
    )
    async def test_is_one_s_own_or_a_supervisor_s(
        self, who: str, status: int, house: House
    ) -> None:
        headers = house.identities.headers(who) | {"if-match": "*"}

        answer = await house.client.put(
            "/v1/members/mara/presence", json={"presence": "away"}, headers=headers
        )

        assert answer.status_code == status


class TestDispatch:
    async def test_asks_nobody_who_never_said_they_were_there(self, house: House) -> None:
        await hear(house, a_case_opened())

        await do(house, "dispatch-offers")

        assert await offered(house) == []

    @pytest.mark.covers("OW-7", "RT-2")
    async def test_asks_who_is_there_for_the_most_urgent_first(
        self, house: House, tmp_path: Path
    ) -> None:
        await enrol(house.engine, tmp_path, a_member("mara", capacity=2))
        cases = await file_cases(house, 3)
        for case, hours in zip(cases, (5, 1, 3), strict=True):
            await hear(house, a_clock(case, "resolution", NOON + timedelta(hours=hours)), case=case)
        await say(house, "available")

        await do(house, "dispatch-offers")
        await do(house, "dispatch-offers")

        assert set(await offered(house)) == {
            (cases[1], MEMBERS["mara"]),
            (cases[2], MEMBERS["mara"]),
        }

    async def test_spreads_over_those_who_are_there(self, house: House) -> None:
        await file_cases(house, 4)
        for who in ("mara", "jonas"):
            await say(house, "available", who=who)

        await do(house, "dispatch-offers")

        members = [member for _, member in await offered(house)]
        assert sorted(members) == sorted([MEMBERS["mara"], MEMBERS["jonas"]] * 2)

    async def test_asks_the_next_one_when_the_first_declines(self, house: House) -> None:
        await hear(house, a_case_opened())
        await say(house, "available")
        await do(house, "dispatch-offers")
        path = f"/v1/cases/{CASE}/assignment/declination"
        await house.post(path, {"reason": "overloaded"}, by="mara")
        await do(house, "dispatch-offers")

        await say(house, "available", who="jonas")
        await do(house, "dispatch-offers")

        assert await offered(house) == [(CASE, MEMBERS["mara"]), (CASE, MEMBERS["jonas"])]

    async def test_lets_none_wait_for_a_case_whose_playbook_is_not_here(self, house: House) -> None:
        cases = await file_cases(house, 2)
        async with house.engine.begin() as connection:
            lost = "update case_view set state = jsonb_set(state, '{playbook}', '\"gone@9.9.9\"')"
            given = {"case": ids.to_uuid(cases[0])}
            await connection.execute(text(f"{lost} where case_id = :case"), given)
        await say(house, "available")

        await do(house, "dispatch-offers")

        assert await offered(house) == [(cases[1], MEMBERS["mara"])]

    async def test_asks_nobody_whose_shift_is_over(self, house: House) -> None:
        await hear(house, a_case_opened())
        await say(house, "available", until="2090-01-01T00:00:00Z")
        async with house.engine.begin() as connection:
            await connection.execute(text("update presences set until = now()"))

        await do(house, "dispatch-offers")

        assert await offered(house) == []

    @pytest.mark.parametrize("presence", ["busy", "away", "offline"])
    async def test_leaves_in_peace_who_is_not_available(self, presence: str, house: House) -> None:
        await hear(house, a_case_opened())
        await say(house, "available")
        await say(house, presence)

        await do(house, "dispatch-offers")

        assert await offered(house) == []


class TestGoingOffline:
    async def test_takes_back_what_was_offered(self, house: House) -> None:
        await hear(house, a_case_opened())
        await say(house, "available")
        await do(house, "dispatch-offers")

        await say(house, "offline")

        [lapsed] = [one for one in await house.said() if one.type == "assignment.lapsed"]
        assert lapsed.fact["reason"] == "went_offline"

    @pytest.mark.covers("RT-8")
    async def test_gives_back_what_breaks_before_the_return(self, house: House) -> None:
        urgent, patient = await file_cases(house, 2)
        for case, days in ((urgent, 1), (patient, 9000)):
            await claim(house, "mara", case=case)
            await hear(house, a_clock(case, "resolution", NOON + timedelta(days=days)), case=case)

        await say(house, "offline", until="2040-01-01T00:00:00Z")

        [told] = [one for one in await house.said() if one.type == "case.unassigned"]
        assert (told.subject, told.fact["reason"]) == (urgent, "absence")
        assert [one["case"] for one in await listed(house, WORKLIST, by="jonas")] == [urgent]
        mine = await listed(house, "/v1/members/mara/cases", by="mara")
        assert [one["case"] for one in mine] == [patient]

    async def test_asks_the_stand_in_first(self, house: House) -> None:
        await hear(house, a_case_opened())
        for who in ("jonas", "sofia"):
            await say(house, "available", who=who)
        await claim(house, "mara")

        await say(house, "offline", delegation={"to": "sofia", **AHEAD})
        await do(house, "dispatch-offers")

        assert await offered(house) == [(CASE, MEMBERS["sofia"])]

    async def test_asks_a_stand_in_of_another_time_in_their_turn(self, house: House) -> None:
        later = {"starts_at": "2089-01-01T00:00:00Z", "ends_at": "2090-01-01T00:00:00Z"}
        await hear(house, a_case_opened())
        for who in ("jonas", "sofia"):
            await say(house, "available", who=who)
        await claim(house, "mara")

        await say(house, "offline", delegation={"to": "sofia", **later})
        await do(house, "dispatch-offers")

        assert await offered(house) == [(CASE, MEMBERS["jonas"])]

    async def test_happens_by_itself_when_the_shift_is_over(self, house: House) -> None:
        await hear(house, a_case_opened())
        await say(house, "available", until="2090-01-01T00:00:00Z")
        await claim(house, "mara")
        async with house.engine.begin() as connection:
            await connection.execute(text("update presences set until = '2020-01-01'"))

        await do(house, "end-shifts")

        presence = await house.get("/v1/members/mara/presence", by="mara")
        assert presence.json()["presence"] == "offline"
        assert (await of_case(house))[-1] == "case.unassigned"
