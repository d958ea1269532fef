"""What a form asks, fills in and lets come later, against a real PostgreSQL."""

from datetime import datetime, timedelta
from typing import Any
from uuid import uuid4

import httpx
import pytest

from contracts import resolution
from intake_stand import FRONT_END, SELLER, Stand, a_case

OPENED, SAID = "case.opened.v1", "seller.message_received.v1"
PAYOUT, AMOUNT = "PO-88121", {"amount_minor": 184050, "currency": "GBP"}
LATER = {"facts": {"payout_ref": PAYOUT}, "deferred": {"amount": "not_yet_known"}}


async def say(stand: Stand, case: str, *, who: str = SELLER, **said: Any) -> httpx.Response:  # noqa: ANN401 - any JSON
    return await stand.client.post(
        f"/v1/cases/{case}/messages",
        json={"channel": "portal"} | said,
        headers=stand.headers(who, Idempotency_Key=uuid4().hex),
    )


async def counted(stand: Stand) -> list[dict[str, Any]]:
    items: list[dict[str, Any]] = (await stand.get("/v1/defaults", who="sofia")).json()["items"]
    return items


class TestForm:
    @pytest.mark.covers("IN-5", "IN-6")
    async def test_says_why_it_asks_and_what_may_come_later(self, stand: Stand) -> None:
        form = await stand.get("/v1/issue-types/payout_hold/form?region=DE&language=de")

        fields = {one["name"]: one for one in form.json()["fields"]}
        assert fields["amount"]["why"] == "Der Betrag sagt uns, wie dringend es ist."
        assert fields["payout_ref"]["examples"] == [PAYOUT]
        assert fields["amount"]["defer"] == {
            "reasons": [
                {"reason": "no_access_now", "text": "Ich komme gerade nicht daran."},
                {"reason": "not_yet_known", "text": "Ich weiß es noch nicht."},
            ],
            "within_seconds": 3 * 86400,
        }
        assert fields["hold_code"]["defer"] is None


class TestDeferral:
    @pytest.mark.covers("IN-11")
    async def test_lets_the_case_go_on_and_asks_once_with_a_date(self, stand: Stand) -> None:
        response = await stand.post(a_case(**LATER))

        assert response.status_code == 201, response.text
        [question] = response.json()["open_questions"]
        assert question["question"] == "How much is held?"
        [opened] = await stand.events(OPENED)
        assert opened["deferred"] == [
            {"fact": "amount", "reason": "not_yet_known", "until": question["due_at"]}
        ]
        later = datetime.fromisoformat(question["due_at"])
        filed = datetime.fromisoformat(response.json()["opened_at"])
        assert abs(later - filed - timedelta(days=3)) < timedelta(minutes=1)
        status = await stand.get(f"/v1/cases/{response.json()['id']}/status")
        assert status.json()["open_questions"] == [question]

    @pytest.mark.parametrize(
        ("change", "pointer"),
        [
            ({"deferred": {"amount": "too_lazy"}}, "/deferred/amount"),
            ({"deferred": {"amount": "not_yet_known", "hold_code": "x"}}, "/deferred/hold_code"),
            ({"deferred": {"amount": "not_yet_known", "nothing": "x"}}, "/deferred/nothing"),
            ({"deferred": {}}, "/facts/amount"),
            (
                {"deferred": {"amount": "not_yet_known"}, "facts": a_case()["facts"]},
                "/deferred/amount",
            ),
        ],
    )
    async def test_needs_a_reason_that_the_playbook_allows(
        self, stand: Stand, change: dict[str, Any], pointer: str
    ) -> None:
        response = await stand.post(a_case(**(LATER | change)))

        assert response.status_code == 422
        assert [error["pointer"] for error in response.json()["errors"]] == [pointer]
        assert await stand.events() == []

    async def test_ends_when_the_fact_comes(self, stand: Stand) -> None:
        case = await stand.filed(**LATER)

        response = await say(stand, case, facts={"amount": AMOUNT})

        assert response.status_code == 201, response.text
        assert response.json()["open_questions"] == []
        status = (await stand.get(f"/v1/cases/{case}/status")).json()
        assert status["open_questions"] == []
        filed = (await stand.get(f"/v1/cases/{case}")).json()
        assert (filed["facts"]["amount"], filed["amount_at_risk"]) == (AMOUNT, AMOUNT)

    async def test_ends_too_when_the_seller_files_again_with_the_fact(self, stand: Stand) -> None:
        case = await stand.filed(**LATER)

        again = await stand.post(a_case(external_ref="HB-2"))

        assert (again.status_code, again.json()["id"]) == (200, case)
        [said] = await stand.events(SAID)
        assert (said["facts"], said["amount_at_risk"]) == ({"amount": AMOUNT}, AMOUNT)
        status = (await stand.get(f"/v1/cases/{case}/status")).json()
        assert status["open_questions"] == []

    async def test_does_not_end_by_a_fact_from_a_delegate_without_a_grant(
        self, stand: Stand
    ) -> None:
        """Nobody has said that they speak for the seller: their words are kept, no fact is."""
        case = await stand.filed(**LATER)

        again = await stand.post(
            a_case(external_ref="HB-2", acting_party={"ref": "Kiln Agency", "kind": "agency"})
        )

        assert (again.status_code, again.json()["id"]) == (200, case)
        [said] = await stand.events(SAID)
        assert "body" in said
        assert {"facts", "amount_at_risk"} & said.keys() == set()
        status = (await stand.get(f"/v1/cases/{case}/status")).json()
        assert [one["fact"] for one in status["open_questions"]] == ["amount"]


