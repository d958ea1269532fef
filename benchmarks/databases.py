"""An empty database of a service, on a PostgreSQL of its own that syncs every commit."""

import shutil
import socket
import tempfile
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import asyncpg
from sqlalchemy.engine import make_url
from sqlalchemy.ext.asyncio import AsyncEngine, create_async_engine

from chassis import migrate
from stack.layout import make_home
from stack.postgres import running_postgres


@asynccontextmanager
async def a_database(
    package: str, *, connections: int, patience: float = 30
) -> AsyncIterator[AsyncEngine]:
    """Yield it migrated, with so many connections; `patience`: seconds to wait for one."""
    folder = _folder()
    try:
        with running_postgres(folder, _free_port(), durable=True) as server:
            connection = await asyncpg.connect(server.url())
            await connection.execute(f"create database {package}")
            await connection.close()
            await migrate.upgrade(package, server.url(package))
            url = make_url(server.url(package)).set(drivername="postgresql+asyncpg")
            engine = create_async_engine(url, pool_size=connections, pool_timeout=patience)
            yield engine
            await engine.dispose()
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def _folder() -> Path:
    folder = Path(tempfile.mkdtemp(prefix="bench-", dir=make_home()))
    folder.chmod(0o755)  # PostgreSQL runs as another user
    return folder


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port
