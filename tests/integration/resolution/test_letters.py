"""Letters over HTTP: written, previewed, read through the vault, reported."""

from datetime import timedelta

import pytest
from sqlalchemy import text

from builders_contracts import NOON, a_case_opened, a_route, an_id
from builders_resolution import said
from house_resolution import HANDLE, SELLER, House, a_road, assigned_to
from playbook_gone import assert_names_it, lose_the_playbook

LATER = (NOON + timedelta(days=900)).isoformat()
UPDATE = {"template": "payout_hold.update", "parameters": {"progress": "with_finance"}}


async def first_letter(house: House) -> str:
    found = next(one for one in await said(house.engine) if one.type == "seller.message_sent")
    message: str = found.fact["message"]
    return message


class TestSend:
    @pytest.mark.covers("CX-5", "SC-19")
    async def test_writes_and_promises_the_next_date(self, house: House) -> None:
        await house.hear(a_road())
        before = await house.count()

        answer = await house.on_case("messages", UPDATE)

        assert answer.status_code == 201
        assert await house.new(before) == ["seller.message_sent", "message.ready"]
        told = (await said(house.engine))[before]
        assert told.fact["update_by"][:16] == answer.json()["update_by"][:16]
        assert told.fact["qualifying"] is False

    async def test_promises_what_the_person_says(self, house: House) -> None:
        await house.hear(a_road())

        answer = await house.on_case("messages", {**UPDATE, "promise_by": LATER})

        assert answer.json()["update_by"].startswith(LATER[:16])

    @pytest.mark.covers("CX-8")
    async def test_is_the_first_response_of_types_that_people_work(self, house: House) -> None:
        opened = a_case_opened(seller=SELLER, handle=HANDLE, issue_type="listing_error", facts={})
        route = a_route(queue="seller_care", team="seller_care")
        await house.hear((opened, route, assigned_to("mara")))

        answer = await house.on_case("messages", {"template": "seller_care.first_response"})

        assert answer.status_code == 201
        assert [one.fact.get("qualifying") for one in await said(house.engine)] == [True, None]

    @pytest.mark.parametrize(
        ("body", "pointer"),
        [
            ({"template": "nonsense"}, "/template"),
            ({"template": "payout_hold.update"}, "/parameters/progress"),
            ({**UPDATE, "parameters": {"progress": "in_gods_hands"}}, "/parameters/progress"),
            ({**UPDATE, "parameters": {"progress": "with_finance", "x": 1}}, "/parameters/x"),
            ({**UPDATE, "promise_by": "2020-01-01T00:00:00Z"}, "/promise_by"),
            ({**UPDATE, "promise_by": "tomorrow"}, "/promise_by"),
            ({"template": "payout_hold.decision.favourable"}, "/parameters/reasons"),
            ({"parameters": {}}, "/template"),
        ],
    )
    async def test_points_at_what_does_not_fit(
        self, house: House, body: object, pointer: str
    ) -> None:
        await house.hear(a_road())
        before = await house.count()

        answer = await house.on_case("messages", body)

        assert (answer.status_code, answer.json()["code"]) == (422, "invalid-body")
        assert answer.json()["errors"][0]["pointer"] == pointer
        assert await house.count() == before

    async def test_leaves_decisions_to_decisions(self, house: House) -> None:
        await house.hear(a_road())
        body = {
            "template": "payout_hold.decision.favourable",
            "parameters": {"reasons": ["evidence_complete"]},
        }

        answer = await house.on_case("messages", body)

        assert answer.status_code == 422
        assert answer.json()["errors"][0]["pointer"] == "/template"

    @pytest.mark.covers("SC-5")
    async def test_keeps_templates_to_their_issue_types(self, house: House) -> None:
        opened = a_case_opened(seller=SELLER, issue_type="listing_error", facts={})
        await house.hear((opened, a_route(), assigned_to("mara")))

        assert (await house.on_case("messages", UPDATE)).status_code == 422


RESERVE = {"template": "payout_hold.reserve"}
MORE = {"amount_minor": 999_900, "currency": "GBP"}


class TestACaseWhosePlaybookIsGone:
    async def test_gets_no_letter_and_its_version_is_named(self, house: House) -> None:
        await house.hear(a_road())
        await lose_the_playbook(house.engine)

        assert_names_it(await house.on_case("messages", UPDATE))


class TestTheFactsOfTheCase:
    """Whoever wrote a letter could have it name another payout or amount than the case."""

    @pytest.mark.parametrize("where", ["messages", "message-previews"])
    @pytest.mark.parametrize(("name", "said"), [("payout_ref", "PO-99999"), ("amount", MORE)])
    async def test_are_what_a_letter_says_whoever_writes_it(
        self, house: House, where: str, name: str, said: object
    ) -> None:
        await house.hear(a_road())
        before = await house.count()

        answer = await house.on_case(where, {**RESERVE, "parameters": {name: said}})

        assert answer.status_code == 422
        [error] = answer.json()["errors"]
        assert (error["pointer"], error["code"]) == (f"/parameters/{name}", "fact-of-the-case")
        assert await house.count() == before

    async def test_may_be_repeated_as_they_are(self, house: House) -> None:
        await house.hear(a_road())
        same = {"amount": {"amount_minor": 184050, "currency": "GBP"}, "payout_ref": "PO-88121"}

        answer = await house.on_case("message-previews", {**RESERVE, "parameters": same})

        assert answer.status_code == 200
        assert "£1,840.50" in answer.json()["body"]


