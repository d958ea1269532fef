import asyncio
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest

from harness.proxy import KAFKA, POSTGRES, Detours, Weather
from stack.blocks import claimed_block
from stack.layout import Ports

SERVICE, OFFSET = "router", 2
SOON = 5.0
A_WHILE = 0.3


@pytest.fixture
def ports(tmp_path: Path) -> Iterator[Ports]:
    with claimed_block(tmp_path) as ports:
        yield ports


@pytest.fixture
def detours(ports: Ports) -> Iterator[Detours]:
    detours = Detours(services=[SERVICE])
    with detours.at(ports):
        yield detours


@pytest.fixture
async def postgres(ports: Ports) -> AsyncIterator[list[bytes]]:
    """Stand where PostgreSQL would: say everything back, and remember it."""
    heard: list[bytes] = []

    async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        while line := await reader.readline():
            heard.append(line)
            writer.write(line)
        writer.close()

    async with await asyncio.start_server(answer, "127.0.0.1", ports.postgres):
        yield heard


@asynccontextmanager
async def connected(
    ports: Ports,
) -> AsyncIterator[tuple[asyncio.StreamReader, asyncio.StreamWriter]]:
    async with asyncio.timeout(SOON):
        reader, writer = await asyncio.open_connection("127.0.0.1", ports.postgres_detour(OFFSET))
        try:
            yield reader, writer
        finally:
            writer.close()


async def comes(reader: asyncio.StreamReader) -> bytes | None:
    """Read a line; None when none comes for a while."""
    try:
        async with asyncio.timeout(A_WHILE):
            return await reader.readline()
    except TimeoutError:
        return None


async def end_of(reader: asyncio.StreamReader) -> bytes:
    """Read to the end, whether it is told by a FIN or a reset."""
    try:
        return await reader.read()
    except ConnectionResetError:
        return b""


@pytest.mark.usefixtures("postgres")
class TestDetours:
    async def test_pass_everything_on(self, ports: Ports, detours: Detours) -> None:
        async with connected(ports) as (reader, writer):
            writer.write(b"hello\n")

            assert await reader.readline() == b"hello\n"
        assert {edge.kind for edge in detours.edges} == {KAFKA, POSTGRES}

    async def test_keep_what_is_said_into_a_black_hole(
        self, ports: Ports, detours: Detours
    ) -> None:
        async with connected(ports) as (reader, writer):
            detours.turn(Weather.BLACK_HOLE, service=SERVICE, kind=POSTGRES)
            writer.write(b"hello\n")
            meanwhile = await comes(reader)
            detours.heal()

            assert meanwhile is None
            assert await reader.readline() == b"hello\n"

    async def test_end_what_is_cut(self, ports: Ports, detours: Detours) -> None:
        async with connected(ports) as (reader, writer):
            writer.write(b"hello\n")
            await reader.readline()
            detours.turn(Weather.CUT)

            assert await end_of(reader) == b""

    async def test_end_whoever_comes_while_it_is_cut(self, ports: Ports, detours: Detours) -> None:
        detours.turn(Weather.CUT)

        async with connected(ports) as (reader, _):
            assert await end_of(reader) == b""

    async def test_let_a_deaf_service_be_heard(
        self, ports: Ports, detours: Detours, postgres: list[bytes]
    ) -> None:
        async with connected(ports) as (reader, writer):
            writer.write(b"one\n")
            await reader.readline()
            detours.turn(Weather.DEAF, kind=POSTGRES)
            writer.write(b"two\n")

            assert await comes(reader) is None
            assert postgres == [b"one\n", b"two\n"]

    async def test_keep_the_order_on_a_slow_line(self, ports: Ports, detours: Detours) -> None:
        async with connected(ports) as (reader, writer):
            writer.write(b"one\n")
            await reader.readline()
            detours.turn(Weather.SLOW)
            writer.write(b"two\n")
            await writer.drain()
            detours.heal()
            writer.write(b"three\n")

            assert await reader.readline() == b"two\n"
            assert await reader.readline() == b"three\n"

    async def test_leave_other_edges_alone(self, ports: Ports, detours: Detours) -> None:
        detours.turn(Weather.CUT, kind=KAFKA)

        async with connected(ports) as (reader, writer):
            writer.write(b"hello\n")

            assert await reader.readline() == b"hello\n"
