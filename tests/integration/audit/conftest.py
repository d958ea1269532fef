"""A log of its own for each test."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from builders_audit import Desk, RunningLog, open_desk
from conftest import EngineFor


@pytest.fixture
async def log(engine_for: EngineFor, tmp_path: Path) -> RunningLog:
    return RunningLog(engine=await engine_for("audit"), folder=tmp_path)


@pytest.fixture
async def desk(log: RunningLog) -> AsyncIterator[Desk]:
    async with open_desk(log) as opened:
        yield opened
