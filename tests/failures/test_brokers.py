"""The broker stopped, frozen and restarted while people file cases."""

import asyncio
import time

import pytest

from extent import short_or_full
from harness import breaking
from harness.counter import cases, p99, statuses
from harness.rig import Rig, lasting

pytestmark = pytest.mark.timeout(short_or_full(600, 3600))

CREATED = 201


class TestABrokerThatIsAway:
    @pytest.mark.fault(8)
    async def test_keeps_nobody_from_filing_when_it_never_came(self, rig: Rig) -> None:
        await rig.stop("kafka", "intake")
        await rig.start("intake")
        counter = rig.counter()

        ready, _ = await rig.readiness("intake")
        answers = await counter.file_some(short_or_full(20, 200))
        read = [await counter.get(case) for case in cases(answers)]
        await rig.start("kafka")

        assert ready == 200
        assert statuses(answers) == {CREATED}
        assert set(read) == {200}
        assert await rig.judge(within=60) == []

    @pytest.mark.fault(9)
    async def test_delays_no_filing_while_it_is_frozen(self, rig: Rig) -> None:
        counter, over = rig.counter(), asyncio.Event()
        usual = await counter.file_some(20)
        filing = asyncio.create_task(counter.file_steadily(per_second=5, until=over))

        async with breaking.frozen(rig.stack, "kafka"):
            await lasting(short_or_full(10, 30))
        over.set()
        answers = await filing

        assert statuses(answers) == {CREATED}
        # A busy machine is slow without it as well.
        assert p99(answers) < max(1.0, 2 * p99(usual))
        assert await rig.judge() == []

    @pytest.mark.fault(15)
    async def test_keeps_what_was_not_sent_when_intake_leaves(self, rig: Rig) -> None:
        async with breaking.frozen(rig.stack, "kafka"):
            answers = await rig.counter().file_some(5)
            began = time.monotonic()
            await rig.stop("intake")
            left_after = time.monotonic() - began
            pending = await rig.ask("intake", "select count(*) from outbox_pending")
        await rig.start("intake")

        assert statuses(answers) == {CREATED}
        assert left_after < 30
        assert pending >= len(answers)
        assert await rig.judge() == []

    @pytest.mark.fault(33)
    async def test_is_found_again_after_each_restart(self, rig: Rig) -> None:
        before = await rig.pids()

        for _ in range(short_or_full(2, 10)):
            await rig.stop("kafka")
            answers = await rig.counter().file_some(3)
            await rig.start("kafka")
            assert statuses(answers) == {CREATED}
            assert (await rig.rest(within=60)).unrest is None

        assert await rig.pids() == before
        assert await rig.judge() == []
