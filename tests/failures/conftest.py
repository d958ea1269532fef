"""One whole stack for all fault tests, each edge through a proxy; each test leaves it healed."""

from collections.abc import AsyncIterator, Iterator

import pytest

from chassis.outgoing import http_client
from harness.history import History
from harness.monitor import watching
from harness.proxy import Detours
from harness.rig import Rig
from stack.stacks import Stack, Wish, wished_stack


@pytest.fixture(scope="package")
def detours() -> Detours:
    return Detours()


@pytest.fixture(scope="package")
def stack(detours: Detours) -> Iterator[Stack]:
    """Run one replica of each service; a second and a third of each are at hand."""
    wish = Wish(durable=True, detoured=True, spare=2)
    with wished_stack(wish, detours=detours.at) as running:
        yield running


@pytest.fixture(scope="package")
def usual(stack: Stack) -> list[str]:
    return [name for name, now in stack.status().items() if now["state"] != "stopped"]


@pytest.fixture(scope="package")
def history(stack: Stack) -> Iterator[History]:
    """Keep one history for all tests: what one was told must still hold after the next."""
    kept = History(stack.folder / "history.jsonl")
    yield kept
    kept.close()


@pytest.fixture
async def rig(
    stack: Stack, detours: Detours, history: History, usual: list[str]
) -> AsyncIterator[Rig]:
    """Yield the healed stack; whatever the test has broken is healed after it, and at rest."""
    async with (
        http_client(timeout=5) as http,
        watching(
            [stack.url("audit")], token=lambda: stack.token("ines"), kafka=stack.kafka
        ) as monitor,
    ):
        rig = Rig(
            stack=stack,
            detours=detours,
            history=history,
            monitor=monitor,
            http=http,
            usual=usual,
        )
        yield rig
        await rig.heal()
        if not rig.judged:  # who was judged has come to rest
            assert (await rig.rest()).unrest is None
