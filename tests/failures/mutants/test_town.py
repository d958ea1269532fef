from collections.abc import Awaitable, Callable
from pathlib import Path

import pytest
from sqlalchemy.ext.asyncio import AsyncEngine

from failures.mutants.town import build_town
from harness.checker import check


class TestTheTown:
    @pytest.mark.timeout(60)
    async def test_is_clean_without_mutants(
        self, engine_for: Callable[[str], Awaitable[AsyncEngine]], tmp_path: Path
    ) -> None:
        town = await build_town(engine_for, tmp_path)
        for _ in range(3):
            await town.file()
        await town.file(payout="PO-1")
        await town.file(payout="PO-1")
        await town.settle()

        dump = await town.dump()

        assert check(dump) == []
        assert {row.type for row in dump.written} >= {
            "case.opened.v1",
            "case.routed.v1",
            "seller.message_received.v1",
            "seller.message_sent.v1",
        }
        assert len(dump.leaves) > 20
