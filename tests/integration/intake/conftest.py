"""Intake, as its tests find it."""

from collections.abc import AsyncIterator, Awaitable, Callable
from pathlib import Path

import pytest
from sqlalchemy.ext.asyncio import AsyncEngine

from intake_stand import Stand, running


@pytest.fixture
async def stand(
    engine_for: Callable[[str], Awaitable[AsyncEngine]], tmp_path: Path
) -> AsyncIterator[Stand]:
    async with running(await engine_for("intake"), tmp_path) as stand:
        yield stand
