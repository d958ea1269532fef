"""An incident over HTTP: one letter and one decision for all its cases, each by itself."""

from collections.abc import Iterator, Sequence
from typing import Any

import httpx
import pytest
from sqlalchemy import text

from builders_contracts import a_case_opened, a_classification, a_route, an_id, event
from builders_resolution import record_of, said
from chassis.consumer import deliver
from chassis.vault import seal
from contracts.cases import CaseLinked, CaseUnlinked
from contracts.event import Contract, Event
from house_resolution import CONSUMER, PEN, SELLER, House

PARENT, GERMAN, FRENCH, POLISH = (an_id("case", number) for number in (1, 2, 3, 4))
CHILDREN = (GERMAN, FRENCH, POLISH)
LANGUAGES = {PARENT: "en", GERMAN: "de", FRENCH: "fr", POLISH: "pl"}
RETURNED: dict[str, Any] = {"payout_ref": "PO-1", "hold_code": "bank_return"}
AMOUNT = a_case_opened().facts["amount"]
LETTER: dict[str, Any] = {
    "template": "payout_hold.update",
    "parameters": {"progress": "with_finance"},
}
OUT_OF_TURN: dict[str, Any] = {
    "type": "off_cycle_payout",
    "outcome": "paid_off_cycle",
    "root_cause": "bank_return",
    "reasons": ["returned_by_bank"],
    "redress": "appeal",
    "template": "payout_hold.decision.off_cycle",
}


def opened(case: str) -> Sequence[Contract]:
    place = list(LANGUAGES).index(case) + 1
    seller = SELLER.model_copy(update={"id": an_id("sel", place), "language": LANGUAGES[case]})
    filed = a_case_opened(
        seller=seller,
        handle=seal(
            "clay-and-co",
            public_key=seller.public_key,
            key=seller.key,
            class_="contact",
            subject=case,
        ),
        facts=RETURNED | {"amount": AMOUNT, "payout_ref": f"PO-{place}"},
        evidence_on_file=(),
        parent=None if case == PARENT else PARENT,
    )
    return (filed, a_classification(), a_route())


def told_of(case: str, facts: Sequence[Contract], *, after: int = 0) -> Iterator[Event[Any]]:
    heard: dict[str, int] = {}
    for minute, fact in enumerate(facts):
        heard[fact.producer] = heard.get(fact.producer, after) + 1
        yield event(fact, sequence=heard[fact.producer], minute=minute, subject=case)


async def hear(house: House, case: str, *facts: Contract, after: int = 0) -> None:
    events = told_of(case, facts, after=after)
    places = enumerate(events, start=1000 * list(LANGUAGES).index(case) + 100 * after)
    given = [record_of(one, offset=place) for place, one in places]
    await deliver(given, to=CONSUMER, engine=house.engine, pen=PEN)


@pytest.fixture
async def struck(house: House) -> House:
    """Have an incident with three cases of sellers who speak three languages."""
    for case in LANGUAGES:
        await hear(house, case, *opened(case))
    return house


async def park(house: House, case: str) -> None:
    held = text(
        "insert into inbox_subject (consumer, subject, blocked) values ('resolution', :case, true)"
        " on conflict (consumer, subject) do update set blocked = true"
    )
    async with house.engine.begin() as connection:
        await connection.execute(held, {"case": case})


async def release(house: House, case: str) -> None:
    freed = text("update inbox_subject set blocked = false where subject = :case")
    async with house.engine.begin() as connection:
        await connection.execute(freed, {"case": case})


async def to_all(
    house: House, place: str, body: object, *, by: str = "sofia", key: str | None = None
) -> httpx.Response:
    return await house.post(f"/v1/cases/{PARENT}/{place}", body, by=by, key=key)


def states(answer: httpx.Response) -> dict[str, str]:
    assert answer.status_code == 207, answer.text
    return {one["case"]: one["state"] for one in answer.json()["items"]}


async def letters(house: House) -> list[tuple[str, str]]:
    return [
        (one.subject, one.fact["language"])
        for one in await said(house.engine)
        if one.type == "seller.message_sent"
    ]


