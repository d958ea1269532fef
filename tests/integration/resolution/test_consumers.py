"""What resolution does about what happened, on a real PostgreSQL."""

from datetime import timedelta

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncEngine

from builders_contracts import (
    ADDRESS,
    NOON,
    REGISTRATION,
    a_case_opened,
    a_receipt,
    a_route,
    an_id,
    event,
)
from builders_resolution import (
    ROUTED,
    Said,
    dump,
    record_of,
    records,
    said,
    the_playbook,
)
from chassis.consumer import Outcome, deliver
from chassis.door import Pen
from chassis.signing import Signer
from chassis.vault import new_key_pair, open_value
from conftest import EngineFor
from contracts.cases import CaseMerged, EvidenceReceived
from contracts.event import Contract
from contracts.sealed import SealedValue
from contracts.sla import WindowEnded
from playbook.model import Playbook
from resolution.consumers import resolution_consumer

PEN = Pen(
    service="resolution",
    signer=Signer.of(Ed25519PrivateKey.from_private_bytes(bytes(32)), service="resolution"),
)
CONSUMER = resolution_consumer({the_playbook().pin: the_playbook()})
ANSWERS = ((2, REGISTRATION), (3, ADDRESS))
PRIVATE, PUBLIC = new_key_pair()
SELLER = a_case_opened().seller.model_copy(update={"public_key": PUBLIC})


@pytest.fixture
async def engine(engine_for: EngineFor) -> AsyncEngine:
    return await engine_for("resolution")


async def give(engine: AsyncEngine, *facts: Contract, marketplace: str = "harbour") -> Outcome:
    return await deliver(
        records(facts, marketplace=marketplace), to=CONSUMER, engine=engine, pen=PEN
    )


def routed(**changes: object) -> tuple[Contract, ...]:
    return (a_case_opened(seller=SELLER, **changes), *ROUTED[1:])


def asking_by_hand() -> Playbook:
    playbook = the_playbook()
    by_hand = [one.model_copy(update={"automatic": ()}) for one in playbook.taxonomy.issue_types]
    taxonomy = playbook.taxonomy.model_copy(update={"issue_types": tuple(by_hand)})
    return playbook.model_copy(update={"taxonomy": taxonomy})


def types(events: list[Said]) -> list[str]:
    return [one.type for one in events]


def letter(one: Said) -> dict[str, str]:
    body = SealedValue.model_validate(one.fact["body"])
    value: dict[str, str] = open_value(PRIVATE, body, subject=one.subject).value
    return value


