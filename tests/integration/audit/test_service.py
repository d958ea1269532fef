"""Both processes of audit at work, as main puts them together; only Kafka is not there."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from datetime import timedelta

import httpx
import pytest

from audit.clients import HeadsPage, Lines
from audit.clock import Repair, repairing
from builders_audit import (
    CASE,
    LOG_SIGNER,
    PEN,
    RunningLog,
    open_desk,
    open_process,
    record,
    settings_for,
)
from chassis.clock import perform
from chassis.draining import ProducerSilent
from chassis.outcome import Gap
from chassis.signing import write_new_key
from stack.waiting import until

WITHIN = 10.0


@pytest.fixture
async def signer(log: RunningLog) -> AsyncIterator[httpx.AsyncClient]:
    """Run both processes; yield a client of the signer's."""
    write_new_key(log.folder / "log.pem")
    async with AsyncExitStack() as running:
        everything_else = settings_for(log, role="api,ingest,sequencer")
        signs = settings_for(log, role="signer", signer_key_file=log.folder / "log.pem")
        await running.enter_async_context(open_process(everything_else))
        yield await running.enter_async_context(open_process(signs))


class TestTheProcesses:
    @pytest.mark.covers("AU-3")
    @pytest.mark.usefixtures("signer")
    async def test_put_in_order_and_sign_what_was_taken_in(self, log: RunningLog) -> None:
        await log.take(record(1), record(2))

        async def signed() -> bool:
            return await log.rows("select max(size) from checkpoints") == [(2,)]

        await until(signed, within=WITHIN)
        ((note,),) = await log.rows("select note from checkpoints where size = 2")
        assert note.startswith("sellerworks/audit/main/0\n2\n")

    async def test_say_that_the_signer_refuses(
        self, log: RunningLog, signer: httpx.AsyncClient
    ) -> None:
        async def ready() -> bool:
            return bool((await signer.get("/readyz")).json()["status"] == "ready")

        await until(ready, within=WITHIN)
        await log.do("update log_heads set root = sha256('forged')")

        async def told() -> bool:
            answer = await signer.get("/readyz")
            return answer.status_code == 200 and "the log" in answer.text

        await until(told, within=WITHIN)


class Producers:
    """Stands for the producers' `/ops`: remembers what was asked."""

    def __init__(self, *, silent: bool = False) -> None:
        self.asked: list[Gap] = []
        self.silent = silent

    @asynccontextmanager
    async def __call__(self) -> AsyncIterator[Lines]:
        yield Lines(ask=self._ask, heads=self._heads)

    async def _ask(self, gap: Gap) -> None:
        self.asked.append(gap)
        if self.silent:
            raise ProducerSilent("away")

    async def _heads(self, _producer: str, _cursor: str | None) -> HeadsPage:
        return HeadsPage(items=[])


class TestRepair:
    async def perform(self, log: RunningLog, repair: Repair) -> bool | None:
        duty = repairing(repair, every=timedelta(seconds=5))
        return await perform(duty, engine=log.engine, pen=PEN)

    @pytest.mark.parametrize("silent", [False, True])
    async def test_asks_the_producer_for_what_holds_a_case(
        self, log: RunningLog, *, silent: bool
    ) -> None:
        await log.take(record(1), record(4))
        await log.sequence()
        producers = Producers(silent=silent)
        repair = Repair(producers=producers)

        more = [await self.perform(log, repair) for _ in range(2)]

        gap = Gap(producer="router", topic="cases.v1", subject=CASE, from_sequence=2)
        assert producers.asked == [gap]
        assert more == [True, False]

    async def test_asks_for_nothing_when_nothing_is_missing(self, log: RunningLog) -> None:
        await log.log(record(1))
        producers = Producers()
        repair = Repair(producers=producers)

        assert not await self.perform(log, repair)
        assert producers.asked == []


class TestThroughput:
    async def test_of_a_thousand_events_is_told(self, log: RunningLog) -> None:
        """A figure to look at, on whatever machine this is; no promise hangs on it."""
        records = [record(n) for n in range(1, 1001)]
        loop = asyncio.get_running_loop()

        began = loop.time()
        await log.take(*records[:500])
        await log.take(*records[500:])
        taken = loop.time()
        await log.sequence()
        done = loop.time()

        await log.sign()
        print(f"\ningest {1000 / (taken - began):,.0f}/s, leaves {1000 / (done - taken):,.0f}/s")  # noqa: T201 - told, not judged
        assert await log.rows("select size from checkpoints") == [(1000,)]


class TestOpenDesk:
    async def test_names_the_keys_of_log_and_services(self, log: RunningLog) -> None:
        await log.log(record(1))

        async with open_desk(log) as desk:
            keys = (await desk.get("/v1/log/keys")).json()

        assert keys["log_keys"] == [LOG_SIGNER.key.verifier_key]
        assert {key["service"] for key in keys["event_keys"]} >= {"intake", "sla-monitor", "audit"}
