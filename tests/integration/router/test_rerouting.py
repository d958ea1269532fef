"""People send cases elsewhere, with reasons; what goes in a circle stops."""

from typing import Any

import httpx
import pytest
from sqlalchemy import text

from builders_contracts import CASE, a_case_opened, a_handoff_request, an_id
from contracts.handoff import HandoffReturned
from house_router import claim, hear, listed, of_case
from identities import MEMBERS
from service_house import House

WORKLIST = "/v1/queues/{queue}/cases"


async def post(house: House, what: str, body: dict[str, str], *, by: str) -> httpx.Response:
    return await house.post(f"/v1/cases/{CASE}/{what}", body, by=by)


async def reroute(house: House, queue: str, *, by: str = "sofia") -> httpx.Response:
    return await post(house, "rerouting", {"queue": queue, "reason": "wrong_queue"}, by=by)


async def queue_of(house: House, queue: str) -> list[str]:
    path = WORKLIST.format(queue=queue)
    return [one["case"] for one in await listed(house, path, by="sofia")]


async def hand_to(house: House, team: str, *, number: int) -> None:
    """Let a team be handed the case, and say that it is another's; `number` counts handoffs."""
    asked = a_handoff_request(handoff=an_id("hnd", number), team=team, contract=f"{team}@1.0.0")
    await hear(house, asked, sequence=2 * number - 1)


async def wrong_team(house: House, *, number: int, suggest: str | None) -> None:
    back = HandoffReturned(handoff=an_id("hnd", number), reason="wrong_team", suggest=suggest)
    await hear(house, back, sequence=2 * number)


async def frozen(house: House) -> list[dict[str, Any]]:
    return [one.fact for one in await house.said() if one.type == "routing.frozen"]


class TestPostRerouting:
    async def test_moves_the_case_and_keeps_its_lead(self, house: House) -> None:
        await hear(house, a_case_opened())
        await claim(house, "mara")

        answer = await reroute(house, "seller_care")

        told = (await house.said())[-1]
        assert (answer.status_code, answer.json()["queue"]) == (200, "seller_care")
        assert (told.type, told.fact["previous_queue"], told.fact["reason"]) == (
            "case.rerouted",
            "verification",
            "wrong_queue",
        )
        assert await queue_of(house, "seller_care") == [CASE]
        assert await queue_of(house, "verification") == []
        routing = await listed(house, f"/v1/cases/{CASE}/routing", by="sofia")
        assert [one["route"]["queue"] for one in routing] == ["seller_care", "verification"]
        assert await listed(house, "/v1/members/mara/cases", by="mara") == []
        await claim(house, "jonas")
        assert (await house.said())[-1].fact["lead"] is False

    @pytest.mark.parametrize(
        ("who", "body", "status", "pointer"),
        [
            ("mara", {"queue": "seller_care", "reason": "wrong_queue"}, 403, None),
            ("boris", {"queue": "seller_care", "reason": "wrong_queue"}, 403, None),
            ("sofia", {"queue": "nowhere", "reason": "wrong_queue"}, 422, "/queue"),
            ("sofia", {"queue": "triage", "reason": "wrong_queue"}, 422, "/queue"),
            ("sofia", {"queue": "seller_care", "reason": "mood"}, 422, "/reason"),
            ("sofia", {"queue": "verification", "reason": "wrong_queue"}, 409, None),
        ],
    )
    async def test_minds_who_where_and_why(
        self, who: str, body: dict[str, str], status: int, pointer: str | None, house: House
    ) -> None:
        await hear(house, a_case_opened())

        answer = await post(house, "rerouting", body, by=who)

        assert answer.status_code == status
        assert [one["pointer"] for one in answer.json()["errors"]] == ([pointer] if pointer else [])

    @pytest.mark.covers("RT-12")
    async def test_back_to_where_it_came_from_freezes_the_case(self, house: House) -> None:
        await hear(house, a_case_opened())
        await reroute(house, "seller_care")

        answer = await reroute(house, "verification")

        [told] = await frozen(house)
        assert answer.json() == {"case": CASE, "queue": "seller_care", "routing_frozen": True}
        assert told["trail"] == ["verification", "seller_care", "verification"]
        again = await reroute(house, "finance_desk")
        assert (again.status_code, again.json()["arbiter"]) == (409, told["arbiter"])


