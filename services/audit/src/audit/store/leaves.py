"""The log itself: leaves for ever, bodies until retention clears them."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
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
    "actor",
    "leaf",
)
_PAGE = """
select l.idx, l.marketplace, l.subject, l.leaf, b.headers, b.payload
from leaves l join bodies b using (idx)
where l.marketplace = $1 and l.subject = $2 and l.idx > $3 and l.idx < $4
order by l.idx limit $5
"""
# A case begins with its filing: no other event of intake's about it comes before.
_CASE = """
select marketplace, event_id from leaves
where producer = 'intake' and topic = $2 and subject = $1 and sequence = 1
    and type = 'case.opened.v1'
"""
_ONE = """
select l.idx, l.marketplace, l.subject, l.leaf, b.headers, b.payload
from leaves l join bodies b using (idx) where l.event_id = $1
"""
_RANGE = """
select l.idx, l.marketplace, l.subject, l.leaf, b.headers, b.payload
from leaves l left join bodies b on b.idx = l.idx and (l.marketplace is null or l.marketplace = $3)
where l.idx >= $1 and l.idx < $2 order by l.idx
"""
_FOUND = """
select l.idx, l.marketplace, l.subject, l.leaf, b.headers, b.payload
from leaves l join bodies b using (idx)
where {conditions} order by l.idx limit $1
"""
_FILING = """
select l.idx, l.marketplace, l.subject, l.leaf, b.headers, b.payload
from leaves l join bodies b using (idx)
where l.marketplace = $1 and l.type = 'case.opened.v1' and l.occurred_at <= $2
order by l.occurred_at desc, l.idx desc limit 1
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
class Sought:
    """Which leaves are asked for: `after` < idx < `before`; of these marketplaces, or of none."""

    after: int
    before: int
    marketplaces: Sequence[str]
    type: str | None = None
    actor: str | None = None
    since: datetime | None = None
    until: datetime | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class LoggedCase:
    """
    Whose something is: of a case by its first event, whose id is the journey's.

    Of more than one case, or of none, `correlation_id` is None.
    """

    marketplace: str
    correlation_id: UUID | None


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
        one.headers.get("ce_actor"),
        one.leaf,
    )


async def list_of_subject(
    tx: Tx, subject: str, *, marketplace: str, after: int, before: int, limit: int
) -> list[Logged]:
    """List leaves of a subject with `after` < idx < `before`, in the log's order."""
    connection = await tx.raw()
    rows = await connection.fetch(_PAGE, marketplace, subject, after, before, limit)
    return [_logged(row) for row in rows]


async def search(tx: Tx, sought: Sought, *, limit: int) -> list[Logged]:
    """List the leaves that are asked for, in the log's order."""
    given = {
        "l.idx > {}": sought.after,
        "l.idx < {}": sought.before,
        "(l.marketplace is null or l.marketplace = any({}))": list(sought.marketplaces),
        "l.type = {}": sought.type,
        "l.actor = {}": sought.actor,
        "l.occurred_at >= {}": sought.since,
        "l.occurred_at < {}": sought.until,
    }
    asked = {condition: value for condition, value in given.items() if value is not None}
    # Only what is asked for stands in the statement: its index is then sure to be used.
    conditions = [condition.format(f"${n}") for n, condition in enumerate(asked, start=2)]
    connection = await tx.raw()
    rows = await connection.fetch(
        _FOUND.format(conditions=" and ".join(conditions)), limit, *asked.values()
    )
    return [_logged(row) for row in rows]


async def list_of_range(tx: Tx, begin: int, end: int, *, marketplace: str) -> list[Logged]:
    """List every leaf from `begin` to before `end`; without bodies where others are concerned."""
    connection = await tx.raw()
    return [_logged(row) for row in await connection.fetch(_RANGE, begin, end, marketplace)]


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


async def last_filing(tx: Tx, *, marketplace: str, at: datetime) -> Logged | None:
    """Find the case that was filed last on a marketplace, up to an instant."""
    connection = await tx.raw()
    row = await connection.fetchrow(_FILING, marketplace, at)
    return row and _logged(row)


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
