"""Documents over HTTP: sent, listed, read; and whatever is no document."""

import asyncio
import hashlib
from base64 import b64encode
from collections.abc import AsyncIterator, Mapping
from datetime import timedelta
from types import MappingProxyType
from typing import Any
from uuid import uuid4

import httpx
import pytest
from sqlalchemy import text

from builders_contracts import NOON, a_handoff_request, a_route, an_id, an_item
from contracts import resolution, routing
from identities import MEMBERS
from intake.domain.documents import LARGEST_FILE, MOST_FILES
from intake_stand import FRONT_END, SELLER, Stand

PDF = b"%PDF-1.7\n%\xe2\xe3\xcf\xd3\n1 0 obj\n<<>>\nendobj\n"
PNG = b"\x89PNG\r\n\x1a\n\x00\x00\x00\rIHDR\x00\x00\x00\x01\x00\x00\x00\x01\x08\x02\x00\x00\x00"
JPEG = b"\xff\xd8\xff\xe0\x00\x10JFIF\x00\x01\x01\x00\x00\x01\x00\x01\x00\x00"
ZIP = b"PK\x03\x04" + bytes(60)
KIND = "business_registration"
RECEIVED = "evidence.received.v1"
ASSIGNED = routing.CaseAssigned(
    assignment=an_id("asg"),
    member=MEMBERS["mara"],
    team="verification",
    queue="verification",
    lead=True,
)


def digest(content: bytes) -> str:
    return f"sha-256=:{b64encode(hashlib.sha256(content).digest()).decode()}:"


async def send(  # noqa: PLR0913 - a test changes one or two of them
    stand: Stand,
    case: str,
    content: bytes = PDF,
    *,
    declared: str = "application/pdf",
    form: dict[str, str] | None = None,
    who: str = SELLER,
    headers: Mapping[str, str] = MappingProxyType({}),
) -> httpx.Response:
    return await stand.client.post(
        f"/v1/cases/{case}/evidence",
        data={"kind": KIND} if form is None else form,
        files={"file": ("Ünser Auszug.pdf", content, declared)},
        headers=stand.headers(who, Idempotency_Key=uuid4().hex) | dict(headers),
    )


async def send_raw(stand: Stand, case: str, raw: bytes, *, boundary: str = "B") -> httpx.Response:
    kind = {"content-type": f"multipart/form-data; boundary={boundary}"}
    headers = stand.headers(SELLER, Idempotency_Key=uuid4().hex) | kind
    url = f"/v1/cases/{case}/evidence"
    return await stand.client.post(url, content=_in_pieces(raw), headers=headers)


async def _in_pieces(raw: bytes) -> AsyncIterator[bytes]:
    for start in range(0, len(raw), 7):
        yield raw[start : start + 7]


def a_form(*parts: tuple[str, bytes], end: bytes = b"--B--\r\n") -> bytes:
    return (
        b"".join(
            b"--B\r\nContent-Disposition: form-data; "
            + head.encode()
            + b"\r\n\r\n"
            + body
            + b"\r\n"
            for head, body in parts
        )
        + end
    )


AS_FILE = 'name="file"; filename="a.pdf"\r\nContent-Type: application/pdf'


async def nothing_is_kept(stand: Stand) -> bool:
    async with stand.engine.connect() as connection:
        rows = await connection.scalar(text("select count(*) from evidence"))
    files = list((stand.folder / "data").glob("**/evd_*"))
    return rows == 0 and not files and await stand.events(RECEIVED) == []


