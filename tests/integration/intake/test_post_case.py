"""`POST /v1/cases`, against a real PostgreSQL."""

import asyncio
from typing import Any

import pytest
from sqlalchemy import text

from contracts import resolution
from extent import short_or_full
from intake_stand import FRONT_END, SELLER, Stand, a_case, own_case

OPENED, CONTACT = "case.opened.v1", "seller.message_received.v1"
CANARY = "canary-6f1d"


class TestFiling:
    async def test_answers_with_the_case(self, stand: Stand) -> None:
        response = await stand.post(a_case())

        assert response.status_code == 201, response.text
        body = response.json()
        assert {
            "status": "opened",
            "marketplace": "harbour",
            "external_ref": "HB-20931",
            "playbook": "marketplace-core@1.0.0",
            "merged": False,
        }.items() <= body.items()
        assert response.headers["location"] == f"/v1/cases/{body['id']}"
        assert response.headers["etag"] == '"1"'
        assert response.headers["sellerworks-position"] == "intake=1"

    @pytest.mark.covers("IN-20", "IN-14", "IN-10")
    async def test_says_it_as_an_event(self, stand: Stand) -> None:
        case = await stand.filed()

        [opened] = await stand.events(OPENED)
        assert opened["channel"] == "portal"
        assert opened["seller"]["tier"] == "smb"
        assert opened["seller"]["region"] == "UK"
        assert opened["acting_party"] == {
            "kind": "seller",
            "authority": "verified",
            "assurance": "front_end",
        }
        assert opened["facts"]["amount"] == {"amount_minor": 184050, "currency": "GBP"}
        assert opened["amount_at_risk"] == {"amount_minor": 184050, "currency": "GBP"}
        assert opened["references"] == [{"kind": "payout_ref", "ref": "PO-88121"}]
        assert opened["text_signals"]["cues"] == ["payout_paused"]
        assert [item["evidence"][:4] for item in opened["evidence_on_file"]] == ["evd_", "evd_"]
        assert stand.vault.read(opened["description"], case=case).startswith("My payout")
        assert stand.vault.read(opened["handle"], case=case) == "clay-and-co"

    async def test_seals_restricted_facts(self, stand: Stand) -> None:
        facts = a_case()["facts"] | {"bank_account_ref": f"ACC-{CANARY}"}

        case = await stand.filed(facts=facts)

        [opened] = await stand.events(OPENED)
        sealed = opened["facts"]["bank_account_ref"]
        assert sealed["class"] == "bank"
        assert stand.vault.read(sealed, case=case) == f"ACC-{CANARY}"

    @pytest.mark.covers("IN-13", "SE-8")
    async def test_names_a_delegate_without_saying_who(self, stand: Stand) -> None:
        delegate = {"ref": f"Jo {CANARY}", "kind": "agency"}

        await stand.filed(acting_party=delegate)

        [opened] = await stand.events(OPENED)
        assert opened["acting_party"]["authority"] == "unverified"
        assert CANARY not in str(opened)

    @pytest.mark.covers("IN-11")
    async def test_takes_a_type_that_the_playbook_does_not_know(self, stand: Stand) -> None:
        case = await stand.filed(issue_type="of_tomorrow", facts={"words": {"deep": [1, "x"]}})

        [opened] = await stand.events(OPENED)
        assert stand.vault.read(opened["facts"]["words"], case=case) == {"deep": [1, "x"]}

    async def test_lets_a_seller_file_for_itself(self, stand: Stand) -> None:
        response = await stand.post(own_case(), who=SELLER)

        assert response.status_code == 201
        [opened] = await stand.events(OPENED)
        assert opened["acting_party"]["assurance"] == "token"
        headers = await _headers(stand)
        assert headers["ce_actor"] == f"seller:{opened['seller']['id']}"

    async def test_believes_no_seller_about_documents_on_file(self, stand: Stand) -> None:
        """Nobody would ask for them, and a decision would rest on them."""
        response = await stand.post(a_case(), who=SELLER)

        assert response.status_code == 422
        assert [one["pointer"] for one in response.json()["errors"]] == ["/evidence_on_file"]
        assert await stand.events() == []


