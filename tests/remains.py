"""Everything a stack leaves behind, as bytes: topics, tables, files, logs, traces."""

from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import asyncpg
from aiokafka import AIOKafkaConsumer
from aiokafka.admin import AIOKafkaAdminClient

from stack.services import SERVICES
from stack.stacks import Stack


async def topics(stack: Stack) -> AsyncIterator[tuple[str, bytes]]:
    """Yield (place, bytes) of every record of every topic: key, headers, value."""
    consumer = AIOKafkaConsumer(
        bootstrap_servers=stack.kafka, auto_offset_reset="earliest", enable_auto_commit=False
    )
    await consumer.start()
    try:
        consumer.subscribe(await _names(stack))
        while found := await consumer.getmany(timeout_ms=2000):
            for records in found.values():
                for record in records:
                    headers = b"".join(name.encode() + value for name, value in record.headers)
                    yield record.topic, b"".join((record.key or b"", headers, record.value or b""))
    finally:
        await consumer.stop()


async def _names(stack: Stack) -> list[str]:
    admin = AIOKafkaAdminClient(bootstrap_servers=stack.kafka)
    await admin.start()
    try:
        return [name for name in await admin.list_topics() if not name.startswith("__")]
    finally:
        await admin.close()


async def tables(stack: Stack) -> AsyncIterator[tuple[str, bytes]]:
    """Yield (database.table, bytes) of every row of every table, binary columns as they are."""
    for service in SERVICES:
        async for row in tables_of(stack, service.database):
            yield row


async def tables_of(stack: Stack, database: str) -> AsyncIterator[tuple[str, bytes]]:
    """Yield (database.table, bytes) of every row of one database."""
    connection = await asyncpg.connect(stack.superuser_dsn(database))
    try:
        for name in await _tables(connection):
            for row in await connection.fetch(f'select * from "{name}"'):  # noqa: S608 - a name out of the catalogue
                yield f"{database}.{name}", b"\n".join(_cells(row))
    finally:
        await connection.close()


async def _tables(connection: asyncpg.Connection) -> list[str]:
    rows = await connection.fetch("select tablename from pg_tables where schemaname = 'public'")
    return [row["tablename"] for row in rows]


def _cells(row: asyncpg.Record) -> Iterator[bytes]:
    for cell in row.values():
        yield cell if isinstance(cell, bytes) else str(cell).encode()


def files(stack: Stack) -> Iterator[tuple[str, bytes]]:
    """Yield (path, bytes) of every file below the stack's folder: data, logs, databases."""
    for path in sorted(Path(stack.folder).rglob("*")):
        try:
            if path.is_file():
                yield str(path.relative_to(stack.folder)), path.read_bytes()
        except FileNotFoundError:
            continue  # a running database recycles its files
