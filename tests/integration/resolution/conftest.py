"""One house for each test: resolution's door 1 on a database of its own."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from conftest import EngineFor
from house_resolution import House, open_house


@pytest.fixture
async def house(engine_for: EngineFor, tmp_path: Path) -> AsyncIterator[House]:
    async with open_house(await engine_for("resolution"), tmp_path) as house:
        yield house