class TestReclassification:
    async def test_gives_the_case_another_type_and_its_queue(self, house: House) -> None:
        await hear(house, a_case_opened())
        body = {"issue_type": "feature_request", "reason": "wrong_type"}

        answer = await post(house, "classification", body, by="mara")

        reclassified, rerouted = (await house.said())[-2:]
        assert answer.status_code == 200
        assert (reclassified.type, reclassified.fact["previous"]) == (
            "case.reclassified",
            "payout_hold",
        )
        assert (reclassified.fact["method"], reclassified.fact["reason"]) == ("human", "wrong_type")
        assert (rerouted.type, rerouted.fact["queue"]) == ("case.rerouted", "seller_care")
        [one] = await listed(house, "/v1/queues/seller_care/cases", by="mara")
        assert one["issue_type"] == "feature_request"

    async def test_leaves_the_case_in_hands_where_the_queue_stays(self, house: House) -> None:
        await hear(house, a_case_opened(issue_type="feature_request", facts={}))
        await mara_has_it(house)
        body = {"issue_type": "policy_clarification", "reason": "more_specific"}

        answer = await post(house, "classification", body, by="mara")

        assert (answer.status_code, (await house.said())[-1].type) == (200, "case.reclassified")
        [mine] = await listed(house, "/v1/members/mara/cases", by="mara")
        assert (mine["issue_type"], mine["queue"]) == ("policy_clarification", "seller_care")
        newest, _first = await listed(house, f"/v1/cases/{CASE}/routing", by="mara")
        assert newest["classification"]["method"] == "human"


async def mara_has_it(house: House) -> None:
    """Let mara claim the case of seller care, whose secondary owner her team is."""
    answer = await post(house, "assignment", {"member": "mara"}, by="mara")
    assert answer.status_code == 201, answer.text


class TestLeadTransfer:
    async def test_lets_another_answer_and_leaves_the_work(self, house: House) -> None:
        await hear(house, a_case_opened())
        await claim(house, "mara")

        body = {"member": "jonas", "reason": "absence"}
        answer = await post(house, "lead-transfer", body, by="mara")

        told = (await house.said())[-1]
        assert (answer.status_code, answer.json()["member"]) == (200, MEMBERS["jonas"])
        assert (told.type, told.fact["lead"]["member"], told.fact["previous"]["member"]) == (
            "case.lead_transferred",
            MEMBERS["jonas"],
            MEMBERS["mara"],
        )
        mine = await listed(house, "/v1/members/mara/cases", by="mara")
        assert [one["case"] for one in mine] == [CASE]

    async def test_to_the_lead_says_nothing(self, house: House) -> None:
        await hear(house, a_case_opened())
        await claim(house, "mara")

        answer = await post(
            house, "lead-transfer", {"member": "mara", "reason": "absence"}, by="sofia"
        )

        assert answer.status_code == 200
        assert "case.lead_transferred" not in await of_case(house)

    @pytest.mark.parametrize(
        ("who", "member", "reason", "status"),
        [
            ("jonas", "jonas", "absence", 403),
            ("mara", "nobody", "absence", 422),
            ("mara", "jonas", "bored", 422),
            ("sofia", "jonas", "absence", 200),
        ],
    )
    async def test_minds_who_to_whom_and_why(
        self, who: str, member: str, reason: str, status: int, house: House
    ) -> None:
        await hear(house, a_case_opened())
        await claim(house, "mara")

        answer = await post(house, "lead-transfer", {"member": member, "reason": reason}, by=who)

        assert answer.status_code == status


