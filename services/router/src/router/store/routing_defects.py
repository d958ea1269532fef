"""`routing_defects`: where the playbook sent a case to and fro, and who ended it."""

from dataclasses import dataclass
from datetime import datetime
from typing import Final

from sqlalchemy import (
    BigInteger,
    Column,
    DateTime,
    Identity,
    MetaData,
    RowMapping,
    String,
    Table,
    Text,
    select,
    tuple_,
    update,
)
from sqlalchemy.dialects.postgresql import ARRAY, insert

from chassis import ids
from chassis.door import Tx
from router.domain.ping_pong import Freeze
from router.domain.queueing import CaseKey

_INSTANT: Final = DateTime(timezone=True)
_WORDS: Final = ARRAY(Text)

table: Final = Table(
    "routing_defects",
    MetaData(),
    Column("number", BigInteger, Identity(), primary_key=True),
    Column("marketplace", String, nullable=False),
    Column("case_id", ids.TypeId("case"), nullable=False),
    Column("opened_at", _INSTANT, nullable=False),
    Column("reason", String, nullable=False),
    Column("trail", _WORDS, nullable=False),
    Column("rules", _WORDS, nullable=False),
    Column("playbook", String, nullable=False),
    Column("arbiter", ids.TypeId("mem")),
    Column("arbiter_role", String, nullable=False),
    Column("ended_at", _INSTANT),
    Column("ended_by", String),
    Column("team", String),
    Column("why", String),
)


@dataclass(frozen=True, slots=True, kw_only=True)
class OpenDefect:
    """A case whose routing is frozen, and who may end it."""

    number: int
    arbiter: str | None
    arbiter_role: str


async def add(
    tx: Tx, case: CaseKey, freeze: Freeze, *, playbook: str, arbiter: tuple[str | None, str]
) -> None:
    member, role = arbiter
    await tx.execute(
        insert(table).values(
            marketplace=case.marketplace,
            case_id=case.case_id,
            opened_at=tx.now,
            reason=freeze.reason,
            trail=list(freeze.trail),
            rules=list(freeze.rules),
            playbook=playbook,
            arbiter=member,
            arbiter_role=role,
        )
    )


async def find_open(tx: Tx, case: CaseKey) -> OpenDefect | None:
    found = await tx.execute(
        select(table.c.number, table.c.arbiter, table.c.arbiter_role).where(
            table.c.marketplace == case.marketplace,
            table.c.case_id == case.case_id,
            table.c.ended_at.is_(None),
        )
    )
    row = found.mappings().one_or_none()
    return OpenDefect(**row) if row else None


async def end(tx: Tx, number: int, *, team: str, reason: str) -> None:
    await tx.execute(
        update(table)
        .where(table.c.number == number)
        .values(ended_at=tx.now, ended_by=tx.journey.actor, team=team, why=reason)
    )


async def list_page(
    tx: Tx, *, marketplaces: frozenset[str], after: tuple[datetime, str] | None, limit: int
) -> list[RowMapping]:
    """Return defects, the oldest first."""
    order = (table.c.opened_at, table.c.case_id)
    wanted = select(table).where(table.c.marketplace.in_(sorted(marketplaces)))
    if after is not None:
        at, case_id = after
        wanted = wanted.where(tuple_(*order) > tuple_(at, ids.to_uuid(case_id)))
    return list((await tx.execute(wanted.order_by(*order).limit(limit))).mappings())
