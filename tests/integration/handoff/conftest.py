"""One house for each test."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from conftest import EngineFor
from house_handoff import PLAN, mara_has_it
from service_house import House, open_house


@pytest.fixture
async def house(engine_for: EngineFor, tmp_path: Path) -> AsyncIterator[House]:
    async with open_house(PLAN, await engine_for("handoff"), tmp_path) as house:
        await house.hear(mara_has_it())
        yield house
