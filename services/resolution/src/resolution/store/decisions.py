"""Decisions with all that they stand on. Never changed; a later one supersedes."""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Boolean, Column, DateTime, Integer, String, Table, insert
from sqlalchemy.dialects.postgresql import JSONB

from chassis.door import Tx
from chassis.ids import TypeId
from resolution.store.tables import metadata

decisions = Table(
    "decisions",
    metadata,
    Column("id", TypeId("dec"), primary_key=True),
    Column("marketplace", String, nullable=False),
    Column("case_id", TypeId("case"), nullable=False),
    Column("episode", Integer, nullable=False),
    Column("type", String, nullable=False),
    Column("outcome", String, nullable=False),
    Column("adverse", Boolean, nullable=False),
    Column("authority_level", Integer, nullable=False),
    Column("root_cause", String, nullable=False),
    Column("reasons", JSONB, nullable=False),
    Column("evidence", JSONB, nullable=False),
    Column("redress", String),
    Column("message_id", TypeId("msg"), nullable=False),
    Column("playbook", String, nullable=False),
    Column("actor", String, nullable=False),
    Column("decided_at", DateTime(timezone=True), nullable=False),
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Decision:
    """A decision as it was said."""

    id: str
    marketplace: str
    case_id: str
    episode: int
    type: str
    outcome: str
    adverse: bool
    authority_level: int
    root_cause: str
    reasons: tuple[str, ...]
    evidence: tuple[str, ...]
    redress: str | None
    playbook: str
    decided_at: datetime


async def add_decision(tx: Tx, decision: Decision, *, message: str) -> None:
    """Keep a decision, with the letter that told the seller."""
    values = {name: getattr(decision, name) for name in Decision.__slots__}
    await tx.execute(
        insert(decisions).values(
            **values
            | {
                "reasons": list(decision.reasons),
                "evidence": list(decision.evidence),
                "message_id": message,
                "actor": tx.journey.actor,
            }
        )
    )
