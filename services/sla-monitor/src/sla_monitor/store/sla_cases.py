"""A row per case: its partition, whom it waits for, and when something of it is due next."""

from collections.abc import Collection, Iterable, Mapping
from dataclasses import asdict, dataclass, fields
from datetime import datetime
from typing import Final, NamedTuple

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

# Nothing of a case that this service has parked: the inbox knows it by its subject, the TypeID.
_NOT_PARKED: Final = """
not exists (
    select from inbox_subject
    where consumer = $1 and inbox_subject.subject = sla_cases.subject and blocked
)
"""
# What could not be fired lately is tried alone: it would take those beside it down again.
_UNTROUBLED: Final = f"""
{_NOT_PARKED} and not exists (
    select from firing_failures as failed
    where failed.marketplace = sla_cases.marketplace and failed.case_id = sla_cases.case_id
)
"""
# Only as far as the log was read.
_READ: Final = "next_due_at <= least(clock_timestamp(), caught_up_at)"
FIREABLE: Final = f"{_READ} and {_UNTROUBLED}"
"""What a round may fire of `sla_cases join partitions`; `$1` is the consumer."""

_FIND_DUE: Final = f"""
select subject, marketplace from sla_cases join partitions using (partition)
where {FIREABLE} order by next_due_at, marketplace, case_id limit $2
"""  # noqa: S608 - of constants
_CLAIM_DUE: Final = f"""
select subject, marketplace, least(clock_timestamp(), caught_up_at) as reached
from sla_cases join partitions using (partition)
where (marketplace, case_id) in (select * from unnest($2::text[], $3::uuid[]))
  and {_READ} and {_NOT_PARKED}
order by case_id for update of sla_cases
"""  # noqa: S608 - of constants
# Not only as far as the log was read: after a jump of the clock that is what must not be missed.
_COUNT_DUE: Final = f"""
select count(*) from (
    select from sla_cases where next_due_at <= clock_timestamp() and {_UNTROUBLED} limit $2
) as due
"""  # noqa: S608 - of constants
_SET_NEXT: Final = """
update sla_cases set next_due_at = next.at
from unnest($1::text[], $2::uuid[], $3::timestamptz[]) as next (marketplace, case_id, at)
where sla_cases.marketplace = next.marketplace and sla_cases.case_id = next.case_id
"""


class CaseKey(NamedTuple):
    """Which case, by the key of every table."""

    marketplace: str
    case_id: str


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

    @property
    def key(self) -> CaseKey:
        return CaseKey(self.marketplace, self.case_id)


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


async def count_due(tx: Tx, *, most: int) -> int:
    """Count cases with something due, read that far or not, up to `most`."""
    connection = await tx.raw()
    count: int = await connection.fetchval(_COUNT_DUE, CONSUMER, most)
    return count


async def find_due(tx: Tx, *, limit: int) -> list[CaseKey]:
    """
    Find cases with something due, the longest due first.

    Unlocked: their views have to be locked before their rows.
    """
    connection = await tx.raw()
    rows = await connection.fetch(_FIND_DUE, CONSUMER, limit)
    return [CaseKey(row["marketplace"], row["subject"]) for row in rows]


async def claim_due(tx: Tx, cases: Collection[CaseKey]) -> list[DueCase]:
    """Lock those that are still due and not parked, in the order of their ids."""
    connection = await tx.raw()
    marketplaces = [case.marketplace for case in cases]
    numbers = ids.to_uuids([case.case_id for case in cases])
    rows = await connection.fetch(_CLAIM_DUE, CONSUMER, marketplaces, numbers)
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