async def _headers(stand: Stand) -> dict[str, str]:
    async with stand.engine.connect() as connection:
        headers: dict[str, str] = await connection.scalar(text("select headers from outbox"))
        return headers


class TestTheSameAgain:
    async def test_with_the_same_key_is_the_stored_answer(self, stand: Stand) -> None:
        first = await stand.post(a_case(), key="k1")

        again = await stand.post(a_case(), key="k1")

        assert (again.status_code, again.content) == (201, first.content)
        assert again.headers["idempotency-replayed"] == "true"
        assert again.headers["location"] == first.headers["location"]
        assert len(await stand.events()) == 1

    @pytest.mark.fault(1)
    async def test_with_the_same_key_at_once_is_one_case(self, stand: Stand) -> None:
        at_once = short_or_full(10, 50)

        answers = await asyncio.gather(*(stand.post(a_case(), key="k1") for _ in range(at_once)))

        done = [answer for answer in answers if answer.status_code == 201]
        late = [answer for answer in answers if answer.status_code == 409]
        assert len(done) + len(late) == at_once
        assert {answer.json()["code"] for answer in late} <= {"idempotency-in-flight"}
        assert len({answer.content for answer in done}) == 1
        assert sum("idempotency-replayed" not in answer.headers for answer in done) == 1
        assert await _count(stand, "cases") == 1
        assert len(await stand.events()) == 1

    @pytest.mark.fault(2)
    async def test_with_the_same_key_and_another_body_is_refused(self, stand: Stand) -> None:
        first = await stand.post(a_case(), key="k1")

        other = await stand.post(a_case(description="Something else."), key="k1")

        assert (other.status_code, other.json()["code"]) == (422, "idempotency-key-reused")
        assert other.headers["content-type"] == "application/problem+json"
        assert (await stand.post(a_case(), key="k1")).content == first.content
        assert len(await stand.events()) == 1

    @pytest.mark.fault(4)
    async def test_with_the_key_of_another_is_a_case_of_its_own(self, stand: Stand) -> None:
        """Two marketplaces of one front-end, and a front-end and a seller of one marketplace."""
        facts = a_case()["facts"] | {"payout_ref": "PO-2"}
        answers = [
            await stand.post(a_case(), key="same"),
            await stand.post(a_case(marketplace="harbour-demo"), key="same"),
            await stand.post(own_case(external_ref="HB-2", facts=facts), who=SELLER, key="same"),
        ]

        assert [answer.status_code for answer in answers] == [201, 201, 201]
        assert len({answer.json()["id"] for answer in answers}) == 3

    @pytest.mark.fault(3)
    async def test_without_a_key_is_refused(self, stand: Stand) -> None:
        headers = stand.headers(FRONT_END)

        response = await stand.client.post("/v1/cases", json=a_case(), headers=headers)

        assert (response.status_code, response.json()["code"]) == (400, "idempotency-key-missing")
        assert await _count(stand, "sellers") == 0

    async def test_under_the_same_external_ref_names_the_case_on_file(self, stand: Stand) -> None:
        case = await stand.filed()

        response = await stand.post(a_case())

        assert response.status_code == 409
        assert response.json()["code"] == "already-on-file"
        assert response.json()["existing"] == case

    @pytest.mark.parametrize("merged", [False, True], ids=["a case", "a contact"])
    async def test_under_the_ref_of_another_seller_names_no_case(
        self,
        stand: Stand,
        merged: bool,  # noqa: FBT001 - a case
    ) -> None:
        another = a_case()["seller"] | {"ref": "another"}
        await stand.filed(seller=another)
        await stand.post(a_case(external_ref="HB-2", seller=another))

        response = await stand.post(
            own_case(external_ref="HB-2" if merged else "HB-20931"), who=SELLER
        )

        assert (response.status_code, response.json()["code"]) == (409, "already-on-file")
        assert "existing" not in response.json()
        assert "case_" not in response.text

    async def test_names_the_case_to_the_seller_whose_it_is(self, stand: Stand) -> None:
        case = await stand.filed()

        response = await stand.post(own_case(), who=SELLER)

        assert (response.status_code, response.json()["existing"]) == (409, case)


