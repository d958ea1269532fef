"""Intake at work, on a real PostgreSQL."""

import asyncio
import os
from collections.abc import Awaitable, Callable
from datetime import timedelta
from pathlib import Path
from typing import Any, TypeVar

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncEngine

from builders_contracts import a_route, an_id, an_item
from builders_intake import NOON, a_contact, a_document, a_filing, news, spare_keys
from chassis import door, ids
from chassis.consumer import deliver
from chassis.door import Journey, Pen, Tx
from chassis.signing import Signer
from contracts import resolution
from contracts.event import Contract
from intake.consumers import CONSUMER
from intake.domain.documents import CaseTakesNoEvidence, NotAskedFor, ReceiveEvidence
from intake.domain.filing import AlreadyFiled, CaseHasEnded, FileCase, SellerOnFile, SubjectTaken
from intake.handlers.file_case import file_case
from intake.handlers.note_contact import note_contact
from intake.handlers.receive_evidence import receive_evidence
from intake.handlers.refill_keys import FULL, LOW, keep_keys
from intake.handlers.sweep_files import find_unreferenced
from intake.store import cases, sellers
from intake.store.files import Files, older_than
from intake.store.sellers import Told

T = TypeVar("T")
PEN = Pen(
    service="intake",
    signer=Signer.of(Ed25519PrivateKey.from_private_bytes(bytes(32)), service="intake"),
)
RESOLVED = resolution.CaseResolved(outcome="released", root_cause="verification_expired", episode=0)


@pytest.fixture
async def engine(engine_for: Callable[[str], Awaitable[AsyncEngine]]) -> AsyncEngine:
    return await engine_for("intake")


async def behind_the_door(engine: AsyncEngine, work: Callable[[Tx], Awaitable[T]]) -> T:
    return await door.run(engine, work, pen=PEN, journey=Journey(actor="front_end:harbour"))


async def a_seller(engine: AsyncEngine, ref_tag: bytes = b"ref") -> SellerOnFile:
    async def stock(tx: Tx) -> None:
        await sellers.add_spare_keys(tx, spare_keys(1))

    await behind_the_door(engine, stock)
    await sellers.bind_new(engine, "harbour", ref_tag, now=NOON)
    seller = (await sellers.look(engine, "harbour", ref_tag, Told())).seller
    assert seller is not None
    return seller


async def file_behind_the_door(engine: AsyncEngine, command: FileCase) -> None:
    await behind_the_door(engine, lambda tx: file_case(tx, command))


async def receive_behind_the_door(engine: AsyncEngine, command: ReceiveEvidence) -> str:
    return await behind_the_door(engine, lambda tx: receive_evidence(tx, command))


async def filed(engine: AsyncEngine, *, external_ref: str | None = None) -> str:
    seller = await a_seller(engine, os.urandom(8))
    command = a_filing(seller, external_ref=external_ref)
    await file_behind_the_door(engine, command)
    return command.case


async def rows(engine: AsyncEngine, query: str) -> list[tuple[Any, ...]]:
    async with engine.connect() as connection:
        return [tuple(row) for row in await connection.execute(text(query))]


async def events(engine: AsyncEngine) -> list[tuple[str, int]]:
    written = await rows(engine, "select headers->>'ce_type', sequence from outbox order by id")
    return [(row[0], row[1]) for row in written]


async def hear(engine: AsyncEngine, case: str, *facts: Contract) -> None:
    outcome = await deliver(news(case, *facts), to=CONSUMER, engine=engine, pen=PEN)
    assert outcome.quarantined == 0


async def row_of(engine: AsyncEngine, case: str) -> tuple[Any, ...]:
    [row] = await rows(engine, f"select status, open from cases where id = '{ids.to_uuid(case)}'")  # noqa: S608 - an id of ours
    return row


