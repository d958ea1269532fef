"""One whole stack for all journeys: real PostgreSQL, real Kafka, every service a process."""

import asyncio
from collections.abc import AsyncIterator, Iterator
from concurrent.futures import ThreadPoolExecutor
from threading import Thread

import pytest

from scenario_lives import Lives, live
from stack.stacks import ALL_SERVICES, Stack, running_stack
from stack.story.checks import Teller
from stack.story.demo import Stage, on_stage
from trace_receiver import TraceReceiver


@pytest.fixture(scope="package")
def traces() -> Iterator[TraceReceiver]:
    receiver = TraceReceiver()
    thread = Thread(target=receiver.serve_forever, daemon=True)
    thread.start()
    yield receiver
    receiver.shutdown()
    receiver.server_close()
    thread.join()


@pytest.fixture(scope="package")
def stack(traces: TraceReceiver) -> Iterator[Stack]:
    tracing = {"SELLERWORKS_OTLP_ENDPOINT": traces.url}
    programs = (*ALL_SERVICES, "audit-signer")
    with running_stack(env=dict.fromkeys(programs, tracing)) as running:
        yield running


@pytest.fixture(scope="package")
def lives(stack: Stack) -> Lives:
    """Live through all scenarios once: every test looks at what was said."""
    with ThreadPoolExecutor(max_workers=1) as elsewhere:  # pytest's loop is not ours to end
        return elsewhere.submit(asyncio.run, live(stack)).result()


@pytest.fixture
async def stage(stack: Stack) -> AsyncIterator[Stage]:
    async with on_stage(stack) as connected:
        yield connected


@pytest.fixture
def teller() -> Teller:
    return Teller(say=print)
