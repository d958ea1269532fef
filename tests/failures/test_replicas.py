"""Several replicas of a service: they come and go, freeze and wake, and one does each thing."""

import asyncio

import pytest

from extent import short_or_full
from harness import breaking
from harness.counter import statuses
from harness.rig import Rig, eventually, lasting

pytestmark = pytest.mark.timeout(short_or_full(600, 3600))

CREATED = 201
LEASE_LASTS = 10.0


class TestReplicas:
    @pytest.mark.fault(28)
    async def test_come_and_go_under_load(self, rig: Rig) -> None:
        over = asyncio.Event()
        working = asyncio.create_task(rig.load(per_second=2).run(stop=over))

        for _ in range(short_or_full(2, 20)):
            await rig.start("router-2", "router-3")
            await lasting(3)
            await rig.stop("router-2", "router-3")
        over.set()
        await working

        assert await rig.judge() == []

    @pytest.mark.fault(12)
    async def test_take_the_relay_over_from_one_that_is_frozen(self, rig: Rig) -> None:
        await rig.start("intake-2")
        load, over = rig.load(per_second=3), asyncio.Event()
        counter = rig.counter(replica=2)
        working = asyncio.create_task(load.run(cases=6))
        filing = asyncio.create_task(counter.file_steadily(per_second=4, until=over))

        async with breaking.frozen(rig.stack, "intake"):
            await lasting(LEASE_LASTS + 2)
            published = await eventually(lambda: nothing_old_waits(rig), within=10)
        over.set()
        answers = await filing
        await working

        assert statuses(answers) == {CREATED}
        assert published
        await rig.stop("intake-2")
        assert await rig.judge() == []

    async def test_of_the_log_take_over_from_those_that_are_killed(self, rig: Rig) -> None:
        await rig.start("audit-2", "audit-signer-2")
        over = asyncio.Event()
        filing = asyncio.create_task(rig.counter().file_steadily(per_second=4, until=over))

        await asyncio.gather(rig.kill("audit"), rig.kill("audit-signer"))
        await lasting(3)
        await rig.stop("audit-2", "audit-signer-2")
        over.set()
        await filing

        assert await rig.judge() == []


async def nothing_old_waits(rig: Rig) -> bool:
    waiting = await rig.ask(
        "intake",
        "select count(*) from outbox_pending as p join outbox as o using (id)"
        " where o.created_at < clock_timestamp() - interval '2 seconds'",
    )
    return bool(waiting == 0)
