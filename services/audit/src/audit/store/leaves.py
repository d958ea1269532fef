"""The log itself: leaves for ever, bodies until retention clears them."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final
from uuid import UUID

import asyncpg
import orjson

from audit.domain.arrivals import Arrival
from chassis.door import Tx

_LEAF_COLUMNS: Final = (
    "idx",
    "event_id",
    "digest",
    "marketplace",
    "topic",
    "subject",
    "producer",
    "sequence",
    "type",
    "occurred_at",
    "leaf",
)
_PAGE = """
select l.idx, l.marketplace, l.subject, l.leaf, b.headers, b.payload
from leaves l join bodies b using (idx)
where l.marketplace = $1 and l.subject = $2 and l.idx > $3 and l.idx < $4
order by l.idx limit $5
"""
_CASE = """
select marketplace, event_id from leaves
where subject = $1 and topic = $2 and type = 'case.opened.v1' order by idx limit 1
"""
_ONE = """
select l.idx, l.marketplace, l.subject, l.leaf, b.headers, b.payload
from leaves l join bodies b using (idx) where l.event_id = $1
"""
_NEWEST = "select max(idx) from leaves where marketplace = $1 and subject = $2"


@dataclass(frozen=True, slots=True, kw_only=True)
class Logged:
    """A leaf with its body, which is None once retention has cleared it."""

    idx: int
    marketplace: str | None
    subject: str
    leaf: bytes
    headers: Mapping[str, str] | None
    payload: bytes | None


@dataclass(frozen=True, slots=True, kw_only=True)
class LoggedCase:
    """What the log knows of a case by its first event, whose id is the journey's."""

    marketplace: str
    correlation_id: UUID


async def add(tx: Tx, arrivals: Sequence[Arrival], *, first_idx: int) -> None:
    """Copy a batch in; indices run from `first_idx` on."""
    connection = await tx.raw()
    numbered = list(enumerate(arrivals, start=first_idx))
    await connection.copy_records_to_table(
        "leaves", columns=_LEAF_COLUMNS, records=[_row(idx, one) for idx, one in numbered]
    )
    await connection.copy_records_to_table(
        "bodies",
        columns=("idx", "headers", "payload"),
        records=[
            (idx, orjson.dumps(dict(one.headers)).decode(), one.payload) for idx, one in numbered
        ],
    )


def _row(idx: int, one: Arrival) -> tuple[Any, ...]:
    return (
        idx,
        one.event_id,
        one.digest,
        one.marketplace,
        one.place.topic,
        one.place.subject,
        one.place.producer,
        one.place.sequence,
        one.type,
        one.occurred_at,
        one.leaf,
    )


async def list_of_subject(
    tx: Tx, subject: str, *, marketplace: str, after: int, before: int, limit: int
) -> list[Logged]:
    """List leaves of a subject with `after` < idx < `before`, in the log's order."""
    connection = await tx.raw()
    rows = await connection.fetch(_PAGE, marketplace, subject, after, before, limit)
    return [_logged(row) for row in rows]


async def find(tx: Tx, event_id: UUID) -> Logged | None:
    connection = await tx.raw()
    row = await connection.fetchrow(_ONE, event_id)
    return row and _logged(row)


async def find_case(tx: Tx, case_id: str, *, topic: str) -> LoggedCase | None:
    connection = await tx.raw()
    row = await connection.fetchrow(_CASE, case_id, topic)
    if row is None or row["marketplace"] is None:
        return None
    return LoggedCase(marketplace=row["marketplace"], correlation_id=row["event_id"])


async def newest_idx(tx: Tx, subject: str, *, marketplace: str) -> int:
    """Return the last index of a subject; -1 when there is none."""
    connection = await tx.raw()
    found: int | None = await connection.fetchval(_NEWEST, marketplace, subject)
    return -1 if found is None else found


def _logged(row: asyncpg.Record) -> Logged:
    return Logged(
        idx=row["idx"],
        marketplace=row["marketplace"],
        subject=row["subject"],
        leaf=row["leaf"],
        headers=row["headers"],
        payload=row["payload"],
    )