class TestSending:
    @pytest.mark.covers("IN-9")
    @pytest.mark.parametrize(
        ("content", "declared"),
        [(PDF, "application/pdf"), (PNG, "image/png"), (JPEG, "image/jpeg")],
        ids=["pdf", "png", "jpeg"],
    )
    async def test_keeps_a_document(self, stand: Stand, content: bytes, declared: str) -> None:
        case = await stand.filed()

        response = await send(stand, case, content, declared=declared)

        assert response.status_code == 201, response.text
        body = response.json()
        assert (body["kind"], body["size"], body["media_type"]) == (KIND, len(content), declared)
        assert response.headers["sellerworks-position"] == "intake=2"
        [received] = await stand.events(RECEIVED)
        assert received["evidence"] == body["id"]
        assert received["provenance"] == "seller"
        sealed = stand.vault.read(received["file"], case=case)
        assert sealed["name"] == "Ünser Auszug.pdf"
        assert sealed["sha256"] == hashlib.sha256(content).hexdigest()

    async def test_says_that_a_front_end_sent_it(self, stand: Stand) -> None:
        await send(stand, await stand.filed(), who=FRONT_END)

        [received] = await stand.events(RECEIVED)
        assert received["provenance"] == "front_end"

    async def test_the_same_content_again_is_the_document_on_file(self, stand: Stand) -> None:
        case = await stand.filed()
        first = await send(stand, case)

        again = await send(stand, case)

        assert (again.status_code, again.json()["replayed"]) == (200, True)
        assert again.json()["id"] == first.json()["id"]
        assert len(await stand.events(RECEIVED)) == 1
        assert len(list((stand.folder / "data").glob("**/evd_*"))) == 1

    async def test_the_same_content_as_another_kind_is_another_document(self, stand: Stand) -> None:
        case = await stand.filed()
        await send(stand, case)

        other = await send(stand, case, form={"kind": "proof_of_address"})

        assert other.status_code == 201

    async def test_the_same_key_is_the_stored_answer(self, stand: Stand) -> None:
        case = await stand.filed()
        first = await send(stand, case, headers={"Idempotency-Key": "k"})

        again = await send(stand, case, headers={"Idempotency-Key": "k"})
        other = await send(stand, case, PDF + b"x", headers={"Idempotency-Key": "k"})

        assert (again.status_code, again.content) == (201, first.content)
        assert (other.status_code, other.json()["code"]) == (422, "idempotency-key-reused")
        assert len(list((stand.folder / "data").glob("**/evd_*"))) == 1

    async def test_answers_the_item_that_was_asked_for(self, stand: Stand) -> None:
        case = await stand.filed()
        asked = resolution.EvidenceRequested(
            request=an_id("req"), items=(an_item(1, KIND),), due_at=NOON + timedelta(days=14)
        )
        await stand.hear(case, asked)

        response = await send(stand, case, form={"kind": KIND, "item": an_id("itm", 1)})

        assert response.json()["item"] == an_id("itm", 1)
        assert (await stand.get(f"/v1/cases/{case}")).json()["status"] == "opened"

    @pytest.mark.parametrize("of", [PDF, b"other"], ids=["the file's", "another's"])
    async def test_checks_the_digest(self, stand: Stand, of: bytes) -> None:
        case = await stand.filed()

        response = await send(stand, case, headers={"Content-Digest": digest(of)})

        assert (response.status_code == 201) is (of is PDF)
        assert (response.status_code == 422) is (of is not PDF)

    async def test_takes_twenty_files_and_no_more(self, stand: Stand) -> None:
        case = await stand.filed()
        for number in range(MOST_FILES):
            assert (await send(stand, case, PDF + bytes([number]))).status_code == 201

        response = await send(stand, case, PDF + b"one more")

        assert (response.status_code, response.json()["code"]) == (413, "too-large")


class TestRefusing:
    async def test_keeps_nothing_of_what_is_no_document(self, stand: Stand) -> None:
        case = await stand.filed()
        wrong: list[tuple[str, dict[str, Any], int]] = [
            ("a zip", {"content": ZIP, "declared": "application/zip"}, 415),
            ("a zip said to be a pdf", {"content": ZIP}, 415),
            ("a png said to be a pdf", {"content": PNG}, 415),
            ("words", {"content": b"hello"}, 415),
            ("nothing", {"content": b""}, 415),
            ("a pdf said to be anything", {"declared": "application/octet-stream"}, 415),
            ("over 20 MiB", {"content": PDF + bytes(LARGEST_FILE)}, 413),
            ("another digest", {"headers": {"Content-Digest": digest(b"other")}}, 422),
            ("a digest that is none", {"headers": {"Content-Digest": "sha-256=:eA==:"}}, 400),
            ("a digest of another kind", {"headers": {"Content-Digest": "md5=:eA==:"}}, 400),
            ("an unknown kind", {"form": {"kind": "poem"}}, 422),
            ("no kind", {"form": {}}, 422),
            ("an item that is none", {"form": {"kind": KIND, "item": "x"}}, 422),
            ("an item nobody asked for", {"form": {"kind": KIND, "item": an_id("itm", 9)}}, 422),
            ("another field", {"form": {"kind": KIND, "role": "agent"}}, 422),
            ("a long field", {"form": {"kind": "k" * 200}}, 422),
        ]

        for what, sent, status in wrong:
            response = await send(stand, case, **sent)
            assert response.status_code == status, (what, response.text)
            assert response.headers["content-type"] == "application/problem+json"

        assert await nothing_is_kept(stand)

    async def test_keeps_nothing_of_a_broken_form(self, stand: Stand) -> None:
        case = await stand.filed()
        kind, file = ('name="kind"', KIND.encode()), (AS_FILE, PDF)
        broken = [
            ("cut off", a_form(kind, file, end=b""), 400),
            ("cut off in the file", a_form(kind, file)[:-20], 400),
            ("no form", b"hello", 400),
            ("nothing", b"", 400),
            ("no file", a_form(kind), 422),
            ("two files", a_form(kind, file, file), 422),
            ("kind twice", a_form(kind, kind, file), 422),
            ("many parts", a_form(*[(f'name="item{n}"', b"") for n in range(20)]), 422),
            ("no name", a_form(("", b"x"), file), 422),
            (
                "a name that is no text",
                a_form(kind, (AS_FILE.replace("a.pdf", "\u00e9"), PDF)),
                201,
            ),
            ("a kind that is no text", a_form(('name="kind"', b"\xff"), file), 422),
            ("no type", a_form(kind, ('name="file"; filename="a.pdf"', PDF)), 415),
        ]

        for what, raw, status in broken:
            response = await send_raw(stand, case, raw)
            assert response.status_code == status, (what, response.text)

    async def test_wants_a_form(self, stand: Stand) -> None:
        case = await stand.filed()
        headers = stand.headers(SELLER, Idempotency_Key="k")

        response = await stand.client.post(
            f"/v1/cases/{case}/evidence", json={"kind": KIND}, headers=headers
        )

        assert response.status_code == 415

    async def test_looks_at_the_length_before_the_bytes(self, stand: Stand) -> None:
        case = await stand.filed()
        long = {"Content-Length": str(2**40), "Content-Type": "multipart/form-data; boundary=B"}
        headers = stand.headers(SELLER, Idempotency_Key="k") | long

        response = await stand.client.post(
            f"/v1/cases/{case}/evidence", content=_in_pieces(b"x"), headers=headers
        )

        assert response.status_code == 413

    async def test_knows_only_the_cases_of_the_seller(self, stand: Stand) -> None:
        case = await stand.filed()
        another = {**_another_seller()}
        foreign = await stand.filed(external_ref="HB-2", seller=another)

        for who, whose in ((SELLER, foreign), ("bazaar-front-end", case), (SELLER, an_id("case"))):
            assert (await send(stand, whose, who=who)).status_code == 404
        assert (await send(stand, case, who="mara")).status_code == 403
        assert await nothing_is_kept(stand)

    async def test_takes_nothing_once_the_case_has_ended(self, stand: Stand) -> None:
        case = await stand.filed()
        await stand.hear(case, resolution.CaseClosed(outcome="released"))

        response = await send(stand, case)

        assert (response.status_code, response.json()["code"]) == (409, "not-allowed-now")
        assert response.json()["case_status"] == "closed"