class TestFileCase:
    async def test_keeps_the_case_and_says_so(self, engine: AsyncEngine) -> None:
        case = await filed(engine)

        assert await events(engine) == [("case.opened.v1", 1)]
        assert await row_of(engine, case) == ("opened", True)

    async def test_knows_the_marketplaces_own_id_again(self, engine: AsyncEngine) -> None:
        first = await filed(engine, external_ref="HB-1")

        with pytest.raises(AlreadyFiled) as refused:
            await filed(engine, external_ref="HB-1")

        assert refused.value.public == {"existing": first}
        assert await events(engine) == [("case.opened.v1", 1)]

    async def test_knows_the_id_of_a_contact_again_whatever_became_of_its_case(
        self, engine: AsyncEngine
    ) -> None:
        case = await filed(engine)
        contact = a_contact(case, external_ref="HB-2")
        await behind_the_door(engine, lambda tx: note_contact(tx, contact))
        await hear(engine, case, RESOLVED)

        with pytest.raises(AlreadyFiled) as refused:
            await filed(engine, external_ref="HB-2")

        assert refused.value.existing == case

    async def test_refuses_a_second_open_case_on_a_subject(self, engine: AsyncEngine) -> None:
        seller = await a_seller(engine)
        await behind_the_door(engine, lambda tx: file_case(tx, a_filing(seller)))

        with pytest.raises(SubjectTaken):
            await behind_the_door(engine, lambda tx: file_case(tx, a_filing(seller)))

    async def test_merges_nothing_without_an_identity_fact(self, engine: AsyncEngine) -> None:
        seller = await a_seller(engine)

        for _filing in range(2):
            await file_behind_the_door(engine, a_filing(seller, subject_tag=None))

        assert len(await events(engine)) == 2

    async def test_lets_one_of_many_at_once_have_the_subject(self, engine: AsyncEngine) -> None:
        seller = await a_seller(engine)
        commands = [a_filing(seller) for _ in range(5)]
        filings = [file_behind_the_door(engine, command) for command in commands]

        results = await asyncio.gather(*filings, return_exceptions=True)

        assert sum(isinstance(result, SubjectTaken) for result in results) == 4
        assert await events(engine) == [("case.opened.v1", 1)]


class TestNoteContact:
    @pytest.mark.covers("IN-15")
    async def test_adds_to_the_case_that_is_open(self, engine: AsyncEngine) -> None:
        case = await filed(engine)

        noted = await behind_the_door(engine, lambda tx: note_contact(tx, a_contact(case)))

        assert noted.id == case
        assert await events(engine) == [("case.opened.v1", 1), ("seller.message_received.v1", 2)]

    async def test_knows_its_own_reference_again(self, engine: AsyncEngine) -> None:
        case = await filed(engine)
        again = a_contact(case, external_ref="HB-2")
        await behind_the_door(engine, lambda tx: note_contact(tx, again))

        with pytest.raises(AlreadyFiled):
            await behind_the_door(
                engine, lambda tx: note_contact(tx, a_contact(case, external_ref="HB-2"))
            )

    async def test_refuses_once_the_case_has_ended(self, engine: AsyncEngine) -> None:
        case = await filed(engine)
        await hear(engine, case, RESOLVED)

        with pytest.raises(CaseHasEnded):
            await behind_the_door(engine, lambda tx: note_contact(tx, a_contact(case)))


class TestFollowCase:
    async def test_keeps_the_status(self, engine: AsyncEngine) -> None:
        case = await filed(engine)

        await hear(engine, case, a_route())

        assert await row_of(engine, case) == ("queued", True)

    async def test_frees_the_subject_of_a_case_that_ended(self, engine: AsyncEngine) -> None:
        seller = await a_seller(engine)
        first = a_filing(seller)
        await behind_the_door(engine, lambda tx: file_case(tx, first))

        await hear(engine, first.case, RESOLVED)

        assert await row_of(engine, first.case) == ("resolved", False)
        await behind_the_door(engine, lambda tx: file_case(tx, a_filing(seller)))


class TestReceiveEvidence:
    async def test_takes_a_document_in_once(self, engine: AsyncEngine) -> None:
        case = await filed(engine)
        first, again = a_document(case), a_document(case)

        kept = await behind_the_door(engine, lambda tx: receive_evidence(tx, first))
        same = await behind_the_door(engine, lambda tx: receive_evidence(tx, again))

        assert kept == same == first.evidence
        assert await events(engine) == [("case.opened.v1", 1), ("evidence.received.v1", 2)]

    async def test_takes_the_same_bytes_once_when_they_come_at_once(
        self, engine: AsyncEngine
    ) -> None:
        case = await filed(engine)

        documents = [a_document(case) for _ in range(4)]

        kept = await asyncio.gather(*(receive_behind_the_door(engine, one) for one in documents))

        assert len(set(kept)) == 1

    async def test_moves_the_case_on_at_once(self, engine: AsyncEngine) -> None:
        case = await filed(engine)
        asked = resolution.EvidenceRequested(
            request=an_id("req"),
            items=(an_item(1, "business_registration"),),
            due_at=NOON + timedelta(days=14),
        )
        await hear(engine, case, asked)
        assert await row_of(engine, case) == ("waiting_seller", True)
        document = a_document(case, item=an_id("itm", 1))

        await behind_the_door(engine, lambda tx: receive_evidence(tx, document))

        assert await row_of(engine, case) == ("opened", True)

    async def test_refuses_an_item_nobody_asked_for(self, engine: AsyncEngine) -> None:
        document = a_document(await filed(engine), item=an_id("itm", 9))

        with pytest.raises(NotAskedFor):
            await behind_the_door(engine, lambda tx: receive_evidence(tx, document))

    async def test_refuses_once_the_case_has_ended(self, engine: AsyncEngine) -> None:
        case = await filed(engine)
        await hear(engine, case, RESOLVED)

        with pytest.raises(CaseTakesNoEvidence):
            await behind_the_door(engine, lambda tx: receive_evidence(tx, a_document(case)))


