"""A row per case: its partition, whom it waits for, and when something of it is due next."""

from collections.abc import Collection, Iterable, Mapping
from dataclasses import asdict, dataclass, fields
from datetime import datetime
from typing import Final

from sqlalchemy import Column, DateTime, Integer, MetaData, String, Table
from sqlalchemy.dialects.postgresql import insert

from chassis import ids
from chassis.door import Tx
from chassis.ids import TypeId

_TABLE: Final = Table(
    "sla_cases",
    MetaData(),
    Column("marketplace", String, primary_key=True),
    Column("case_id", TypeId("case"), primary_key=True),
    Column("subject", String, nullable=False),
    Column("partition", Integer, nullable=False),
    Column("waiting_on", String, nullable=False),
    Column("next_due_at", DateTime(timezone=True)),
)

CONSUMER: Final = "sla-monitor"
"""The name of this service's reader of the log, whose inbox tells what is parked."""

# Only as far as the log was read, and nothing of a case that this service has parked: the inbox
# knows it by its subject, the TypeID.
_DUE: Final = """
select subject, marketplace, least(clock_timestamp(), caught_up_at) as reached
from sla_cases join partitions using (partition)
where next_due_at <= least(clock_timestamp(), caught_up_at)
and not exists (
    select from inbox_subject
    where consumer = $1 and inbox_subject.subject = sla_cases.subject and blocked
)
"""
_FIND_DUE: Final = _DUE + "order by case_id limit $2"
_SET_NEXT: Final = """
update sla_cases set next_due_at = next.at
from unnest($1::text[], $2::uuid[], $3::timestamptz[]) as next (marketplace, case_id, at)
where sla_cases.marketplace = next.marketplace and sla_cases.case_id = next.case_id
"""
_LOCK_DUE: Final = _DUE + "and case_id = any($2) order by case_id for update of sla_cases"


@dataclass(frozen=True, slots=True, kw_only=True)
class SlaCase:
    """What the SLA monitor keeps of a case beside the clocks."""

    marketplace: str
    case_id: str
    partition: int
    waiting_on: str
    next_due_at: datetime | None


_FIELDS: Final = tuple(field.name for field in fields(SlaCase))


@dataclass(frozen=True, slots=True, kw_only=True)
class DueCase:
    """A case with something due, locked. `reached`: now, or as far as its partition was read."""

    marketplace: str
    case_id: str
    reached: datetime


async def find(tx: Tx, case_id: str, *, marketplace: str) -> SlaCase | None:
    statement = _TABLE.select().where(
        _TABLE.c.marketplace == marketplace, _TABLE.c.case_id == case_id
    )
    row = (await tx.execute(statement)).mappings().first()
    return SlaCase(**{name: row[name] for name in _FIELDS}) if row else None


async def save(tx: Tx, cases: Iterable[SlaCase]) -> None:
    rows = [asdict(case) | {"subject": case.case_id} for case in cases]
    if not rows:
        return
    statement = insert(_TABLE)
    changes = {name: statement.excluded[name] for name in ("waiting_on", "next_due_at")}
    await tx.execute(
        statement.on_conflict_do_update(index_elements=["marketplace", "case_id"], set_=changes),
        rows,
    )


async def find_due(tx: Tx, *, limit: int) -> list[str]:
    """Find cases with something due, unlocked: their views have to be locked before their rows."""
    connection = await tx.raw()
    return [row["subject"] for row in await connection.fetch(_FIND_DUE, CONSUMER, limit)]


async def claim_due(tx: Tx, case_ids: Collection[str]) -> list[DueCase]:
    """Lock those that are still due and not parked, in the order of their ids."""
    connection = await tx.raw()
    rows = await connection.fetch(_LOCK_DUE, CONSUMER, ids.to_uuids(sorted(case_ids)))
    return [
        DueCase(marketplace=row["marketplace"], case_id=row["subject"], reached=row["reached"])
        for row in rows
    ]


async def set_next_due(tx: Tx, nexts: Mapping[DueCase, datetime | None]) -> None:
    """Write when the next step of each is due, in one statement; the rows are locked already."""
    cases = list(nexts)
    connection = await tx.raw()
    await connection.execute(
        _SET_NEXT,
        [case.marketplace for case in cases],
        ids.to_uuids([case.case_id for case in cases]),
        [nexts[case] for case in cases],
    )