def _another_seller() -> dict[str, str]:
    return {"ref": "another", "tier": "smb", "region": "UK"}


class TestReading:
    @pytest.mark.covers("SE-1", "SE-3")
    async def test_opens_through_the_vault_in_the_callers_name(self, stand: Stand) -> None:
        case = await stand.filed()
        content = PDF + bytes(200_000)
        sent = (await send(stand, case, content)).json()["id"]
        await stand.hear(case, a_route(), ASSIGNED)

        headers = stand.headers("mara")
        path = f"/v1/cases/{case}/evidence/{sent}/content"
        response = await stand.client.get(path, headers=headers)

        assert response.status_code == 200, response.text
        assert response.content == content
        assert response.headers["content-type"] == "application/pdf"
        assert response.headers["content-disposition"] == (
            "attachment; filename*=UTF-8''%C3%9Cnser%20Auszug.pdf"
        )
        assert response.headers["x-content-type-options"] == "nosniff"
        assert stand.vault.bearers[-1] == headers["authorization"]

    async def test_is_for_whoever_works_the_case(self, stand: Stand) -> None:
        case = await stand.filed()
        sent = (await send(stand, case)).json()["id"]
        await stand.hear(case, a_route(), ASSIGNED)
        path = f"/v1/cases/{case}/evidence/{sent}/content"

        answers = {
            who: (await stand.get(path, who=who)).status_code
            for who in ("jonas", "boris", SELLER, FRONT_END, "finance-desk", "ines")
        }

        assert answers == {
            "jonas": 403,
            "boris": 404,
            SELLER: 403,
            FRONT_END: 403,
            "finance-desk": 403,
            "ines": 200,
        }

    async def test_is_for_a_partner_that_holds_a_handoff(self, stand: Stand) -> None:
        case = await stand.filed()
        sent = (await send(stand, case)).json()["id"]
        await stand.hear(case, a_handoff_request())

        path = f"/v1/cases/{case}/evidence/{sent}/content"
        assert (await stand.get(path, who="finance-desk")).status_code == 200

    async def test_says_so_when_the_vault_is_stopped(self, stand: Stand) -> None:
        case = await stand.filed()
        sent = (await send(stand, case)).json()["id"]
        stand.vault.stopped = True

        response = await stand.get(f"/v1/cases/{case}/evidence/{sent}/content", who="ines")

        assert (response.status_code, response.json()["code"]) == (503, "vault-unavailable")

    async def test_says_so_when_the_file_is_damaged(self, stand: Stand) -> None:
        case = await stand.filed()
        sent = (await send(stand, case)).json()["id"]
        [path] = (stand.folder / "data").glob("**/evd_*")
        await asyncio.to_thread(path.write_bytes, path.read_bytes()[:-1])

        response = await stand.get(f"/v1/cases/{case}/evidence/{sent}/content", who="ines")

        assert (response.status_code, response.json()["code"]) == (503, "unavailable")

    async def test_lists_what_came_and_what_was_there(self, stand: Stand) -> None:
        case = await stand.filed()
        sent = (await send(stand, case)).json()["id"]
        accepted = resolution.EvidenceAccepted(evidence=sent, kind=KIND)
        await stand.hear(case, accepted)

        listed = (await stand.get(f"/v1/cases/{case}/evidence")).json()["items"]

        assert [item["state"] for item in listed] == ["on_file", "on_file", "accepted"]
        assert listed[2]["provenance"] == "seller"
        assert listed[2]["file"] == {"masked": True, "class": "evidence_file"}