class TestSellers:
    async def test_get_one_pseudonym_however_many_come_at_once(self, engine: AsyncEngine) -> None:
        async def stock(tx: Tx) -> None:
            await sellers.add_spare_keys(tx, spare_keys(5))

        await behind_the_door(engine, stock)

        won = await asyncio.gather(
            *(sellers.bind_new(engine, "harbour", b"ref", now=NOON) for _ in range(5))
        )

        assert sum(won) == 1
        assert await rows(engine, "select count(*) from sellers") == [(1,)]
        assert await rows(engine, "select count(*) from spare_keys") == [(4,)]

    async def test_never_share_a_key(self, engine: AsyncEngine) -> None:
        seller = await a_seller(engine)

        async def offer_it_again(tx: Tx) -> None:
            await sellers.add_spare_keys(tx, {seller.key: seller.public_key})

        await behind_the_door(engine, offer_it_again)

        assert await rows(engine, "select count(*) from spare_keys") == [(0,)]

    async def test_are_found_by_tag_in_each_marketplace(self, engine: AsyncEngine) -> None:
        seller = await a_seller(engine)

        found = await sellers.find_all(engine, {"harbour": b"ref", "bazaar": b"ref"})

        assert found == {seller.seller}


class TestKeepKeys:
    async def test_wants_more_until_the_pool_is_full(self, engine: AsyncEngine) -> None:
        none = await behind_the_door(engine, lambda tx: keep_keys(tx, {}))
        some = await behind_the_door(engine, lambda tx: keep_keys(tx, spare_keys(3)))

        assert (none, some) == (FULL, FULL - 3)

    async def test_is_content_above_the_low_mark(self, engine: AsyncEngine) -> None:
        await behind_the_door(engine, lambda tx: _stock(tx, LOW))

        assert await behind_the_door(engine, lambda tx: keep_keys(tx, {})) == 0


async def _stock(tx: Tx, count: int) -> None:
    await tx.execute(
        text(
            "insert into spare_keys select gen_random_uuid(), 'k', now()"
            " from generate_series(1, :count)"
        ),
        {"count": count},
    )


class TestSweep:
    async def test_finds_files_that_no_row_speaks_of(
        self, engine: AsyncEngine, tmp_path: Path
    ) -> None:
        document = a_document(await filed(engine))
        await behind_the_door(engine, lambda tx: receive_evidence(tx, document))
        files, lost = Files(tmp_path), ids.new_id("evd", NOON)
        for evidence in (document.evidence, lost):
            with files.new(evidence) as file:
                file.keep()

        found = older_than(timedelta(0), files.listing(), now=NOON + timedelta(days=40_000))
        swept = await behind_the_door(engine, lambda tx: find_unreferenced(tx, found))

        assert [path.name for path in swept] == [lost]


class TestCases:
    async def test_are_listed_newest_first_and_in_pages(self, engine: AsyncEngine) -> None:
        filings = [await filed(engine) for _ in range(3)]
        wanted = cases.Wanted(marketplaces={"harbour"})

        first = await behind_the_door(
            engine, lambda tx: cases.find_page(tx, wanted, after=None, limit=2)
        )
        last = (first[-1].opened_at, first[-1].id)
        rest = await behind_the_door(
            engine, lambda tx: cases.find_page(tx, wanted, after=last, limit=2)
        )

        assert [case.id for case in (*first, *rest)] == filings[::-1]

    async def test_of_another_marketplace_stay_there(self, engine: AsyncEngine) -> None:
        await filed(engine)
        wanted = cases.Wanted(marketplaces={"bazaar"})

        found = await behind_the_door(
            engine, lambda tx: cases.find_page(tx, wanted, after=None, limit=2)
        )

        assert found == []
