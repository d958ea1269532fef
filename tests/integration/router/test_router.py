"""The router at work, on a real PostgreSQL with the playbook that ships."""

import asyncio
import json
from pathlib import Path

import pytest

from builders_contracts import CASE, a_case_opened, an_id, event
from builders_resolution import record_of, the_playbook
from chassis.consumer import deliver
from contracts.cases import ActingParty, CaseMerged
from contracts.resolution import CaseResolved
from house_router import PLAN, a_member, claim, hear, of_case
from identities import MEMBERS
from router.main import seed
from service_house import House


class TestRouteCase:
    @pytest.mark.covers("RT-1", "RT-3", "RT-11", "RT-17", "IN-8", "IN-3")
    async def test_says_what_the_case_is_and_which_row_chose_its_queue(self, house: House) -> None:
        await hear(house, a_case_opened())

        _, _, _, classified, routed = await house.said()
        assert (classified.type, routed.type) == ("case.classified", "case.routed")
        assert classified.fact["issue_type"] == "payout_hold"
        assert classified.fact["signals"]["financial"] == "medium"
        assert (classified.fact["authority_level"], classified.fact["confidence"]) == (2, 0.95)
        assert (routed.fact["queue"], routed.fact["lead"]["team"]) == (
            "verification",
            "verification",
        )
        assert routed.fact["predicates"]

    async def test_names_the_event_that_made_it_route(self, house: House) -> None:
        await hear(house, a_case_opened())

        routed = (await house.said())[-1]
        assert routed.headers["ce_causationid"] == str(event(a_case_opened()).id)

    async def test_routes_once_however_often_it_hears(self, house: House) -> None:
        for _delivery in range(3):
            await hear(house, a_case_opened())

        assert await of_case(house) == ["case.classified", "case.routed"]

    @pytest.mark.covers("IN-10")
    async def test_lets_no_channel_decide(self, house: House) -> None:
        cases = [an_id("case", number) for number in (11, 12)]

        for case, channel in zip(cases, ("portal", "phone"), strict=True):
            await hear(house, a_case_opened(channel=channel), case=case)

        routes = [one.fact for one in await house.said() if one.type == "case.routed"]
        assert routes[0] == routes[1]

    @pytest.mark.covers("IN-13", "RT-16")
    async def test_asks_a_person_when_nobody_vouches_for_the_delegate(self, house: House) -> None:
        delegate = ActingParty(kind="agency", authority="unverified", assurance="none")

        await hear(house, a_case_opened(acting_party=delegate))

        asked = (await house.said())[-1]
        assert (asked.type, asked.fact["reason"]) == (
            "case.triage_required",
            "authority_unverified",
        )
        assert asked.fact["lead"] == {"team": "seller_care"}
        listed = (await house.get("/v1/queues/triage/cases", by="mara")).json()["items"]
        assert [one["case"] for one in listed] == [CASE]
        seen = await house.get(f"/v1/cases/{CASE}/routing", by="mara")
        assert seen.json()["items"][0]["route"] is None

    async def test_leaves_other_types_to_seller_care(self, house: House) -> None:
        await hear(house, a_case_opened(issue_type="feature_request", facts={}))

        routed = (await house.said())[-1]
        assert routed.fact["queue"] == "seller_care"


class TestPostClassification:
    async def test_routes_a_case_that_waits_for_a_person(self, house: House) -> None:
        delegate = ActingParty(kind="agency", authority="unverified", assurance="none")
        await hear(house, a_case_opened(acting_party=delegate))
        reason = the_playbook().codes.classification[0]

        answer = await house.post(
            f"/v1/cases/{CASE}/classification",
            {"issue_type": "payout_hold", "reason": reason},
            by="mara",
        )

        assert answer.status_code == 200
        classified, routed = (await house.said())[-2:]
        assert (classified.fact["method"], classified.fact["reason"]) == ("human", reason)
        assert routed.type == "case.routed"

    async def test_refuses_words_that_are_no_codes(self, house: House) -> None:
        await hear(house, a_case_opened())

        body = {"issue_type": "magic", "reason": "because"}
        answer = await house.post(f"/v1/cases/{CASE}/classification", body, by="mara")

        pointers = [one["pointer"] for one in answer.json()["errors"]]
        assert (answer.status_code, pointers) == (422, ["/issue_type", "/reason"])
        assert "payout_hold" in answer.json()["errors"][0]["detail"]

    async def test_says_nothing_new_of_the_same_type(self, house: House) -> None:
        await hear(house, a_case_opened())
        reason = the_playbook().codes.classification[0]

        body = {"issue_type": "payout_hold", "reason": reason}
        answer = await house.post(f"/v1/cases/{CASE}/classification", body, by="mara")

        assert (answer.status_code, answer.json()["code"]) == (409, "not-allowed-now")


