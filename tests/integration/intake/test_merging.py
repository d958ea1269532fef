"""Duplicates found later: a case is merged into the older one, against a real PostgreSQL."""

import asyncio
from typing import Any
from uuid import uuid4

import httpx

from builders_contracts import a_handoff_request, a_route, an_id
from contracts import handoff, resolution, routing
from identities import MEMBERS
from intake_stand import FRONT_END, SELLER, Stand, a_case

MERGED, HEARD, RECEIVED = "case.merged.v1", "seller.message_received.v1", "evidence.received.v1"
OTHER = a_case()["seller"] | {"ref": "pots-and-more"}
PDF = b"%PDF-1.7\n%\xe2\xe3\xcf\xd3\n1 0 obj\n<<>>\nendobj\n"
ENDED = resolution.CaseResolved(outcome="released", root_cause="verification_expired", episode=0)
AGAIN: dict[str, Any] = {
    "external_ref": "HB-2",
    "facts": a_case()["facts"] | {"payout_ref": "PO-88122"},
}


async def the_same_twice(stand: Stand, **changes: object) -> tuple[str, str]:
    """File a case, and another that turns out to be about the same: older first."""
    older = await stand.filed(**changes)
    return older, await stand.filed(**AGAIN)


async def merge(
    stand: Stand, case: str, into: str, *, who: str = "sofia", reason: str = "filed_twice"
) -> httpx.Response:
    return await stand.client.post(
        f"/v1/cases/{case}/merging",
        json={"into": into, "reason": reason},
        headers=stand.headers(who, Idempotency_Key=uuid4().hex),
    )


async def send(stand: Stand, case: str) -> str:
    answer = await stand.client.post(
        f"/v1/cases/{case}/evidence",
        data={"kind": "business_registration"},
        files={"file": ("a.pdf", PDF, "application/pdf")},
        headers=stand.headers(SELLER, Idempotency_Key=uuid4().hex),
    )
    assert answer.status_code == 201, answer.text
    evidence: str = answer.json()["id"]
    return evidence


async def read(stand: Stand, case: str, path: str = "", *, who: str = FRONT_END) -> Any:  # noqa: ANN401 - any JSON
    return (await stand.get(f"/v1/cases/{case}{path}", who=who)).json()


async def known_as(stand: Stand, external_ref: str) -> set[str]:
    listed = (await stand.get(f"/v1/cases?external_ref={external_ref}")).json()["items"]
    return {one["id"] for one in listed}


class TestMerging:
    async def test_ends_the_later_case_and_says_so(self, stand: Stand) -> None:
        older, later = await the_same_twice(stand)

        answer = await merge(stand, later, older)

        assert (answer.status_code, answer.json()) == (200, {"case": later, "merged_into": older})
        assert await stand.events(MERGED) == [{"into": older, "reason": "filed_twice"}]
        ended, kept = await read(stand, later), await read(stand, older)
        assert (ended["status"], ended["merged_into"]) == ("merged", older)
        assert (kept["status"], kept["merged_here"]) == ("opened", [later])
        listed = (await stand.get("/v1/cases?status=merged")).json()["items"]
        assert [one["id"] for one in listed] == [later]

    async def test_tells_the_seller_where_it_goes_on(self, stand: Stand) -> None:
        older, later = await the_same_twice(stand)

        await merge(stand, later, older)

        status = await read(stand, later, "/status", who=SELLER)
        assert (status["stage"], status["merged_into"]) == ("merged", older)

    async def test_points_its_contacts_at_the_older_case(self, stand: Stand) -> None:
        older, later = await the_same_twice(stand)
        contact = await stand.post(a_case(**AGAIN | {"external_ref": "HB-3"}))
        assert contact.json()["id"] == later

        await merge(stand, later, older)

        heard = (await stand.events(HEARD))[-1]
        told = (heard["merged_case"], heard["external_ref"], heard["repeated_contact"])
        assert told == (later, "HB-2", True)
        refused = await stand.post(a_case(**AGAIN))
        assert (refused.status_code, refused.json()["existing"]) == (409, older)
        assert await known_as(stand, "HB-2") == {older, later}
        assert await known_as(stand, "HB-3") == {older}

    async def test_points_its_documents_at_the_older_case(self, stand: Stand) -> None:
        older, later = await the_same_twice(stand)
        evidence = await send(stand, later)

        await merge(stand, later, older)

        [first, again] = await stand.events(RECEIVED)
        assert again == first | {"sealed_for": later}
        [known] = [
            one
            for one in (await read(stand, older, "/evidence"))["items"]
            if one["state"] == "received"
        ]
        assert (known["id"], known["provenance"]) == (evidence, "seller")

    async def test_brings_what_the_older_case_waited_for(self, stand: Stand) -> None:
        facts = {name: value for name, value in a_case()["facts"].items() if name != "amount"}
        older, later = await the_same_twice(
            stand, facts=facts, deferred={"amount": "not_yet_known"}
        )

        await merge(stand, later, older)

        kept = await read(stand, older)
        assert kept["facts"]["amount"] == kept["amount_at_risk"] == a_case()["facts"]["amount"]
        assert (await read(stand, older, "/status"))["open_questions"] == []

    async def test_believes_no_stranger_what_the_older_case_waited_for(self, stand: Stand) -> None:
        """Merging must not be the way round the rule that only who may speak brings facts."""
        facts = {name: value for name, value in a_case()["facts"].items() if name != "amount"}
        older = await stand.filed(facts=facts, deferred={"amount": "not_yet_known"})
        stranger = {"ref": "kiln-agency", "kind": "agency"}
        later = await stand.filed(**AGAIN, acting_party=stranger)

        await merge(stand, later, older)

        assert "amount" not in (await read(stand, older))["facts"]

    async def test_takes_no_fact_of_another_type_for_one_of_its_own(self, stand: Stand) -> None:
        facts = {name: value for name, value in a_case()["facts"].items() if name != "amount"}
        older = await stand.filed(facts=facts, deferred={"amount": "not_yet_known"})
        lost = {"interface": "orders", "amount": a_case()["facts"]["amount"]}
        later = await stand.filed(
            external_ref="HB-2", issue_type="technical_integration", facts=lost
        )

        await merge(stand, later, older)

        assert "amount" not in (await read(stand, older))["facts"]

    async def test_leaves_a_rejected_document_where_it_was_judged(self, stand: Stand) -> None:
        older, later = await the_same_twice(stand)
        evidence = await send(stand, later)
        rejected = resolution.EvidenceRejected(
            evidence=evidence, kind="business_registration", reason="unreadable"
        )
        await stand.hear(later, rejected)

        await merge(stand, later, older)

        assert len(await stand.events(RECEIVED)) == 1

    async def test_is_no_trouble_of_its_own_to_a_later_filing(self, stand: Stand) -> None:
        older, later = await the_same_twice(stand)
        await merge(stand, later, older)

        third = await stand.filed(**AGAIN | {"external_ref": "HB-4"})

        assert (await read(stand, third))["repeats"] == []

    async def test_again_says_nothing_new(self, stand: Stand) -> None:
        older, later = await the_same_twice(stand)
        await merge(stand, later, older)

        again = await merge(stand, later, older)

        assert again.status_code == 200
        assert len(await stand.events(MERGED)) == 1

    async def test_happens_once_when_two_ask_at_once(self, stand: Stand) -> None:
        older, later = await the_same_twice(stand)

        answers = await asyncio.gather(*(merge(stand, later, older) for _ in range(4)))

        assert {answer.status_code for answer in answers} == {200}
        assert len(await stand.events(MERGED, HEARD)) == 2