class TestMessage:
    async def test_is_sealed_and_keeps_the_place(self, stand: Stand) -> None:
        case = await stand.filed()

        response = await say(stand, case, body="My payout is on hold still.")

        assert response.status_code == 201, response.text
        [said] = await stand.events(SAID)
        assert said["repeated_contact"] is False
        assert said["text_signals"]["cues"] == ["payout_paused"]
        assert stand.vault.read(said["body"], case=case)["body"] == "My payout is on hold still."

    @pytest.mark.parametrize(
        ("said", "pointer"),
        [
            ({}, "/body"),
            ({"facts": {"amount": AMOUNT}}, "/facts/amount"),
            ({"facts": {"unheard_of": 1}}, "/facts/unheard_of"),
        ],
    )
    async def test_brings_only_what_is_waited_for(
        self, stand: Stand, said: dict[str, Any], pointer: str
    ) -> None:
        case = await stand.filed()

        response = await say(stand, case, **said)

        assert response.status_code == 422
        assert pointer in [error["pointer"] for error in response.json()["errors"]]
        assert await stand.events(SAID) == []

    async def test_of_a_wrong_value_is_pointed_into(self, stand: Stand) -> None:
        case = await stand.filed(**LATER)

        response = await say(stand, case, facts={"amount": 5})

        assert [error["pointer"] for error in response.json()["errors"]] == ["/facts/amount"]

    async def test_comes_too_late_for_a_case_that_has_ended(self, stand: Stand) -> None:
        case = await stand.filed()
        ended = resolution.CaseResolved(
            outcome="released", root_cause="verification_expired", episode=0
        )
        await stand.hear(case, ended)

        response = await say(stand, case, body="Still here.")

        assert (response.status_code, response.json()["code"]) == (409, "not-allowed-now")

    async def test_is_for_the_seller_and_its_front_end_alone(self, stand: Stand) -> None:
        case = await stand.filed()

        answers = {
            who: (await say(stand, case, who=who, body="x")).status_code
            for who in (FRONT_END, "bazaar-front-end", "seller-bazaar-one", "mara", "ines")
        }

        assert answers == {
            FRONT_END: 201,
            "bazaar-front-end": 404,
            "seller-bazaar-one": 404,
            "mara": 403,
            "ines": 403,
        }


class TestDefaults:
    @pytest.mark.covers("IN-12")
    async def test_hold_unless_the_seller_says_something_else_and_why(self, stand: Stand) -> None:
        facts = {"payout_ref": PAYOUT, "hold_code": "risk_review"}
        known = {"amount": AMOUNT, "hold_code": "verification_expired"}

        await stand.filed(facts=facts, prefilled=known, overrides={"hold_code": "outdated"})

        [opened] = await stand.events(OPENED)
        assert opened["facts"]["amount"] == AMOUNT
        assert opened["facts"]["hold_code"] == "risk_review"
        shown = {"issue_type": "payout_hold", "source": "marketplace", "filled": 1}
        assert await counted(stand) == [
            shown | {"fact": "amount", "overridden": 0, "reasons": {}},
            shown | {"fact": "hold_code", "overridden": 1, "reasons": {"outdated": 1}},
        ]

    async def test_of_another_time_or_marketplace_are_not_counted(self, stand: Stand) -> None:
        await stand.filed(prefilled={"hold_code": "verification_expired"})

        late, early = [
            await stand.get(f"/v1/defaults?{asked}", who="sofia")
            for asked in ("since=2099-01-01T00:00:00Z", "until=2020-01-01T00:00:00Z")
        ]
        elsewhere = stand.identities.headers("sofia", marketplaces=["bazaar"])
        foreign = await stand.client.get("/v1/defaults", headers=elsewhere)
        agent = await stand.get("/v1/defaults", who="boris")

        assert late.json() == early.json() == foreign.json() == {"items": []}
        assert agent.status_code == 403

    @pytest.mark.parametrize(
        ("change", "pointer"),
        [
            ({"prefilled": {"hold_code": "reserve"}}, "/overrides/hold_code"),
            (
                {"prefilled": {"hold_code": "reserve"}, "overrides": {"hold_code": "because"}},
                "/overrides/hold_code",
            ),
            ({"overrides": {"hold_code": "outdated"}}, "/overrides/hold_code"),
            ({"prefilled": {"unheard_of": 1}}, "/prefilled/unheard_of"),
            ({"prefilled": {"delivery": "by pigeon"}}, "/prefilled/delivery"),
        ],
    )
    async def test_are_pointed_into(
        self, stand: Stand, change: dict[str, Any], pointer: str
    ) -> None:
        response = await stand.post(a_case(**change))

        assert response.status_code == 422
        assert [error["pointer"] for error in response.json()["errors"]] == [pointer]
        assert await stand.events() == []
