"""A router on a database of its own, with three people in it."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from conftest import EngineFor
from house_router import a_router
from service_house import House


@pytest.fixture
async def house(engine_for: EngineFor, tmp_path: Path) -> AsyncIterator[House]:
    async with a_router(await engine_for("router"), tmp_path) as house:
        yield house
