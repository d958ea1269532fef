"""Decisions with all that they stand on. Never changed; a later one supersedes."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import (
    Boolean,
    Column,
    ColumnElement,
    DateTime,
    Integer,
    String,
    Table,
    insert,
    select,
    update,
)
from sqlalchemy.dialects.postgresql import JSONB

from chassis.door import Tx
from chassis.ids import TypeId
from contracts.lifecycle import CaseState
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
    Column("question", String),
    Column("message_id", TypeId("msg")),
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
    question: str | None = None


async def add_decision(tx: Tx, decision: Decision) -> None:
    """Keep a decision; the letter that tells the seller is noted once it is written."""
    values = {name: getattr(decision, name) for name in Decision.__slots__}
    lists = {"reasons": list(decision.reasons), "evidence": list(decision.evidence)}
    await tx.execute(insert(decisions).values(**values | lists | {"actor": tx.journey.actor}))


async def list_untold(tx: Tx, state: CaseState) -> list[Decision]:
    """List the decisions of a case's episode that no letter has told yet, oldest first."""
    return await _list(tx, *_untold(state))


async def list_some(tx: Tx, state: CaseState, ids: Sequence[str]) -> list[Decision]:
    """List those decisions of a case that have these ids, oldest first."""
    return await _list(
        tx,
        decisions.c.marketplace == state.marketplace,
        decisions.c.case_id == state.case_id,
        decisions.c.id.in_(ids),
    )


async def _list(tx: Tx, *which: ColumnElement[bool]) -> list[Decision]:
    columns = [decisions.c[name] for name in Decision.__slots__]
    wanted = select(*columns).where(*which).order_by(decisions.c.decided_at, decisions.c.id)
    return [
        Decision(**{**row, "reasons": tuple(row["reasons"]), "evidence": tuple(row["evidence"])})
        for row in (await tx.execute(wanted)).mappings()
    ]


async def note_letter(tx: Tx, state: CaseState, *, message: str) -> None:
    """Note the letter that tells the seller what was decided."""
    await tx.execute(update(decisions).where(*_untold(state)).values(message_id=message))


def _untold(state: CaseState) -> tuple[ColumnElement[bool], ...]:
    return (
        decisions.c.marketplace == state.marketplace,
        decisions.c.case_id == state.case_id,
        decisions.c.episode == state.episode,
        decisions.c.message_id.is_(None),
    )
