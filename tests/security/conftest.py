"""One house of the street for each test: every test here is about all seven services."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from conftest import EngineFor
from street import SERVICES, House
from street_seeds import open_house


@pytest.fixture(params=SERVICES)
async def house(
    request: pytest.FixtureRequest, engine_for: EngineFor, tmp_path: Path
) -> AsyncIterator[House]:
    name: str = request.param
    engine = await engine_for(name.replace("-", "_"))
    async with open_house(name, engine, tmp_path) as house:
        yield house