class TestMergingRefused:
    async def test_keeps_the_oldest_place(self, stand: Stand) -> None:
        older, later = await the_same_twice(stand)

        answer = await merge(stand, older, later)

        assert (answer.status_code, answer.json()["code"]) == (422, "not-of-this-case")
        assert await stand.events(MERGED) == []

    async def test_wants_an_open_case_of_the_same_seller(self, stand: Stand) -> None:
        foreign = await stand.filed(external_ref="HB-9", seller=OTHER)
        older, later = await the_same_twice(stand)
        await stand.hear(older, ENDED)

        for into in (foreign, older, later, an_id("case", 7)):
            answer = await merge(stand, later, into)
            assert (answer.status_code, answer.json()["code"]) == (422, "not-of-this-case"), into
        assert await stand.events(MERGED) == []

    async def test_says_of_another_marketplaces_case_what_it_says_of_none(
        self, stand: Stand
    ) -> None:
        elsewhere = await stand.filed(marketplace="harbour-demo")
        _, later = await the_same_twice(stand)
        here = stand.identities.headers("sofia", marketplaces=["harbour"])

        for into in (elsewhere, an_id("case", 7)):
            answer = await stand.client.post(
                f"/v1/cases/{later}/merging",
                json={"into": into, "reason": "filed_twice"},
                headers=here,
            )
            assert (answer.status_code, answer.json()["code"]) == (422, "not-of-this-case"), into

    async def test_waits_for_a_team_that_has_the_case(self, stand: Stand) -> None:
        older, later = await the_same_twice(stand)
        await stand.hear(later, a_handoff_request())

        refused = await merge(stand, later, older)
        await stand.hear(
            later, handoff.HandoffRecalled(handoff=an_id("hnd"), reason="sent_in_error"), start=2
        )
        merged = await merge(stand, later, older)

        problem = refused.json()
        assert (refused.status_code, problem["code"]) == (409, "not-allowed-now")
        assert problem["open_handoffs"] == [an_id("hnd")]
        assert merged.status_code == 200

    async def test_leaves_an_ended_case_and_an_incident_alone(self, stand: Stand) -> None:
        older, ended = await the_same_twice(stand)
        incident = await stand.filed(external_ref="HB-3", issue_type="of_tomorrow", facts={})
        await stand.filed(external_ref="HB-4", seller=OTHER, parent=incident)
        await stand.hear(ended, ENDED)

        for case in (ended, incident):
            answer = await merge(stand, case, older)
            assert (answer.status_code, answer.json()["code"]) == (409, "not-allowed-now"), case

    async def test_needs_a_reason_of_the_playbook(self, stand: Stand) -> None:
        older, later = await the_same_twice(stand)

        answer = await merge(stand, later, older, reason="because")

        assert (answer.status_code, answer.json()["errors"][0]["pointer"]) == (422, "/reason")

    async def test_is_for_who_works_both_cases(self, stand: Stand) -> None:
        older, later = await the_same_twice(stand)
        before = [await merge(stand, later, older, who=who) for who in (FRONT_END, SELLER, "mara")]
        await stand.hear(later, a_route())
        half = await merge(stand, later, older, who="mara")
        assigned = routing.CaseAssigned(
            assignment=an_id("asg"),
            member=MEMBERS["mara"],
            team="elsewhere",
            queue="elsewhere",
            lead=True,
        )
        await stand.hear(older, assigned)
        both = await merge(stand, later, older, who="mara")

        assert [answer.status_code for answer in before] == [403, 403, 403]
        assert (half.status_code, both.status_code) == (403, 200)