class TestPreview:
    async def test_shows_the_letter_and_keeps_nothing(self, house: House) -> None:
        await house.hear(a_road())
        before = await house.count()

        answer = await house.on_case("message-previews", UPDATE)

        assert answer.status_code == 200
        assert "our finance team is preparing your payout" in answer.json()["body"]
        assert "{{seller.handle}}" in answer.json()["body"]
        assert answer.headers["cache-control"] == "no-store"
        assert await house.count() == before
        async with house.engine.connect() as connection:
            kept = await connection.scalar(text("select count(*) from idempotency_key"))
        assert kept == 0


class TestReadLetter:
    @pytest.mark.covers("CX-1")
    async def test_is_whole_for_whoever_delivers_it(self, house: House) -> None:
        await house.hear(a_road())

        answer = await house.get(
            f"/v1/messages/{await first_letter(house)}", by="harbour-front-end"
        )

        letter = answer.json()
        assert answer.status_code == 200
        assert answer.headers["cache-control"] == "no-store"
        assert "Hello clay-and-co," in letter["body"]
        assert "PO-88121" in letter["subject"]
        assert house.vault.purposes == ["deliver_message", "deliver_message"]
        assert house.vault.bearers[1] == "our-own"
        assert house.vault.bearers[0] != "our-own"

    async def test_keeps_the_marker_for_whoever_is_not_cleared(self, house: House) -> None:
        await house.hear(a_road())

        letter = (await house.get(f"/v1/messages/{await first_letter(house)}")).json()

        assert "Hello {{seller.handle}}," in letter["body"]
        assert house.vault.purposes == ["work_case"]

    async def test_fills_the_handle_for_a_person_who_is_cleared(self, house: House) -> None:
        await house.hear((*a_road()[:-1], assigned_to("jonas")))

        path = f"/v1/messages/{await first_letter(house)}"
        letter = (await house.get(path, by="jonas")).json()

        assert "Hello clay-and-co," in letter["body"]

    async def test_is_unavailable_without_the_vault(self, house: House) -> None:
        await house.hear(a_road())
        path = f"/v1/messages/{await first_letter(house)}"
        house.vault.is_away = True

        answers = [await house.get(path, by=who) for who in ("mara", "harbour-front-end")]

        assert [one.json()["code"] for one in answers] == ["vault-unavailable"] * 2

    @pytest.mark.parametrize(
        ("who", "status"),
        [("bazaar-front-end", 404), ("boris", 404), ("finance-desk", 403), ("olga", 403)],
    )
    async def test_is_for_nobody_else(self, house: House, who: str, status: int) -> None:
        await house.hear(a_road())
        path = f"/v1/messages/{await first_letter(house)}"

        assert (await house.get(path, by=who)).status_code == status
        assert house.vault.bearers == []

    @pytest.mark.parametrize("message", [an_id("msg", 9), an_id("case"), "msg_1"])
    async def test_knows_no_other_letter(self, house: House, message: str) -> None:
        assert (await house.get(f"/v1/messages/{message}")).status_code == 404


class TestReportDelivery:
    async def test_keeps_what_the_marketplace_says(self, house: House) -> None:
        await house.hear(a_road())
        path = f"/v1/messages/{await first_letter(house)}"
        body = {"state": "failed", "reason": "mailbox_full"}

        failed = await house.post(f"{path}/delivery", body, by="harbour-front-end")
        again = await house.post(f"{path}/delivery", body, by="harbour-front-end")
        done = await house.post(f"{path}/delivery", {"state": "delivered"}, by="harbour-front-end")

        assert (failed.status_code, failed.json()["reason"]) == (200, "mailbox_full")
        assert again.json() == failed.json()
        assert (done.json()["state"], done.json()["reason"]) == ("delivered", None)
        assert (await house.get(path, by="harbour-front-end")).json()["delivery"] == "delivered"

    @pytest.mark.parametrize(
        "body",
        [
            {"state": "failed"},
            {"state": "failed", "reason": "boredom"},
            {"state": "delivered", "reason": "refused"},
            {"state": "lost"},
            {},
        ],
    )
    async def test_says_what_does_not_fit(self, house: House, body: object) -> None:
        await house.hear(a_road())
        path = f"/v1/messages/{await first_letter(house)}/delivery"

        assert (await house.post(path, body, by="harbour-front-end")).status_code == 422

    @pytest.mark.parametrize(
        ("who", "status"), [("bazaar-front-end", 404), ("mara", 403), ("finance-desk", 403)]
    )
    async def test_is_for_the_marketplace(self, house: House, who: str, status: int) -> None:
        await house.hear(a_road())
        path = f"/v1/messages/{await first_letter(house)}/delivery"

        answer = await house.post(path, {"state": "delivered"}, by=who)

        assert answer.status_code == status