class TestRepeatedContact:
    @pytest.mark.covers("CX-9")
    async def test_is_added_to_the_open_case(self, stand: Stand) -> None:
        case = await stand.filed()

        response = await stand.post(a_case(external_ref="HB-2", description=f"Still {CANARY}"))

        assert response.status_code == 200, response.text
        assert (response.json()["id"], response.json()["merged"]) == (case, True)
        assert response.headers["sellerworks-position"] == "intake=2"
        [contact] = await stand.events(CONTACT)
        assert contact["repeated_contact"] is True
        assert stand.vault.read(contact["body"], case=case)["body"] == f"Still {CANARY}"

    async def test_is_answered_the_same_under_its_key(self, stand: Stand) -> None:
        await stand.filed()
        second = a_case(external_ref="HB-2")
        first = await stand.post(second, key="k2")

        again = await stand.post(second, key="k2")

        assert (again.status_code, again.content) == (200, first.content)
        assert len(await stand.events(CONTACT)) == 1

    async def test_at_the_same_time_makes_one_case(self, stand: Stand) -> None:
        bodies = [a_case(external_ref=f"HB-{number}") for number in range(6)]

        answers = await asyncio.gather(*(stand.post(body) for body in bodies))

        assert sorted(answer.status_code for answer in answers) == [200] * 5 + [201]
        assert len({answer.json()["id"] for answer in answers}) == 1
        assert len(await stand.events(OPENED)) == 1
        assert len(await stand.events(CONTACT)) == 5

    @pytest.mark.parametrize(
        "change",
        [
            {"facts": a_case()["facts"] | {"payout_ref": "PO-2"}},
            {"seller": a_case()["seller"] | {"ref": "another"}},
            {"issue_type": "of_tomorrow"},
        ],
        ids=["another payout", "another seller", "another type"],
    )
    async def test_is_not_what_is_about_something_else(
        self, stand: Stand, change: dict[str, Any]
    ) -> None:
        await stand.filed()

        response = await stand.post(a_case(external_ref="HB-2", **change))

        assert (response.status_code, response.json()["merged"]) == (201, False)

    async def test_after_the_end_is_a_new_case(self, stand: Stand) -> None:
        case = await stand.filed()
        ended = resolution.CaseResolved(
            outcome="released", root_cause="verification_expired", episode=0
        )
        await stand.hear(case, ended)

        response = await stand.post(a_case(external_ref="HB-2"))

        assert response.status_code == 201
        assert response.json()["id"] != case


class TestSpareKeys:
    async def test_let_filing_go_on_while_the_vault_is_stopped(self, stand: Stand) -> None:
        stand.vault.stopped = True

        assert (await stand.post(a_case())).status_code == 201

    async def test_when_none_is_left_only_new_sellers_wait(self, stand: Stand) -> None:
        await stand.filed()
        await _empty_the_pool(stand)
        stranger = a_case()["seller"] | {"ref": "stranger"}

        new = await stand.post(a_case(external_ref="HB-2", seller=stranger))
        known = await stand.post(a_case(external_ref="HB-3", issue_type="of_tomorrow"))

        assert (new.status_code, new.json()["code"]) == (503, "vault-unavailable")
        assert new.json()["retryable"] is True
        assert "retry-after" in new.headers
        assert known.status_code == 201


async def _count(stand: Stand, table: str) -> int:
    async with stand.engine.connect() as connection:
        counted: int = await connection.scalar(text(f"select count(*) from {table}"))  # noqa: S608 - named above
        return counted


async def _empty_the_pool(stand: Stand) -> None:
    async with stand.engine.begin() as connection:
        await connection.execute(text("delete from spare_keys"))