class TestCaseRouted:
    @pytest.mark.covers("IN-15", "SC-4", "CX-1", "SC-23")
    async def test_asks_once_for_exactly_what_is_missing(self, engine: AsyncEngine) -> None:
        await give(engine, *routed())

        events = await said(engine)
        assert types(events) == ["evidence.requested", "seller.message_sent", "message.ready"]
        request, message, ready = events
        assert [item["kind"] for item in request.fact["items"]] == [REGISTRATION, ADDRESS]
        assert (message.fact["kind"], message.fact["qualifying"]) == ("first_response", True)
        assert message.fact["update_by"] < message.fact["expected_by"]
        assert (ready.topic, ready.key, ready.subject) == (
            "seller-messages.v1",
            SELLER.id,
            SELLER.id,
        )
        assert ready.fact["message"] == message.fact["message"]
        assert ready.headers["ce_correlationid"] == message.headers["ce_correlationid"]

    @pytest.mark.covers("CX-1", "CX-3")
    async def test_names_the_two_documents_and_never_the_one_on_file(
        self, engine: AsyncEngine
    ) -> None:
        await give(engine, *routed())

        text = letter((await said(engine))[1])
        assert "Business registration" in text["body"]
        assert "Proof of address" in text["body"]
        assert "dentity document" not in text["body"]
        assert "{{seller.handle}}" in text["body"]
        assert "£1,840.50" in text["body"]

    async def test_sends_nothing_for_a_case_that_was_merged(self, engine: AsyncEngine) -> None:
        opened, *others = routed()
        merged = CaseMerged(into=an_id("case", 2), reason="filed_twice")

        await give(engine, opened, merged, *others)

        assert await said(engine) == []

    async def test_writes_in_the_sellers_language(self, engine: AsyncEngine) -> None:
        german = SELLER.model_copy(update={"language": "de", "region": "DE"})

        await give(engine, a_case_opened(seller=german), *ROUTED[1:])

        message = (await said(engine))[1]
        assert message.fact["language"] == "de"
        assert "Adressnachweis" in letter(message)["body"]

    @pytest.mark.covers("CX-9")
    async def test_asks_once_however_often_it_is_told(self, engine: AsyncEngine) -> None:
        await give(engine, *routed())
        await give(engine, *routed())
        again = event(a_route(), sequence=3)
        await deliver([record_of(again)], to=CONSUMER, engine=engine, pen=PEN)

        assert len(await said(engine)) == 3
        assert len(await points(engine)) == 3

    @pytest.mark.covers("SC-8")
    async def test_writes_the_checklist(self, engine: AsyncEngine) -> None:
        await give(engine, *routed())

        assert await points(engine) == [
            ("identity_document", "done"),
            ("business_registration", "open"),
            ("proof_of_address", "open"),
        ]

    async def test_asks_for_nothing_when_all_is_on_file(self, engine: AsyncEngine) -> None:
        held = a_case_opened().evidence_on_file
        registration = held[1].model_copy(update={"valid_until": NOON.date() + timedelta(days=900)})
        address = held[1].model_copy(
            update={"kind": ADDRESS, "valid_until": None, "issued_on": NOON.date()}
        )

        await give(engine, *routed(evidence_on_file=(held[0], registration, address)))

        assert await said(engine) == []

    @pytest.mark.covers("CX-8")
    async def test_leaves_other_types_to_people(self, engine: AsyncEngine) -> None:
        opened = a_case_opened(seller=SELLER, issue_type="listing_error", facts={})

        await give(engine, opened, a_route(queue="seller_care", team="seller_care"))

        assert await said(engine) == []

    async def test_asks_by_itself_only_where_the_playbook_says_so(
        self, engine: AsyncEngine
    ) -> None:
        people_ask = resolution_consumer({the_playbook().pin: asking_by_hand()})

        await deliver(records(routed()), to=people_ask, engine=engine, pen=PEN)

        assert await said(engine) == []
        assert len(await points(engine)) == 3

    async def test_does_not_ask_for_what_arrived_meanwhile(self, engine: AsyncEngine) -> None:
        arrived = EvidenceReceived(
            evidence=an_id("evd", 9),
            kind=ADDRESS,
            size=3,
            media_type="application/pdf",
            provenance="seller",
            file=SealedValue(
                sealed="eA", key=an_id("key"), class_="evidence_file", commitment="eA"
            ),
        )

        opened, classified, route = routed()
        await give(engine, opened, classified, arrived, route)

        request = (await said(engine))[0]
        assert [item["kind"] for item in request.fact["items"]] == [REGISTRATION]

    async def test_says_that_a_demonstration_clock_runs(self, engine: AsyncEngine) -> None:
        await give(engine, *routed(), marketplace="harbour-demo")

        _, message, ready = await said(engine)
        assert ready.fact["demonstration"] is True
        assert "demonstration clock" in letter(message)["body"].lower()

    @pytest.mark.covers("SE-1")
    async def test_keeps_no_clear_word_of_a_letter(self, engine: AsyncEngine) -> None:
        await give(engine, *routed())

        everything = await dump(engine)
        assert "Proof of address" not in everything
        assert "is on hold" not in everything
        assert "seller.message_sent" in everything

    async def test_parks_a_case_of_an_unknown_playbook(self, engine: AsyncEngine) -> None:
        lost = resolution_consumer({})

        found = await deliver(records(routed()), to=lost, engine=engine, pen=PEN)

        assert found.parked == 1
        assert await said(engine) == []


class TestWindowEnded:
    async def end(
        self, engine: AsyncEngine, kind: str, about: str, *, sequence: int = 1
    ) -> list[str]:
        over = NOON + timedelta(days=99)
        fact = WindowEnded(
            clock=an_id("clk"),
            kind=kind,
            object=about,
            due_at=over,
            detected_at=over,
        )
        before = len(await said(engine))
        await deliver(
            [record_of(event(fact, sequence=sequence))], to=CONSUMER, engine=engine, pen=PEN
        )
        return types((await said(engine))[before:])

    async def test_changes_nothing_for_a_case_that_goes_on(self, engine: AsyncEngine) -> None:
        await give(engine, *routed())

        assert await self.end(engine, "reopen_window", an_id("case")) == []

    async def test_ends_a_case_whose_seller_is_silent_and_then_closes_it(
        self, engine: AsyncEngine
    ) -> None:
        await give(engine, *routed())
        request = (await said(engine))[0].fact["request"]

        assert await self.end(engine, "evidence_due", request) == ["case.resolved"]
        assert (await said(engine))[-1].fact["outcome"] == "no_response"
        assert await self.end(engine, "reopen_window", an_id("case"), sequence=2) == ["case.closed"]

    async def test_keeps_a_case_open_whose_seller_answered_in_time(
        self, engine: AsyncEngine
    ) -> None:
        await give(engine, *routed())
        request = (await said(engine))[0].fact["request"]
        answers = [record_of(event(a_receipt(n, k), sequence=n)) for n, k in ANSWERS]
        await deliver(answers, to=CONSUMER, engine=engine, pen=PEN)

        assert await self.end(engine, "evidence_due", request) == []

    async def test_changes_nothing_for_a_window_that_is_not_ours(self, engine: AsyncEngine) -> None:
        await give(engine, *routed())

        assert await self.end(engine, "appeal_window", an_id("dec")) == []

    async def test_changes_nothing_for_a_request_of_another_time(self, engine: AsyncEngine) -> None:
        await give(engine, *routed())

        assert await self.end(engine, "evidence_due", an_id("req", 77)) == []


async def points(engine: AsyncEngine) -> list[tuple[str, str]]:
    async with engine.connect() as connection:
        rows = await connection.execute(
            text("select item, state from checklist_items order by place")
        )
        return [(row.item, row.state) for row in rows]
