"""What intake forgets when a seller is erased, on a real PostgreSQL."""

from typing import Any
from uuid import uuid4

import httpx
import pytest
from sqlalchemy import text

from builders_contracts import NOON, a_route, an_id
from builders_intake import a_filing
from chassis import clock, door
from chassis.door import Journey, Tx
from contracts.resolution import CaseResolved
from contracts.vault import SellerErased
from intake.clock import Pool, duties
from intake.domain.filing import SellerOnFile, SubjectTaken
from intake.handlers.file_case import file_case
from intake.store.files import Files
from intake_stand import PEN, SELLER, Stand, own_case

PDF = b"%PDF-1.7\n%\xe2\xe3\xcf\xd3\n1 0 obj\n<<>>\nendobj\n"
RESOLVED = CaseResolved(outcome="released", root_cause="verification_expired", episode=0)


async def row(stand: Stand, query: str) -> tuple[Any, ...]:
    async with stand.engine.connect() as connection:
        return tuple((await connection.execute(text(query))).one())


async def send(stand: Stand, case: str) -> httpx.Response:
    return await stand.client.post(
        f"/v1/cases/{case}/evidence",
        data={"kind": "business_registration"},
        files={"file": ("a.pdf", PDF, "application/pdf")},
        headers=stand.headers(SELLER, Idempotency_Key=uuid4().hex),
    )


async def look_up(stand: Stand) -> httpx.Response:
    body = {"marketplace": "harbour", "ref": "clay-and-co"}
    headers = stand.headers("harbour-front-end")
    return await stand.client.post("/v1/sellers/lookup", json=body, headers=headers)


async def erase(stand: Stand, seller: str, *, sequence: int = 1) -> None:
    erased = SellerErased(
        seller=seller,
        key=an_id("key"),
        legal_basis="data_subject_request",
        requested_by="compliance:mem_1",
        requested_at=NOON,
        approved_by="compliance:mem_2",
    )
    await stand.hear(seller, erased, start=sequence)


async def remove_files(stand: Stand) -> None:
    files = Files(stand.folder / "data" / "evidence")
    made = duties(vault=stand.vault.client(), files=files, pool=Pool())
    removal = next(one for one in made if one.name == "remove-erased-files")
    await clock.perform(removal, engine=stand.engine, pen=PEN)


def files_of(stand: Stand) -> list[str]:
    return [path.name for path in (stand.folder / "data").glob("**/evd_*")]


@pytest.fixture
async def seller(stand: Stand) -> str:
    """Return a seller whose case, with a document, was filed by itself and has ended."""
    case = (await stand.post(own_case(), who=SELLER)).json()["id"]
    assert (await send(stand, case)).status_code == 201
    await stand.hear(case, a_route())
    await stand.hear(case, RESOLVED)
    found: str = (await look_up(stand)).json()["seller"]
    return found


class TestErasedSeller:
    async def test_has_no_tag_no_answer_and_no_file_any_more(
        self, stand: Stand, seller: str
    ) -> None:
        tags = "select (select ref_tag from sellers), (select subject_tag from cases), file_tag"
        answers = "select count(*) from idempotency_key where principal like 'seller:%'"
        assert None not in await row(stand, f"{tags} from evidence")
        assert (await row(stand, answers), len(files_of(stand))) == ((2,), 1)

        await erase(stand, seller)
        await remove_files(stand)

        assert await row(stand, f"{tags} from evidence") == (None, None, None)
        assert await row(stand, answers) == (0,)
        assert files_of(stand) == []

    async def test_lets_nobody_act_for_it_any_more(self, stand: Stand, seller: str) -> None:
        party = {"ref": "kiln-agency", "kind": "agency"}
        granted = await stand.client.post(
            f"/v1/sellers/{seller}/authorities",
            json={"party": party},
            headers=stand.headers("harbour-front-end", Idempotency_Key="g1"),
        )
        assert granted.status_code == 201, granted.text

        await erase(stand, seller)

        [ended] = await row(stand, "select ended_at from authority_grants")
        assert ended is not None

    async def test_is_not_found_by_its_handle(self, stand: Stand, seller: str) -> None:
        await erase(stand, seller)

        assert (await look_up(stand)).status_code == 404
        listed = await stand.get("/v1/cases", who=SELLER)
        assert listed.json()["items"] == []

    async def test_comes_back_as_another(self, stand: Stand, seller: str) -> None:
        await erase(stand, seller)

        answer = await stand.post(own_case(external_ref="HB-2"), who=SELLER)

        assert answer.status_code == 201, answer.text
        assert (await look_up(stand)).json()["seller"] != seller

    async def test_is_erased_once_however_often_it_is_heard(
        self, stand: Stand, seller: str
    ) -> None:
        await erase(stand, seller)
        first = await row(stand, "select erased_at from sellers")

        await erase(stand, seller, sequence=2)

        assert await row(stand, "select erased_at from sellers") == first

    async def test_files_nothing_that_was_sealed_before(self, stand: Stand, seller: str) -> None:
        """A filing that looked the seller up before the erasure has to look again."""
        public = next(iter(stand.vault.make(1).values()))
        known = SellerOnFile(seller=seller, key=an_id("key"), public_key=public)
        await erase(stand, seller)

        with pytest.raises(SubjectTaken):
            await door.run(
                stand.engine,
                lambda tx: _file(tx, known),
                pen=PEN,
                journey=Journey(actor="front_end:harbour"),
            )


async def _file(tx: Tx, known: SellerOnFile) -> None:
    await file_case(tx, a_filing(known))


class TestSomeoneElse:
    async def test_keeps_everything(self, stand: Stand, seller: str) -> None:
        await erase(stand, an_id("sel", 9))
        await remove_files(stand)

        assert (await look_up(stand)).json()["seller"] == seller
        assert len(files_of(stand)) == 1