class TestPostAssignment:
    @pytest.mark.covers("OW-4", "OW-3")
    async def test_gives_the_case_and_its_lead_to_whoever_claims_it(self, house: House) -> None:
        await hear(house, a_case_opened())

        status = await claim(house, "mara")

        assigned = (await house.said())[-1]
        assert (status, assigned.type) == (201, "case.assigned")
        assert (assigned.fact["member"], assigned.fact["lead"]) == (MEMBERS["mara"], True)

    async def test_changes_nothing_for_whoever_has_it(self, house: House) -> None:
        await hear(house, a_case_opened())
        await claim(house, "mara")

        again = await claim(house, "mara")

        assert again == 200
        assert (await of_case(house)).count("case.assigned") == 1

    async def test_gives_it_to_one_of_two_who_ask_at_once(self, house: House) -> None:
        await hear(house, a_case_opened())

        statuses = await asyncio.gather(claim(house, "mara"), claim(house, "jonas"))

        assert sorted(statuses) == [201, 409]

    @pytest.mark.parametrize(
        ("who", "member", "status"),
        [
            ("mara", "jonas", 403),  # for somebody else, supervisors only
            ("mara", "nobody", 403),  # who there is, agents are not told
            ("sofia", "jonas", 201),
            ("sofia", "nobody", 422),
            ("finance-desk", "finance-desk", 403),
            ("boris", "boris", 404),
        ],
    )
    async def test_minds_who_gives_it_to_whom(
        self, who: str, member: str, status: int, house: House
    ) -> None:
        await hear(house, a_case_opened())

        assert await claim(house, who, member=member) == status

    async def test_keeps_to_the_capacity(self, house: House, tmp_path: Path) -> None:
        file = tmp_path / "small.json"
        file.write_text(json.dumps([a_member("mara", capacity=1)]))
        await seed([str(file)], engine=house.engine, pen=PLAN.pen)
        cases = [an_id("case", number) for number in (11, 12)]
        for case in cases:
            await hear(house, a_case_opened(), case=case)

        statuses = await asyncio.gather(*(claim(house, "mara", case=case) for case in cases))

        assert sorted(statuses) == [201, 409]

    @pytest.mark.fault(115)
    async def test_frees_the_place_when_the_case_ends(self, house: House) -> None:
        await hear(house, a_case_opened())
        await claim(house, "mara")

        ended = CaseResolved(outcome="released", root_cause="verification_expired", episode=0)
        await hear(house, ended)

        queue = await house.get("/v1/queues/verification/cases", by="mara")
        assert queue.json()["items"] == []
        assert await claim(house, "jonas") == 409

    async def test_frees_the_place_of_a_case_that_was_merged(self, house: House) -> None:
        await hear(house, a_case_opened())
        await claim(house, "mara")

        await hear(house, CaseMerged(into=an_id("case", 2), reason="filed_twice"), sequence=2)

        for path in ("/v1/queues/verification/cases", f"/v1/members/{MEMBERS['mara']}/cases"):
            worklist = await house.get(path, by="mara")
            assert worklist.json()["items"] == [], path
        assert await claim(house, "jonas") == 409

    @pytest.mark.fault(115)
    async def test_tells_whoever_took_a_case_that_had_ended(self, house: House) -> None:
        """Assigned and ended at once: the end came first in time, the claim first here."""
        await hear(house, a_case_opened())
        await claim(house, "mara")

        ended = CaseResolved(outcome="released", root_cause="verification_expired", episode=0)
        earlier = record_of(event(ended, minute=-60 * 24 * 365))
        await deliver([earlier], to=PLAN.consumer, engine=house.engine, pen=PLAN.pen)

        assert (await of_case(house))[-1] == "case.unassigned"


class TestGetRouting:
    async def test_explains_the_decision(self, house: House) -> None:
        await hear(house, a_case_opened())

        [decision] = (await house.get(f"/v1/cases/{CASE}/routing", by="mara")).json()["items"]

        assert decision["playbook"] == "marketplace-core@1.0.0"
        assert decision["route"]["rule"]
        assert decision["route"]["inputs"]
        assert decision["classification"]["method"] == "rule"


class TestSeed:
    @pytest.mark.covers("OW-8")
    async def test_announces_members_by_pseudonym_once(self, house: House, tmp_path: Path) -> None:
        file = tmp_path / "again.json"
        file.write_text(json.dumps([a_member("mara"), a_member("jonas", authority=3)]))

        await seed([str(file)], engine=house.engine, pen=PLAN.pen)

        enrolled = [one for one in await house.said() if one.type == "member.enrolled"]
        assert [one.subject for one in enrolled] == [
            MEMBERS["mara"],
            MEMBERS["jonas"],
            MEMBERS["sofia"],
            MEMBERS["jonas"],
        ]
        assert "Mara" not in str(enrolled)
