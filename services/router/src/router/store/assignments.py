"""`assignments`: who has had which case, since when, and how it ended."""

from typing import Final

from sqlalchemy import Column, DateTime, MetaData, String, Table, func, select, update
from sqlalchemy.dialects.postgresql import insert

from chassis import ids
from chassis.door import Tx
from router.domain.work import Assignment

_INSTANT: Final = DateTime(timezone=True)

table: Final = Table(
    "assignments",
    MetaData(),
    Column("assignment", ids.TypeId("asg"), primary_key=True),
    Column("marketplace", String, nullable=False),
    Column("case_id", ids.TypeId("case"), nullable=False),
    Column("member", ids.TypeId("mem"), nullable=False),
    Column("team", String, nullable=False),
    Column("queue", String, nullable=False),
    Column("assigned_at", _INSTANT, nullable=False),
    Column("ended_at", _INSTANT),
    Column("reason", String),
)


async def add(tx: Tx, assignment: Assignment) -> None:
    await tx.execute(
        insert(table).values(
            assignment=assignment.assignment,
            marketplace=assignment.marketplace,
            case_id=assignment.case_id,
            member=assignment.member,
            team=assignment.team,
            queue=assignment.queue,
            assigned_at=assignment.assigned_at,
        )
    )


async def find_open(tx: Tx, marketplace: str, case_id: str) -> Assignment | None:
    found = await tx.execute(
        select(table).where(
            table.c.marketplace == marketplace,
            table.c.case_id == case_id,
            table.c.ended_at.is_(None),
        )
    )
    row = found.mappings().one_or_none()
    return Assignment(**row) if row else None


async def count_open(tx: Tx, member: str) -> int:
    """Count the cases in a member's hands. Lock the member first, or the count is a guess."""
    counted = await tx.scalar(
        select(func.count())
        .select_from(table)
        .where(table.c.member == member, table.c.ended_at.is_(None))
    )
    return int(counted)


async def end(tx: Tx, assignment: str, *, reason: str) -> None:
    await tx.execute(
        update(table).where(table.c.assignment == assignment).values(ended_at=tx.now, reason=reason)
    )