class TestPingPong:
    """E29: finance says trust & safety, and trust & safety says finance."""

    @pytest.fixture
    async def house(self, house: House) -> House:
        await hear(house, a_case_opened())
        await claim(house, "mara")
        await hand_to(house, "finance", number=1)
        await wrong_team(house, number=1, suggest="trust")
        await hand_to(house, "trust", number=2)
        assert await frozen(house) == []
        await wrong_team(house, number=2, suggest="finance")
        return house

    @pytest.mark.covers("RT-12", "OW-4")
    async def test_stops_and_names_who_decides(self, house: House) -> None:
        [told] = await frozen(house)

        assert (told["reason"], told["arbiter"], told["arbiter_role"]) == (
            "ping_pong",
            MEMBERS["sofia"],
            "supervisor",
        )
        assert told["trail"] == ["verification", "finance", "trust", "finance"]

    async def test_opens_a_routing_defect_with_the_rules_that_led_there(self, house: House) -> None:
        [defect] = await listed(house, "/v1/routing-defects", by="sofia")

        assert (defect["case"], defect["reason"], defect["ended_at"]) == (CASE, "ping_pong", None)
        assert defect["rules"][1:] == ["finance@1.0.0", "trust@1.0.0"]
        assert defect["playbook"] == "marketplace-core@1.0.0"

    async def test_leaves_the_seller_one_lead_throughout(self, house: House) -> None:
        assert "case.lead_transferred" not in await of_case(house)
        mine = await listed(house, "/v1/members/mara/cases", by="mara")
        assert [one["case"] for one in mine] == [CASE]

    async def test_is_ended_by_whoever_decides(self, house: House) -> None:
        body = {"team": "seller_care", "reason": "ping_pong"}

        answer = await post(house, "arbitration", body, by="sofia")

        unfrozen, rerouted = (await house.said())[-2:]
        assert (answer.status_code, answer.json()["queue"]) == (200, "finance_desk")
        assert (unfrozen.type, unfrozen.fact["team"], unfrozen.fact["member"]) == (
            "routing.unfrozen",
            "seller_care",
            MEMBERS["sofia"],
        )
        assert rerouted.type == "case.rerouted"
        [defect] = await listed(house, "/v1/routing-defects", by="ines")
        assert (defect["team"], defect["why"]) == ("seller_care", "ping_pong")
        again = await post(house, "arbitration", body, by="sofia")
        assert again.status_code == 409

    @pytest.mark.covers("OW-5")
    async def test_is_not_ended_by_a_supervisor_where_the_council_decides(
        self, house: House
    ) -> None:
        async with house.engine.begin() as connection:
            to_council = "update routing_defects set arbiter = null, arbiter_role = 'council'"
            await connection.execute(text(to_council))
        body = {"team": "seller_care", "reason": "ping_pong"}

        answer = await post(house, "arbitration", body, by="sofia")

        told = answer.json()
        assert (answer.status_code, told["code"]) == (403, "needs-authority")
        assert (told["arbiter"], told["arbiter_role"]) == (None, "council")
        [defect] = await listed(house, "/v1/routing-defects", by="sofia")
        assert defect["ended_at"] is None

    async def test_begins_anew_after_the_decision(self, house: House) -> None:
        await post(house, "arbitration", {"team": "finance", "reason": "ping_pong"}, by="sofia")

        await hand_to(house, "finance", number=3)

        assert len(await frozen(house)) == 1

    @pytest.mark.parametrize(
        ("who", "body", "status"),
        [
            ("mara", {"team": "finance", "reason": "ping_pong"}, 403),
            ("sofia", {"team": "nobody", "reason": "ping_pong"}, 422),
            ("sofia", {"team": "finance", "reason": "whim"}, 422),
        ],
    )
    async def test_minds_who_decides_and_why(
        self, who: str, body: dict[str, str], status: int, house: House
    ) -> None:
        assert (await post(house, "arbitration", body, by=who)).status_code == status
