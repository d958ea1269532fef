"""A letter is withdrawn: who has it is known, and nobody gets it any more."""

from datetime import UTC, datetime, timedelta
from time import time
from typing import Any

import httpx
import pytest
from sqlalchemy import text

from builders_contracts import an_id
from builders_resolution import the_playbook
from chassis import door, views
from chassis.door import Journey
from chassis.ids import to_uuid
from chassis.outbox import announce
from contracts.resolution import CaseResolved
from house_resolution import CASE, PEN, House, a_road
from stack.waiting import until
from withdrawals import (
    FIRST,
    LETTER,
    UPDATE,
    WITHDRAW,
    filed,
    listed,
    of_type,
    send,
    withdraw,
    withdrawn,
)

_BREAK = text("update case_view set state = '{}' where case_id = :case")


class TestWithdraw:
    @pytest.mark.covers("GV-10")
    async def test_stops_the_letter_at_once_and_names_what_to_use(self, house: House) -> None:
        await house.hear(a_road())
        invalidation = await withdrawn(house)
        before = await house.count()

        answer = await send(house)

        problem = answer.json()
        assert (answer.status_code, problem["code"]) == (409, "letter-invalidated")
        assert problem["invalidation"]["id"] == invalidation
        assert problem["invalidation"]["asset"] == UPDATE
        assert problem["instead"] == "seller_care.update"
        assert "Use seller_care.update instead." in problem["detail"]
        assert problem["errors"][0]["pointer"] == "/template"
        assert await house.count() == before

    async def test_shows_no_preview_of_it(self, house: House) -> None:
        await house.hear(a_road())
        await withdrawn(house)

        answer = await house.on_case("message-previews", LETTER)

        assert answer.json()["code"] == "letter-invalidated"

    @pytest.mark.covers("AU-2")
    async def test_is_said_once_with_who_and_where(self, house: House) -> None:
        invalidation = await withdrawn(house, regions=["UK", "DE", "UK"])

        [event] = await of_type(house, "asset.invalidated")

        assert (event.topic, event.subject) == ("governance.v1", invalidation)
        assert event.fact["asset"] == UPDATE
        assert event.fact["regions"] == ["DE", "UK"]
        assert event.headers["ce_marketplace"] == "harbour"
        assert event.headers["ce_actor"].startswith("policy_owner:mem_")

    async def test_is_not_done_twice_for_the_same_place(self, house: House) -> None:
        invalidation = await withdrawn(house)

        again = await withdraw(house, reason="wrong")
        elsewhere = await withdraw(house, regions=["DE"])

        assert (again.status_code, again.json()["code"]) == (409, "already-invalidated")
        assert again.json()["invalidation"] == invalidation
        assert elsewhere.status_code == 201
        assert len(await of_type(house, "asset.invalidated")) == 2

    async def test_may_be_brought_forward(self, house: House) -> None:
        await house.hear(a_road())
        await withdrawn(house, **{"from": "2099-01-01T00:00:00Z"})
        assert (await send(house)).status_code == 201

        await withdrawn(house)

        assert (await send(house)).status_code == 409

    @pytest.mark.parametrize(
        ("body", "pointer"),
        [
            ({"reason": "boredom"}, "/reason"),
            ({"instead": "payout_hold.update"}, "/instead"),
            ({"instead": "nonsense"}, "/instead"),
            ({"regions": ["DE", "Atlantis"]}, "/regions/1"),
            ({"playbook": "marketplace-core@9.9.9"}, "/playbook"),
            ({"from": "2020-01-01T00:00:00Z"}, "/from"),
            ({"from": "noon"}, "/from"),
        ],
    )
    async def test_points_at_what_does_not_fit(
        self, house: House, body: dict[str, object], pointer: str
    ) -> None:
        answer = await withdraw(house, **body)

        assert (answer.status_code, answer.json()["code"]) == (422, "invalid-body")
        assert answer.json()["errors"][0]["pointer"] == pointer
        assert await house.count() == 0

    async def test_knows_only_letters_that_there_are(self, house: House) -> None:
        assert (await withdraw(house, "payout_hold.update@7")).status_code == 404
        assert (await withdraw(house, "nonsense@1")).status_code == 404
        assert (await withdraw(house, marketplace="bazaar")).status_code == 404

    @pytest.mark.parametrize("who", ["mara", "sofia", "ines", "harbour-front-end"])
    async def test_is_for_those_who_own_the_policy(self, house: House, who: str) -> None:
        path = f"/v1/assets/{UPDATE}/invalidation"

        assert (await house.post(path, WITHDRAW, by=who)).status_code == 403


