"""A log of its own for each test."""

from pathlib import Path

import pytest

from builders_audit import RunningLog
from conftest import EngineFor


@pytest.fixture
async def log(engine_for: EngineFor, tmp_path: Path) -> RunningLog:
    return RunningLog(engine=await engine_for("audit"), folder=tmp_path)
