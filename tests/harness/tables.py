"""Reads what one service keeps: what it has heard, and what it has said."""

import json
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from datetime import datetime
from typing import Any, Final

import asyncpg

from chassis.ids import from_uuid
from harness.facts import Cursor, Effect, Head, Parked, Quarantined, View, Written

_WRITTEN: Final = """
select o.id, o.event_id, o.topic, o.subject, o.sequence, o.headers::text as headers, o.payload,
       extract(epoch from o.created_at)::float8 as time,
       'sha256:' || encode(sha256(o.payload), 'hex') as digest,
       p.id is not null as pending, s.id is not null as sent
from outbox o left join outbox_pending p on p.id = o.id left join outbox_sent s on s.id = o.id
order by o.id
"""
_HEADS: Final = "select topic, subject, last_sequence from stream_head"
_CURSORS: Final = (
    "select producer, topic, subject, last_sequence, last_event_id::text as last_event_id"
    " from inbox_cursor"
)
_PARKED: Final = (
    "select src_topic as topic, src_partition as partition, src_offset as offset, producer,"
    " subject, sequence, event_id::text as event_id, reason, state, error from parked_event"
)
_QUARANTINED: Final = (
    "select src_topic as topic, src_partition as partition, src_offset as offset, error"
    " from quarantine"
)
_BLOCKED: Final = "select subject from inbox_subject where blocked"
_VIEWS: Final = "select case_id, state::text as state from case_view"
_TABLES: Final = "select tablename from pg_tables where schemaname = 'public' order by 1"
# Business rows, each with the event that tells of it (harness.checker_cases).
_ROWS: Final[Mapping[str, Mapping[str, tuple[str, str]]]] = {
    "intake": {"cases": ("id", "case"), "contacts": ("message", "msg"), "evidence": ("id", "evd")},
    "router": {"assignments": ("assignment", "asg")},
    "resolution": {"messages": ("id", "msg"), "decisions": ("id", "dec")},
    "handoff": {"handoffs": ("handoff", "hnd")},
    "sla-monitor": {"clocks": ("clock_id", "clk"), "escalations": ("escalation_id", "esc")},
    "vault": {"openings": ("opening", "opn")},
}


@asynccontextmanager
async def a_still_look(dsn: str) -> AsyncIterator[asyncpg.Connection]:
    """Open a connection that sees one instant, whatever is committed meanwhile."""
    connection = await asyncpg.connect(dsn)
    try:
        async with connection.transaction(isolation="repeatable_read", readonly=True):
            yield connection
    finally:
        await connection.close()


async def heard(service: str, connection: asyncpg.Connection) -> dict[str, list[Any]]:
    """Read how far a service has come with what others say, and what it holds back."""
    blocked = {row["subject"] for row in await connection.fetch(_BLOCKED)}
    return {
        "cursors": [Cursor(service=service, **row) for row in await connection.fetch(_CURSORS)],
        "parked": [Parked(service=service, **row) for row in await connection.fetch(_PARKED)],
        "quarantined": [
            Quarantined(service=service, **row) for row in await connection.fetch(_QUARANTINED)
        ],
        "views": [_view(service, row, blocked) for row in await connection.fetch(_VIEWS)],
    }


def _view(service: str, row: asyncpg.Record, blocked: set[str]) -> View:
    case = from_uuid("case", row["case_id"])
    return View(service=service, case=case, state=json.loads(row["state"]), blocked=case in blocked)


async def said(
    service: str, connection: asyncpg.Connection, *, settled: float | None
) -> dict[str, list[Any]]:
    """Read what a service has written; what came after `settled` need not have arrived yet."""
    return {
        "written": [_written(service, row, settled) async for row in connection.cursor(_WRITTEN)],
        "heads": [Head(service=service, **row) for row in await connection.fetch(_HEADS)],
        "effects": [one async for one in _effects(service, connection)],
    }


def _written(service: str, row: asyncpg.Record, settled: float | None) -> Written:
    headers: Mapping[str, str] = json.loads(row["headers"])
    return Written(
        service=service,
        id=row["id"],
        event_id=str(row["event_id"]),
        topic=row["topic"],
        subject=row["subject"],
        sequence=row["sequence"],
        type=headers["ce_type"],
        causation=headers.get("ce_causationid"),
        request_id=headers.get("ce_requestid"),
        marketplace=headers.get("ce_marketplace"),
        time=row["time"],
        payload=_light(json.loads(row["payload"])),
        digest=row["digest"],
        pending=row["pending"],
        sent=row["sent"],
        late=settled is not None and row["time"] > settled,
    )


def _light(value: Any) -> Any:  # noqa: ANN401 - any JSON
    """Leave out what is sealed: long, and nobody here can read it."""
    if isinstance(value, dict):
        if "sealed" in value and "commitment" in value:
            return {"sealed": "…", "commitment": value["commitment"]}
        return {name: _light(each) for name, each in value.items()}
    return [_light(each) for each in value] if isinstance(value, list) else value


async def _effects(service: str, connection: asyncpg.Connection) -> AsyncIterator[Effect]:
    there = {row["tablename"] for row in await connection.fetch(_TABLES)}
    for table, (column, prefix) in _ROWS.get(service, {}).items():
        if table in there:
            for (id_,) in await connection.fetch(f'select "{column}" from "{table}"'):  # noqa: S608 - names above
                yield Effect(service=service, table=table, id=from_uuid(prefix, id_))


async def find_in_tables(connection: asyncpg.Connection, needle: str) -> list[str]:
    """Name the tables that hold a text, as text or as bytes."""
    pattern = f"%{needle}%", f"%{needle.encode().hex()}%"
    found = []
    for (table,) in await connection.fetch(_TABLES):
        looked = f'select exists (select from "{table}" t where t::text like any($1))'  # noqa: S608 - a name of the catalogue
        if await connection.fetchval(looked, list(pattern)):
            found.append(table)
    return found


async def database_time(dsn: str) -> float:
    connection = await asyncpg.connect(dsn)
    try:
        now: datetime = await connection.fetchval("select clock_timestamp()")
    finally:
        await connection.close()
    return now.timestamp()
