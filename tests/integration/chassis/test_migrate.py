"""Migrations, and the tables that they leave."""

import asyncio

import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from sqlalchemy import Connection, text
from sqlalchemy.ext.asyncio import AsyncEngine

from chassis import migrate, schema
from conftest import EngineFor


def differences(connection: Connection) -> list[object]:
    options = {"compare_type": True, "target_metadata": schema.metadata}
    context = MigrationContext.configure(connection, opts=options)
    return list(compare_metadata(context, schema.metadata))


class TestMigrations:
    async def test_make_the_tables_that_the_code_speaks_of(self, engine: AsyncEngine) -> None:
        async with engine.connect() as connection:
            assert await connection.run_sync(differences) == []


class TestUpgrade:
    async def test_runs_once_however_many_ask(self, engine_for: EngineFor) -> None:
        engine = await engine_for("router")
        url = engine.url.render_as_string(hide_password=False)
        async with engine.begin() as connection:
            await connection.execute(text("drop schema public cascade"))
            await connection.execute(text("create schema public"))

        ran = await asyncio.gather(*(migrate.upgrade("router", url) for _ in range(3)))

        assert sorted(ran) == [False, False, True]
        async with engine.connect() as connection:
            assert await connection.run_sync(migrate.is_at_head, "router")

    async def test_says_when_a_package_has_none(self) -> None:
        with pytest.raises(migrate.NoMigrations):
            await migrate.upgrade("chassis", "postgresql://127.0.0.1:9/none")