class TestWhereItHolds:
    @pytest.mark.parametrize(
        ("where", "status"),
        [
            ({"regions": ["DE"]}, 201),
            ({"regions": ["DE", "UK"]}, 409),
            ({"playbook": the_playbook().pin}, 409),
            ({"marketplace": "harbour-demo"}, 201),
        ],
    )
    async def test_is_stopped_there_only(
        self, house: House, where: dict[str, object], status: int
    ) -> None:
        await house.hear(a_road())
        await withdrawn(house, **where)

        assert (await send(house)).status_code == status

    async def test_may_begin_later(self, house: House) -> None:
        await house.hear(a_road())
        soon = datetime.fromtimestamp(time(), UTC) + timedelta(hours=1)
        invalidation = await withdrawn(house, **{"from": soon.isoformat()})

        answer = await send(house)
        await house.tick()

        assert answer.status_code == 201
        assert await listed(house, invalidation) == []

    async def test_lists_once_it_has_begun_whoever_got_it_until_then(self, house: House) -> None:
        await house.hear(a_road())
        soon = datetime.fromtimestamp(time(), UTC) + timedelta(seconds=1)
        invalidation = await withdrawn(house, **{"from": soon.isoformat()})
        sent = (await send(house)).json()["message"]

        async def is_refused() -> bool:
            return (await send(house)).status_code == 409

        await until(is_refused, within=20)
        await house.tick()

        [one] = await listed(house, invalidation)
        assert one["case"] == CASE
        assert one["messages"][0] == sent
        ways = await of_type(house, "seller.message_sent")
        used = [each.fact["message"] for each in ways if each.fact["template"] == UPDATE]
        assert one["messages"] == used


class TestAutomaticLetters:
    async def test_go_out_with_what_stands_in(self, house: House) -> None:
        await withdrawn(house, FIRST, instead="payout_hold.evidence_request")

        await house.hear(filed())

        [letter] = await of_type(house, "seller.message_sent")
        assert letter.fact["template"] == "payout_hold.evidence_request@1"
        assert len(await of_type(house, "evidence.requested")) == 1

    async def test_ask_for_nothing_when_nothing_stands_in(self, house: House) -> None:
        """Nobody waits for papers that the seller was not asked for; a person sees what to do."""
        for asset in (FIRST, "payout_hold.evidence_request@1", "seller_care.evidence_request@1"):
            await withdrawn(house, asset, instead=None)

        await house.hear(filed())

        assert await of_type(house, "evidence.requested") == []
        assert await of_type(house, "seller.message_sent") == []
        view = (await house.get(f"/v1/cases/{CASE}")).json()
        assert view["next_best_action"]["verb"] == "request_evidence"
        asked = await house.on_case("evidence-requests", {"kinds": ["proof_of_address"]})
        assert (asked.status_code, asked.json()["code"]) == (409, "letter-invalidated")


class TestCasesThatUsedIt:
    @pytest.mark.covers("GV-10")
    async def test_are_listed_with_all_their_uses_in_pages(self, house: House) -> None:
        cases = [an_id("case", number) for number in range(1, 6)]
        for case in cases:
            await house.hear_of(case, filed())
        twice = [(await send(house, cases[0])).json()["message"] for _ in range(2)]
        for case in cases[1:4]:
            await send(house, case)
        invalidation = await withdrawn(house)

        path = f"/v1/asset-invalidations/{invalidation}/cases?limit=3"
        first = (await house.get(path, by="sofia")).json()
        second = (await house.get(f"{path}&cursor={first['next']}", by="sofia")).json()

        assert [one["case"] for one in first["items"] + second["items"]] == cases[:4]
        assert second["next"] is None
        assert first["items"][0]["messages"] == twice
        [summary] = (await house.get("/v1/asset-invalidations", by="sofia")).json()["items"]
        assert (summary["id"], summary["cases"], summary["decided"]) == (invalidation, 4, 0)
        assert summary["listed"] is True

    async def test_are_told_each_once_and_the_council_in_the_first(self, house: House) -> None:
        cases = [an_id("case", number) for number in range(1, 4)]
        for case in cases:
            await house.hear_of(case, filed())
        await withdrawn(house, FIRST, instead=None)

        await house.tick()
        await house.tick()

        noted = await of_type(house, "asset.invalidation_noted")
        assert sorted(one.subject for one in noted) == cases
        assert [one.fact["tell_council"] for one in noted] == [True, False, False]
        assert all(one.fact["asked"] and one.topic == "cases.v1" for one in noted)

    async def test_are_told_beside_one_that_cannot_be_read(self, house: House) -> None:
        """One row that is no case kept all that were told with it from ever being told."""
        cases = [an_id("case", number) for number in range(1, 4)]
        for case in cases:
            await house.hear_of(case, filed())
        await withdrawn(house, FIRST, instead=None)
        async with house.engine.begin() as connection:
            await connection.execute(_BREAK, {"case": to_uuid(cases[0])})

        await house.tick()

        noted = await of_type(house, "asset.invalidation_noted")
        assert sorted(one.subject for one in noted) == cases[1:]

    async def test_that_have_ended_are_listed_and_not_asked(self, house: House) -> None:
        await house.hear(filed())
        ended = CaseResolved(outcome="released", root_cause="verification_expired", episode=0)
        await _end(house, ended)
        invalidation = await withdrawn(house, FIRST, instead=None)

        await house.tick()

        [one] = await listed(house, invalidation)
        assert one["asked"] is False
        [noted] = await of_type(house, "asset.invalidation_noted")
        assert (noted.fact["asked"], noted.fact["tell_council"]) == (False, False)

    async def test_are_listed_again_and_asked_about_a_letter_once(self, house: House) -> None:
        await house.hear(a_road())
        here = await withdrawn(house, FIRST, instead=None, regions=["UK"])
        await house.tick()
        everywhere = await withdrawn(house, FIRST, instead=None)
        await house.tick()

        found = [(await listed(house, one))[0]["asked"] for one in (here, everywhere)]

        assert found == [True, False]
        noted = await of_type(house, "asset.invalidation_noted")
        assert [one.fact["tell_council"] for one in noted] == [True, False]

    async def test_are_no_business_of_another_marketplace(self, house: House) -> None:
        await house.hear(a_road())
        invalidation = await withdrawn(house, FIRST, instead=None)
        path = f"/v1/asset-invalidations/{invalidation}/cases"
        headers = house.identities.headers("sofia", marketplaces=["bazaar"])

        foreign = await house.client.get(path, headers=headers)
        every = await house.client.get("/v1/asset-invalidations", headers=headers)

        assert (foreign.status_code, every.json()["items"]) == (404, [])
        assert (await house.get(path, by="mara")).status_code == 403


