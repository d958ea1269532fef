"""Single statements outside of any transaction: each commits by itself, in one round trip."""

from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from typing import Any

import asyncpg
from sqlalchemy.ext.asyncio import AsyncEngine


@asynccontextmanager
async def driver(engine: AsyncEngine) -> AsyncIterator[asyncpg.Connection]:
    """Lend the driver's connection. SQLAlchemy begins no transaction that it does not ask for."""
    async with engine.connect() as connection:
        yield (await connection.get_raw_connection()).driver_connection


async def fetch(engine: AsyncEngine, statement: str, *values: object) -> Sequence[Any]:
    async with driver(engine) as connection:
        found: Sequence[Any] = await connection.fetch(statement, *values)
        return found


async def fetch_value(engine: AsyncEngine, statement: str, *values: object) -> Any:  # noqa: ANN401 - a column of any type
    async with driver(engine) as connection:
        return await connection.fetchval(statement, *values)
