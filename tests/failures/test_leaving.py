"""Services asked to leave under load: what was begun is finished, others take over."""

import asyncio
import json
import signal
import time

import pytest

from extent import short_or_full
from harness import breaking
from harness.counter import cases, statuses
from harness.rig import Rig, eventually
from stack.story.files import new_filing

pytestmark = pytest.mark.timeout(short_or_full(600, 3600))

CREATED = 201
LEAVES_WITHIN = 30.0
TAKES_OVER_WITHIN = 3.0


class TestAServiceThatIsAskedToLeave:
    @pytest.mark.fault(36)
    async def test_answers_what_it_was_asked_before(self, rig: Rig) -> None:
        load = asyncio.create_task(rig.load().run(cases=4))

        reader, writer, rest = await half_a_filing(rig)
        leaving = asyncio.create_task(rig.stop("intake"))
        assert await eventually(lambda: is_leaving(rig), within=5)
        writer.write(rest)
        status = (await reader.readline()).split()[1]
        writer.close()
        began = time.monotonic()
        await leaving
        left_after = time.monotonic() - began
        code = rig.stack.status()["intake"]["exit"]
        await rig.start("intake")
        await load

        assert status == b"201"
        assert (code, left_after < LEAVES_WITHIN) == (0, True)
        assert await rig.judge() == []

    @pytest.mark.fault(36)
    async def test_leaves_its_group_so_that_another_takes_over_at_once(self, rig: Rig) -> None:
        await rig.start("router-2")
        assert (await rig.rest()).unrest is None

        async def is_alone() -> bool:
            return await breaking.group_of(rig.stack, "router") == ("Stable", 1)

        await rig.stop("router")
        taken = await eventually(is_alone, within=TAKES_OVER_WITHIN)
        code = rig.stack.status()["router"]["exit"]
        answers = await rig.counter().file_some(8)
        routed = await eventually(lambda: rig.has_routed(set(cases(answers))), within=30)

        assert taken
        assert (statuses(answers), code) == ({CREATED}, 0)
        assert routed
        await rig.start("router")
        await rig.stop("router-2")
        assert await rig.judge() == []

    @pytest.mark.fault(37)
    @pytest.mark.parametrize("second", [signal.SIGTERM, signal.SIGKILL])
    async def test_is_gone_at_once_when_asked_again(self, second: signal.Signals, rig: Rig) -> None:
        load = asyncio.create_task(rig.load().run(cases=4))
        before = rig.stack.pid("intake")
        _, writer, _ = await half_a_filing(rig)

        rig.stack.signal("intake", signal.SIGTERM)
        assert await eventually(lambda: is_leaving(rig), within=5)
        rig.stack.signal("intake", second)

        async def is_gone() -> bool:
            return bool(rig.stack.status()["intake"]["pid"] != before)

        gone = await eventually(is_gone, within=2)
        writer.close()
        await asyncio.to_thread(rig.stack.wait_until_ready, "intake")
        await load

        assert gone
        assert await rig.judge() == []


async def half_a_filing(rig: Rig) -> tuple[asyncio.StreamReader, asyncio.StreamWriter, bytes]:
    """Send a request but for its last bytes; return those, and where the answer will come."""
    host, _, port = rig.stack.url("intake").removeprefix("http://").partition(":")
    filing = new_filing()
    body = json.dumps(filing).encode()
    head = (
        f"POST /v1/cases HTTP/1.1\r\nhost: {host}\r\ncontent-type: application/json\r\n"
        f"authorization: Bearer {rig.stack.token('harbour-front-end')}\r\n"
        f"idempotency-key: {filing['external_ref']}\r\ncontent-length: {len(body)}\r\n\r\n"
    )
    reader, writer = await asyncio.open_connection(host, int(port))
    writer.write(head.encode() + body[:-20])
    await writer.drain()
    return reader, writer, body[-20:]


async def is_leaving(rig: Rig) -> bool:
    """Tell whether intake takes no new connections any more."""
    port = int(rig.stack.url("intake").rpartition(":")[2])
    try:
        _, writer = await asyncio.open_connection("127.0.0.1", port)
    except OSError:
        return True
    writer.close()
    return False