async def _end(house: House, ended: CaseResolved) -> None:
    """Say that the case is resolved, as a decision would."""
    async with door.open_door(house.engine, pen=PEN, journey=Journey(actor="test:1")) as tx:
        await views.lock(tx, CASE)
        announce(tx, ended, subject=CASE)


class TestWriteAgain:
    @pytest.mark.covers("GV-10", "RT-9")
    async def test_is_asked_of_the_owner_and_done_by_a_letter(self, house: House) -> None:
        await house.hear(a_road())
        invalidation = await withdrawn(house, FIRST, instead=None)
        await house.tick()

        asked = await _next(house)
        decided = await _decide(house, invalidation)
        to_write = await _next(house)
        await send(house)
        done = await _next(house)

        assert (asked["verb"], asked["why"]) == ("decide_recontact", "letter_withdrawn")
        assert asked["href"] == f"/v1/cases/{CASE}/recontact-decisions"
        assert decided.status_code == 201, decided.text
        assert decided.json()["outcome"] == "contact_again"
        assert to_write["verb"] == "write_again"
        assert done["verb"] not in {"decide_recontact", "write_again"}
        [event] = await of_type(house, "recontact.decided")
        assert (event.fact["outcome"], event.fact["reason"]) == ("contact_again", "misled")
        assert event.headers["ce_actor"].startswith("agent:mem_")
        [one] = await listed(house, invalidation)
        assert (one["outcome"], one["decided_by"]) == ("contact_again", event.headers["ce_actor"])

    async def test_is_over_when_nobody_is_to_write(self, house: House) -> None:
        await house.hear(a_road())
        invalidation = await withdrawn(house, FIRST, instead=None)
        await house.tick()

        await _decide(house, invalidation, outcome="no_contact", reason="still_true")

        assert (await _next(house))["verb"] not in {"decide_recontact", "write_again"}

    async def test_is_decided_once(self, house: House) -> None:
        await house.hear(a_road())
        invalidation = await withdrawn(house, FIRST, instead=None)
        await _decide(house, invalidation)

        same = await _decide(house, invalidation)
        other = await _decide(house, invalidation, outcome="no_contact", reason="still_true")

        assert (same.status_code, other.status_code) == (201, 409)
        assert other.json()["decided"]["outcome"] == "contact_again"
        assert len(await of_type(house, "recontact.decided")) == 1

    @pytest.mark.parametrize(
        ("changed", "pointer"),
        [
            ({"reason": "boredom"}, "/reason"),
            ({"outcome": "perhaps"}, "/outcome"),
            ({"invalidation": an_id("inv", 9)}, "/invalidation"),
            ({"invalidation": "inv_1"}, "/invalidation"),
        ],
    )
    async def test_points_at_what_does_not_fit(
        self, house: House, changed: dict[str, str], pointer: str
    ) -> None:
        await house.hear(a_road())
        invalidation = await withdrawn(house, FIRST, instead=None)

        answer = await _decide(house, **({"invalidation": invalidation} | changed))

        assert answer.status_code == 422
        assert answer.json()["errors"][0]["pointer"] == pointer

    async def test_is_decided_by_who_works_the_case(self, house: House) -> None:
        await house.hear(a_road())
        invalidation = await withdrawn(house, FIRST, instead=None)
        body = {"invalidation": invalidation, "outcome": "no_contact", "reason": "misled"}

        answers = [
            await house.on_case("recontact-decisions", body, by=who)
            for who in ("jonas", "boris", "petra", "harbour-front-end", "sofia")
        ]

        assert [one.status_code for one in answers] == [403, 404, 403, 403, 201]


async def _next(house: House) -> dict[str, Any]:
    view = (await house.get(f"/v1/cases/{CASE}")).json()
    action: dict[str, Any] = view["next_best_action"]
    return action


async def _decide(house: House, invalidation: str, **changed: str) -> httpx.Response:
    body = {"invalidation": invalidation, "outcome": "contact_again", "reason": "misled"}
    return await house.on_case("recontact-decisions", body | changed)
