"""`offers`: who was asked to take which case, and what came of it."""

from collections.abc import Collection
from typing import Final

from sqlalchemy import (
    Column,
    ColumnElement,
    DateTime,
    MetaData,
    RowMapping,
    String,
    Table,
    func,
    select,
    update,
)
from sqlalchemy.dialects.postgresql import insert

from chassis import ids
from chassis.door import Tx
from router.domain.queueing import CaseKey
from router.domain.work import Offer

_INSTANT: Final = DateTime(timezone=True)

table: Final = Table(
    "offers",
    MetaData(),
    Column("assignment", ids.TypeId("asg"), primary_key=True),
    Column("marketplace", String, nullable=False),
    Column("case_id", ids.TypeId("case"), nullable=False),
    Column("member", ids.TypeId("mem"), nullable=False),
    Column("team", String, nullable=False),
    Column("queue", String, nullable=False),
    Column("offered_at", _INSTANT, nullable=False),
    Column("lapses_at", _INSTANT, nullable=False),
    Column("reason", String, nullable=False),
    Column("outcome", String),
    Column("ended_at", _INSTANT),
    Column("why", String),
)
is_open: Final = table.c.ended_at.is_(None)


async def add(tx: Tx, offer: Offer) -> None:
    await tx.execute(
        insert(table).values(
            assignment=offer.assignment,
            marketplace=offer.marketplace,
            case_id=offer.case_id,
            member=offer.member,
            team=offer.team,
            queue=offer.queue,
            offered_at=offer.offered_at,
            lapses_at=offer.lapses_at,
            reason=offer.reason,
        )
    )


async def find_open(tx: Tx, case: CaseKey) -> Offer | None:
    found = await tx.execute(select(table).where(*of_case(case), is_open))
    row = found.mappings().one_or_none()
    return _offer(row) if row else None


def of_case(case: CaseKey) -> tuple[ColumnElement[bool], ...]:
    return (table.c.marketplace == case.marketplace, table.c.case_id == case.case_id)


def _offer(row: RowMapping) -> Offer:
    return Offer(**row)


async def count_open(tx: Tx, member: str) -> int:
    """Count the places kept for a member. Lock the member first, or the count is a guess."""
    counted = await tx.scalar(
        select(func.count()).select_from(table).where(table.c.member == member, is_open)
    )
    return int(counted)


async def end(tx: Tx, offer: Offer, *, outcome: str, why: str | None = None) -> None:
    """Keep what came of an offer: accepted, declined or lapsed, and why."""
    await tx.execute(
        update(table)
        .where(table.c.assignment == offer.assignment)
        .values(outcome=outcome, ended_at=tx.now, why=why)
    )


async def find_lapsed(tx: Tx, *, limit: int, without: Collection[str] = ()) -> list[str]:
    """Name the cases whose offers are over, the longest overdue first."""
    found = await tx.execute(
        select(table.c.case_id)
        .where(is_open, table.c.lapses_at <= tx.now, table.c.case_id.not_in(without))
        .order_by(table.c.lapses_at, table.c.case_id)
        .limit(limit)
    )
    return list(found.scalars())


async def list_of_member(tx: Tx, member: str) -> list[str]:
    """Name the cases that a member is asked to take."""
    found = await tx.execute(select(table.c.case_id).where(table.c.member == member, is_open))
    return list(found.scalars())
