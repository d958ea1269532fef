"""What the council decided."""

from collections.abc import Collection
from typing import Final

from sqlalchemy import ARRAY, Column, DateTime, MetaData, String, Table

from chassis.door import Tx
from chassis.ids import TypeId
from sla_monitor.domain.council import Decision
from sla_monitor.domain.escalations import Escalation

_TABLE: Final = Table(
    "council_decisions",
    MetaData(),
    Column("marketplace", String, primary_key=True),
    Column("escalation_id", TypeId("esc"), primary_key=True),
    Column("outcome", String, nullable=False),
    Column("reasons", ARRAY(String), nullable=False),
    Column("decided_by", TypeId("mem"), nullable=False),
    Column("decided_at", DateTime(timezone=True), nullable=False),
)


async def add(tx: Tx, escalation: Escalation, decision: Decision) -> None:
    row = {
        "marketplace": escalation.marketplace,
        "escalation_id": escalation.escalation_id,
        "outcome": decision.outcome,
        "reasons": list(decision.reasons),
        "decided_by": decision.decided_by,
        "decided_at": decision.decided_at,
    }
    await tx.execute(_TABLE.insert().values(row))


async def find_for(tx: Tx, escalations: Collection[Escalation]) -> dict[str, Decision]:
    """Find what was decided about those escalations that were decided about."""
    statement = (
        _TABLE.select()
        .where(_TABLE.c.marketplace.in_({one.marketplace for one in escalations}))
        .where(_TABLE.c.escalation_id.in_([one.escalation_id for one in escalations]))
    )
    return {
        row.escalation_id: Decision(
            outcome=row.outcome,
            reasons=tuple(row.reasons),
            decided_by=row.decided_by,
            decided_at=row.decided_at,
        )
        for row in await tx.execute(statement)
    }
