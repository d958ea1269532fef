"""Backups as an operator takes them, and what is restored from them beside the running stack."""

import shutil
import subprocess
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from uuid import uuid4

import asyncpg

from stack.downloads import postgres_programs
from stack.services import SERVICES, ServiceSpec, service_named
from stack.stacks import Stack

_WITHIN = 120  # seconds


@dataclass(frozen=True, slots=True, kw_only=True)
class Backup:
    """A dump of each database, and the evidence files."""

    stack: Stack
    folder: Path

    def of(self, service: ServiceSpec) -> Path:
        return self.folder / f"{service.database}.dump"

    def contents(self) -> Iterator[tuple[str, bytes]]:
        """Yield (path, bytes) of every file of it."""
        for path in sorted(self.folder.rglob("*")):
            if path.is_file():
                yield f"backup/{path.relative_to(self.folder)}", path.read_bytes()


def take(stack: Stack, folder: Path) -> Backup:
    """Back everything up: `pg_dump` of each database, a copy of the files."""
    backup = Backup(stack=stack, folder=folder)
    shutil.copytree(stack.data("intake"), folder / "intake")
    for service in SERVICES:
        into = [
            "--file",
            str(backup.of(service)),
            "--dbname",
            stack.superuser_dsn(service.database),
        ]
        # Uncompressed: what is searched for must be found if it is there.
        _run(stack, "pg_dump", "--format=custom", "--compress=0", *into)
    return backup


@asynccontextmanager
async def restored(backup: Backup, service: str) -> AsyncIterator[str]:
    """Restore one service's database under another name, as long as the block lasts; yield it."""
    stack, spec = backup.stack, service_named(service)
    name = f"restored_{spec.database}_{uuid4().hex[:8]}"
    admin = await asyncpg.connect(stack.superuser_dsn("postgres"))
    try:
        await admin.execute(f"create database {name} owner {spec.database}_owner")
        await admin.execute(f"grant connect on database {name} to {spec.database}_app")
        _run(stack, "pg_restore", "--dbname", stack.superuser_dsn(name), str(backup.of(spec)))
        yield name
    finally:
        await admin.execute(f"drop database if exists {name} with (force)")
        await admin.close()


def _run(stack: Stack, program: str, *arguments: str) -> None:
    path = postgres_programs(stack.layout.cache) / program
    subprocess.run([path, *arguments], check=True, timeout=_WITHIN, capture_output=True)  # noqa: S603 - PostgreSQL's own programs
