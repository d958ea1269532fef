"""Intake over real sockets: cut off, flooded and killed, against a real PostgreSQL."""

import asyncio
import gzip
import random
import socket
import struct
from collections.abc import AsyncIterator, Mapping
from contextlib import suppress
from pathlib import Path
from typing import Final

import httpx
import orjson
import pytest

from bells import rows
from conftest import EngineFor
from extent import short_or_full
from intake_process import IntakeProcess, Place, intake_at, place_for
from intake_stand import FRONT_END, SELLER, a_case
from stack.waiting import until

KIND: Final = "business_registration"
PDF: Final = b"%PDF-1.7\n%\xe2\xe3\xcf\xd3\n1 0 obj\n<<>>\nendobj\n"
RESET: Final = struct.pack("ii", 1, 0)  # SO_LINGER: close with RST, without delay
COUNTS = "select (select count(*) from cases), (select count(*) from outbox)"
MB: Final = 1_000_000
JSON: Final = {"content-type": "application/json"}


@pytest.fixture
async def place(engine_for: EngineFor, tmp_path: Path) -> AsyncIterator[Place]:
    async with place_for(await engine_for("intake"), tmp_path) as place:
        yield place


async def counts(place: Place) -> tuple[object, ...]:
    """Return how many cases and how many events there are."""
    return (await rows(place.engine, COUNTS))[0]


async def file(
    intake: IntakeProcess, key: str, who: str = FRONT_END, **changes: object
) -> httpx.Response:
    headers = intake.headers(who, key=key)
    return await intake.client.post("/v1/cases", json=a_case(**changes), headers=headers)


async def send_and_reset(
    intake: IntakeProcess, path: str, body: bytes, headers: Mapping[str, str], *, after: float
) -> None:
    """Send a request, and reset the connection so many seconds later, answered or not."""
    reader, writer = await asyncio.open_connection("127.0.0.1", intake.port)
    writer.write(head_of(path, {**headers, "content-length": str(len(body))}) + body)
    await writer.drain()
    with suppress(TimeoutError):
        async with asyncio.timeout(after):
            await reader.read()
    reset(writer)


def reset(writer: asyncio.StreamWriter) -> None:
    writer.get_extra_info("socket").setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, RESET)
    writer.transport.abort()


def head_of(path: str, headers: Mapping[str, str]) -> bytes:
    lines = [f"POST {path} HTTP/1.1", "host: intake"]
    lines += [f"{name}: {value}" for name, value in headers.items()]
    return "\r\n".join([*lines, "", ""]).encode()


class TestDisconnect:
    @pytest.mark.fault(5)
    async def test_leaves_one_case_and_its_answer_for_the_retry(self, place: Place) -> None:
        chance, rounds = random.Random(5), short_or_full(10, 100)
        async with intake_at(place) as intake:
            for number in range(rounds):
                key, ref = f"k{number}", f"HB-{number}"
                facts = a_case()["facts"] | {"payout_ref": f"PO-{number}"}
                body = a_case(external_ref=ref, facts=facts)
                headers = intake.headers(FRONT_END, key=key) | JSON
                pause = chance.choice([0, chance.uniform(0, 0.05)])
                await send_and_reset(intake, "/v1/cases", orjson.dumps(body), headers, after=pause)

                retry = await file(intake, key, external_ref=ref, facts=facts)
                again = await file(intake, key, external_ref=ref, facts=facts)

                assert (retry.status_code, retry.content) == (201, again.content)
                assert again.headers["idempotency-replayed"] == "true"

        assert await counts(place) == (rounds, rounds)

    @pytest.mark.fault(5)
    async def test_after_the_commit_leaves_the_stored_answer(self, place: Place) -> None:
        async with intake_at(place) as intake:
            headers = intake.headers(FRONT_END, key="k") | JSON
            body = orjson.dumps(a_case())
            await send_and_reset(intake, "/v1/cases", body, headers, after=0.05)

            async def committed() -> bool:
                return await counts(place) == (1, 1)

            await until(committed, within=10)
            retry = await file(intake, "k")

        assert (retry.status_code, retry.headers["idempotency-replayed"]) == (201, "true")
        assert await counts(place) == (1, 1)


class TestSigkill:
    @pytest.mark.fault(6)
    async def test_between_commit_and_answer_leaves_one_case(self, place: Place) -> None:
        async with intake_at(place, failpoints="before_answer:kill") as intake:
            with pytest.raises(httpx.TransportError):
                await file(intake, "k")
            assert await intake.died() == -9
        assert await counts(place) == (1, 1)

        async with intake_at(place) as intake:
            retry = await file(intake, "k")

        assert (retry.status_code, retry.headers["idempotency-replayed"]) == (201, "true")
        assert await counts(place) == (1, 1)

    @pytest.mark.fault(7)
    async def test_before_the_commit_leaves_nothing(self, place: Place) -> None:
        async with intake_at(place, failpoints="answer_ready:kill") as intake:
            with pytest.raises(httpx.TransportError):
                await file(intake, "k")
            assert await intake.died() == -9
        assert await counts(place) == (0, 0)

        async with intake_at(place) as intake:
            retry = await file(intake, "k")

        assert retry.status_code == 201
        assert "idempotency-replayed" not in retry.headers
        assert await counts(place) == (1, 1)


