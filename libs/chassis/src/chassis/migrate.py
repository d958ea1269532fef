"""Bring a service's database to the newest schema: one-shot, one at a time, as its owner."""

import logging
from importlib.util import find_spec
from pathlib import Path
from typing import Any, Final

from alembic import command, context
from alembic.config import Config
from alembic.ddl.postgresql import PostgresqlImpl
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Connection, Executable, text
from sqlalchemy.engine import make_url
from sqlalchemy.ext.asyncio import create_async_engine
from sqlalchemy.pool import NullPool
from typing_extensions import override

# Any number, the same in all services: each has a database of its own.
_MIGRATING: Final = 7_306_913


class NoMigrations(Exception):
    """The package has no `alembic.ini` beside its `pyproject.toml`: it runs from a checkout."""


class Scripts(PostgresqlImpl):
    """
    Lets a migration say `op.execute("create table …; create index …;")`.

    asyncpg prepares what SQLAlchemy sends, and a prepared statement is a single one; so text goes
    to the driver as it stands, in the same transaction.
    """

    __dialect__ = "postgresql"

    @override
    def execute(
        self, sql: Executable | str, execution_options: dict[str, Any] | None = None
    ) -> None:
        if not isinstance(sql, str) or self.connection is None:
            super().execute(sql, execution_options)
            return
        driver: Any = self.connection.connection.dbapi_connection
        driver.run_async(lambda raw: raw.execute(sql))


async def upgrade(package: str, owner_url: str, *, to: str = "head") -> bool:
    """
    Run what is missing of a package's migrations. Says whether there was anything to do.

    Two at once wait for each other: the second finds nothing to do. `to`: a revision, to stop
    at the version before.

    Raises:
        NoMigrations: The package has none.
    """
    config = _config(package)
    url = make_url(owner_url).set(drivername="postgresql+asyncpg")
    engine = create_async_engine(url, poolclass=NullPool, hide_parameters=True)
    try:
        async with engine.begin() as connection:
            await connection.execute(text(f"select pg_advisory_xact_lock({_MIGRATING})"))
            return await connection.run_sync(_upgrade, config, to)
    finally:
        await engine.dispose()


def is_at_head(connection: Connection, package: str) -> bool:
    """Tell whether nothing is missing; run it with `run_sync`."""
    heads = set(ScriptDirectory.from_config(_config(package)).get_heads())
    return set(MigrationContext.configure(connection).get_current_heads()) == heads


def run_env() -> None:
    """Be the whole of a service's `migrations/env.py`."""
    connection: Connection = context.config.attributes["connection"]
    context.configure(connection=connection, transaction_per_migration=False)
    context.run_migrations()


def _config(package: str) -> Config:
    folder = _project(package)
    config = Config(folder / "alembic.ini")
    config.set_main_option("script_location", str(folder / "migrations"))
    return config


def _project(package: str) -> Path:
    found = find_spec(package)
    if found is None or found.origin is None:
        raise NoMigrations(f"{package} is not installed")
    project = Path(found.origin).parents[2]
    if not (project / "alembic.ini").exists():
        raise NoMigrations(f"{package} has no alembic.ini")
    return project


def _upgrade(connection: Connection, config: Config, to: str) -> bool:
    heads = set(ScriptDirectory.from_config(config).get_heads())
    if set(MigrationContext.configure(connection).get_current_heads()) == heads:
        return False
    # What alembic says at each step is noise beside our own log.
    logging.getLogger("alembic").setLevel(logging.WARNING)
    config.attributes["connection"] = connection
    command.upgrade(config, to)
    return True
