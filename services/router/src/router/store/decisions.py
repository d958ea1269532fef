"""`routing_decisions`: each decision with all that it saw."""

from collections.abc import Mapping
from typing import Any, Final

from sqlalchemy import (
    BigInteger,
    Column,
    DateTime,
    Identity,
    MetaData,
    RowMapping,
    String,
    Table,
    select,
)
from sqlalchemy.dialects.postgresql import JSONB, insert

from chassis import ids
from chassis.door import Tx

table: Final = Table(
    "routing_decisions",
    MetaData(),
    Column("marketplace", String, primary_key=True),
    Column("case_id", ids.TypeId("case"), primary_key=True),
    Column("number", BigInteger, Identity(), primary_key=True),
    Column("decided_at", DateTime(timezone=True), nullable=False),
    Column("decided_by", String, nullable=False),
    Column("playbook", String, nullable=False),
    Column("classification", JSONB, nullable=False),
    Column("route", JSONB),
)


async def add(
    tx: Tx,
    *,
    case: tuple[str, str],
    playbook: str,
    classification: Mapping[str, Any],
    route: Mapping[str, Any] | None,
) -> None:
    """Keep a decision with all that it saw. `case` is (marketplace, case id)."""
    marketplace, case_id = case
    await tx.execute(
        insert(table).values(
            marketplace=marketplace,
            case_id=case_id,
            decided_at=tx.now,
            decided_by=tx.journey.actor,
            playbook=playbook,
            classification=classification,
            route=route,
        )
    )


async def list_of_case(tx: Tx, marketplace: str, case_id: str) -> list[RowMapping]:
    """Return the decisions of a case, newest first."""
    found = await tx.execute(
        select(table)
        .where(table.c.marketplace == marketplace, table.c.case_id == case_id)
        .order_by(table.c.number.desc())
    )
    return list(found.mappings())