def a_form(content: bytes) -> tuple[bytes, dict[str, str]]:
    """Write a form with a document, and say what type of body it is."""
    request = httpx.Request(
        "POST",
        "http://intake",
        data={"kind": KIND},
        files={"file": ("a.pdf", content, "application/pdf")},
    )
    return request.read(), {"content-type": request.headers["content-type"]}


async def send(intake: IntakeProcess, case: str, content: bytes, key: str) -> httpx.Response:
    return await intake.client.post(
        f"/v1/cases/{case}/evidence",
        data={"kind": KIND},
        files={"file": ("a.pdf", content, "application/pdf")},
        headers=intake.headers(SELLER, key=key),
    )


def files_of(place: Place) -> list[Path]:
    return list(place.evidence.glob("*/*"))


class TestUpload:
    @pytest.mark.fault(107)
    async def test_cut_off_half_way_leaves_nothing(self, place: Place) -> None:
        content = PDF + bytes(2 * MB)
        async with intake_at(place) as intake:
            case = (await file(intake, "k")).json()["id"]
            body, kind = a_form(content)
            half, headers = body[: len(body) // 2], intake.headers(SELLER, key="e") | kind
            whole = {"content-length": str(len(body))}
            path = f"/v1/cases/{case}/evidence"
            await send_part_and_reset(intake, path, half, headers | whole)

            async def swept() -> bool:
                return files_of(place) == []

            await until(swept, within=10)
            assert await rows(place.engine, "select count(*) from evidence") == [(0,)]
            retry = await send(intake, case, content, "e")

        assert retry.status_code == 201, retry.text
        assert len(files_of(place)) == 1

    @pytest.mark.fault(107)
    async def test_killed_before_its_transaction_is_sent_again(self, place: Place) -> None:
        """Its key died with the process: the retry writes a file, the sweep removes the other."""
        async with intake_at(place) as intake:
            case = (await file(intake, "k")).json()["id"]
        async with intake_at(place, failpoints="answer_ready:kill") as intake:
            with pytest.raises(httpx.TransportError):
                await send(intake, case, PDF, "e")
            assert await intake.died() == -9
        assert await rows(place.engine, "select count(*) from evidence") == [(0,)]
        assert len(files_of(place)) == 1

        async with intake_at(place) as intake:
            retry = await send(intake, case, PDF, "e")

        assert retry.status_code == 201
        [(evidence,)] = await rows(place.engine, "select count(*) from evidence")
        assert (evidence, len(files_of(place))) == (1, 2)


async def send_part_and_reset(
    intake: IntakeProcess, path: str, part: bytes, headers: Mapping[str, str]
) -> None:
    """Send the first part of a body, wait until a file was begun, and reset the connection."""
    _reader, writer = await asyncio.open_connection("127.0.0.1", intake.port)
    writer.write(head_of(path, headers) + part)
    await writer.drain()

    async def begun() -> bool:
        return any(file.stat().st_size > 0 for file in files_of(intake.place))

    await until(begun, within=10)
    reset(writer)


LONG: Final = b'{"description": "' + b"x" * (20 * MB) + b'"}'
# What it claims, what it sends, the status.
FLOODS: Final[Mapping[str, tuple[Mapping[str, str], bytes, int]]] = {
    "20 MB": ({"content-length": str(len(LONG))}, LONG, 413),
    "no length": ({"transfer-encoding": "chunked"}, b"1400000\r\n" + LONG, 413),
    "says less": ({"content-length": "100"}, LONG, 400),
    "says more": ({"content-length": "99999999999"}, b"{}", 413),
    "a bomb": (
        {"content-encoding": "gzip", "content-length": str(len(gzip.compress(LONG)))},
        gzip.compress(LONG),
        415,
    ),
}


class TestFlood:
    @pytest.mark.fault(101)
    async def test_is_refused_without_being_kept_in_memory(self, place: Place) -> None:
        async with intake_at(place) as intake:
            await file(intake, "warm")
            before = intake.resident()

            for name, (claims, body, status) in FLOODS.items():
                assert await flood(intake, claims, body) == status, name
            grown = intake.resident() - before

        assert grown < 20 * MB
        assert await counts(place) == (1, 1)


async def flood(intake: IntakeProcess, claims: Mapping[str, str], body: bytes) -> int:
    """Send what is claimed to be a case; return the status, which may come before the end."""
    headers = intake.headers(FRONT_END, key="flood") | JSON | dict(claims)
    reader, writer = await asyncio.open_connection("127.0.0.1", intake.port)
    writer.write(head_of("/v1/cases", headers) + body)
    async with asyncio.timeout(30):
        line = await reader.readline()
    writer.transport.abort()
    return int(line.split()[1])
