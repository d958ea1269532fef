"""One whole stack for all journeys: real PostgreSQL, real Kafka, every service a process."""

from collections.abc import AsyncIterator, Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread

import pytest
from typing_extensions import override

from stack.stacks import ALL_SERVICES, Stack, running_stack
from stack.story.checks import Teller
from stack.story.demo import Stage, on_stage


class TraceReceiver(ThreadingHTTPServer):
    """Takes whatever the services export as traces, and keeps the bytes."""

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), _Taker)
        self.received: list[bytes] = []

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server_port}"


class _Taker(BaseHTTPRequestHandler):
    server: TraceReceiver

    def do_POST(self) -> None:
        length = int(self.headers.get("Content-Length", 0))
        self.server.received.append(self.rfile.read(length))
        self.send_response(200)
        self.end_headers()

    @override
    def log_message(self, format: str, *args: object) -> None:
        """Say nothing on the terminal."""


@pytest.fixture(scope="session")
def traces() -> Iterator[TraceReceiver]:
    receiver = TraceReceiver()
    thread = Thread(target=receiver.serve_forever, daemon=True)
    thread.start()
    yield receiver
    receiver.shutdown()
    thread.join()


@pytest.fixture(scope="session")
def stack(traces: TraceReceiver) -> Iterator[Stack]:
    tracing = {"SELLERWORKS_OTLP_ENDPOINT": traces.url}
    programs = (*ALL_SERVICES, "audit-signer")
    with running_stack(env=dict.fromkeys(programs, tracing)) as running:
        yield running


@pytest.fixture
async def stage(stack: Stack) -> AsyncIterator[Stage]:
    async with on_stage(stack) as connected:
        yield connected


@pytest.fixture
def teller() -> Teller:
    return Teller(say=print)