class TestWriteToAll:
    async def test_writes_to_each_seller_in_their_language(self, struck: House) -> None:
        answer = await to_all(struck, "incident-messages", LETTER)

        assert states(answer) == dict.fromkeys(CHILDREN, "done")
        assert await letters(struck) == [(case, LANGUAGES[case]) for case in CHILDREN]
        message = answer.json()["items"][0]["made"]
        read = await struck.get(f"/v1/messages/{message}", by="harbour-front-end")
        assert "Guten Tag clay-and-co" in read.json()["body"]

    async def test_writes_to_nobody_twice_under_one_key(self, struck: House) -> None:
        first = await to_all(struck, "incident-messages", LETTER, key="night")
        again = await to_all(struck, "incident-messages", LETTER, key="night")

        assert again.json() == first.json()
        assert len(await letters(struck)) == len(CHILDREN)

    async def test_refuses_another_letter_under_the_same_key(self, struck: House) -> None:
        await to_all(struck, "incident-messages", LETTER, key="night")

        other = LETTER | {"parameters": {"progress": "looking_into_it"}}
        answer = await to_all(struck, "incident-messages", other, key="night")

        assert (answer.status_code, answer.json()["code"]) == (422, "idempotency-key-reused")
        assert len(await letters(struck)) == len(CHILDREN)

    async def test_names_who_is_parked_and_writes_to_them_later(self, struck: House) -> None:
        await park(struck, FRENCH)

        first = await to_all(struck, "incident-messages", LETTER, key="night")
        await release(struck, FRENCH)
        again = await to_all(struck, "incident-messages", LETTER, key="night")

        assert states(first)[FRENCH] == "parked"
        assert first.json()["parked"] == [FRENCH]
        assert states(again) == dict.fromkeys(CHILDREN, "done")
        assert again.json()["parked"] == []
        assert sorted(await letters(struck)) == [(case, LANGUAGES[case]) for case in CHILDREN]

    async def test_writes_to_those_who_belong_to_it_now(self, struck: House) -> None:
        own_way = CaseUnlinked(parent=PARENT, reason="another_cause")
        await hear(struck, GERMAN, own_way, after=1)

        assert set(states(await to_all(struck, "incident-messages", LETTER))) == {FRENCH, POLISH}

        back = CaseLinked(parent=PARENT, reason="same_cause")
        await hear(struck, GERMAN, back, after=2)
        assert set(states(await to_all(struck, "incident-messages", LETTER))) == set(CHILDREN)

    @pytest.mark.parametrize(
        ("change", "pointer"),
        [
            ({"template": "dispute.first_response"}, "/template"),
            (
                {
                    "template": "payout_hold.decision.favourable",
                    "parameters": {"reasons": ["evidence_complete"]},
                },
                "/template",
            ),
            ({"parameters": {"progress": "odd"}}, "/parameters/progress"),
        ],
    )
    async def test_is_refused_before_anybody_gets_it(
        self, struck: House, change: dict[str, Any], pointer: str
    ) -> None:
        answer = await to_all(struck, "incident-messages", LETTER | change)

        assert (answer.status_code, answer.json()["code"]) == (422, "invalid-body")
        assert answer.json()["errors"][0]["pointer"] == pointer
        assert await letters(struck) == []

    @pytest.mark.parametrize(("who", "status"), [("mara", 403), ("boris", 403), ("sofia", 207)])
    async def test_is_for_supervisors(self, struck: House, who: str, status: int) -> None:
        answer = await to_all(struck, "incident-messages", LETTER, by=who)

        assert answer.status_code == status

    async def test_asks_for_a_key(self, struck: House) -> None:
        answer = await struck.client.post(
            f"/v1/cases/{PARENT}/incident-messages",
            json=LETTER,
            headers=struck.identities.headers("sofia"),
        )

        assert (answer.status_code, answer.json()["code"]) == (400, "idempotency-key-missing")


class TestDecideAll:
    async def test_is_recorded_for_the_incident_and_for_each_case(self, struck: House) -> None:
        answer = await to_all(struck, "incident-decisions", OUT_OF_TURN)

        assert states(answer) == dict.fromkeys(CHILDREN, "done")
        told = await said(struck.engine)
        decided = {one.subject: one.fact for one in told if one.type == "decision.recorded"}
        assert set(decided) == {PARENT, *CHILDREN}
        assert {one["authority_level"] for one in decided.values()} == {3}
        made = {one["case"]: one["made"] for one in answer.json()["items"]}
        assert made | {PARENT: answer.json()["decision"]} == {
            case: fact["decision"] for case, fact in decided.items()
        }
        ended = [one.subject for one in told if one.type == "case.resolved"]
        assert sorted(ended) == sorted(LANGUAGES)
        assert sorted(await letters(struck)) == sorted(LANGUAGES.items())

    async def test_decides_nothing_twice_under_one_key(self, struck: House) -> None:
        first = await to_all(struck, "incident-decisions", OUT_OF_TURN, key="dawn")
        again = await to_all(struck, "incident-decisions", OUT_OF_TURN, key="dawn")

        assert again.json() == first.json()
        assert len(await letters(struck)) == len(LANGUAGES)

    async def test_takes_the_right_to_a_payout_out_of_turn(self, struck: House) -> None:
        headers = struck.identities.headers("sofia", authority=2) | {"idempotency-key": "k"}

        answer = await struck.client.post(
            f"/v1/cases/{PARENT}/incident-decisions", json=OUT_OF_TURN, headers=headers
        )

        assert (answer.status_code, answer.json()["code"]) == (403, "needs-authority")
        assert answer.json()["required_authority"] == 3
        assert await said(struck.engine) == []

    async def test_leaves_alone_what_has_something_of_its_own_open(self, struck: House) -> None:
        graver = a_classification().model_copy(update={"authority_level": 4})
        await hear(struck, POLISH, graver, after=2)
        await park(struck, FRENCH)

        answer = await to_all(struck, "incident-decisions", OUT_OF_TURN)

        assert states(answer) == {GERMAN: "done", FRENCH: "parked", POLISH: "refused"}
        refused = answer.json()["items"][-1]
        assert (refused["code"], refused["made"]) == ("needs-authority", None)
        about = {one.subject for one in await said(struck.engine)}
        assert not about & {FRENCH, POLISH}

    async def test_names_what_has_ended(self, struck: House) -> None:
        alone = await struck.post(f"/v1/cases/{GERMAN}/decisions", OUT_OF_TURN, by="sofia")
        assert alone.status_code == 201, alone.text

        answer = await to_all(struck, "incident-decisions", OUT_OF_TURN)

        assert states(answer) == {GERMAN: "ended", FRENCH: "done", POLISH: "done"}
