"""Articles that a seller's language lacked when a letter gave them: a row a letter and article."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Column, DateTime, String, Table, func, insert, literal, select, tuple_

from chassis.door import Tx
from chassis.ids import TypeId
from contracts.lifecycle import CaseState
from resolution.store.tables import metadata

knowledge_gaps = Table(
    "knowledge_gaps",
    metadata,
    Column("marketplace", String, primary_key=True),
    Column("article", String, primary_key=True),
    Column("language", String, primary_key=True),
    Column("given", String, nullable=False),
    Column("case_id", TypeId("case"), nullable=False),
    Column("message_id", TypeId("msg"), primary_key=True),
    Column("noted_at", DateTime(timezone=True), nullable=False),
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Gap:
    """How often an article was given in another language than the seller's, and to how many."""

    marketplace: str
    article: str
    language: str
    letters: int
    cases: int
    first_at: datetime
    last_at: datetime


async def add_gap(
    tx: Tx, state: CaseState, *, message: str, article: str, language: str, given: str
) -> None:
    """Keep that a letter gave an article in another language."""
    await tx.execute(
        insert(knowledge_gaps).values(
            marketplace=state.marketplace,
            article=article,
            language=language,
            given=given,
            case_id=state.case_id,
            message_id=message,
            noted_at=tx.now,
        )
    )


async def find_page(
    tx: Tx,
    *,
    marketplaces: Collection[str],
    language: str | None,
    after: tuple[str, str, str] | None,
    limit: int,
) -> Sequence[Gap]:
    """Count the gaps of marketplaces by article and language, in the order of their names."""
    names = (
        knowledge_gaps.c.marketplace,
        knowledge_gaps.c.article,
        knowledge_gaps.c.language,
    )
    wanted = (
        select(
            *names,
            func.count().label("letters"),
            func.count(knowledge_gaps.c.case_id.distinct()).label("cases"),
            func.min(knowledge_gaps.c.noted_at).label("first_at"),
            func.max(knowledge_gaps.c.noted_at).label("last_at"),
        )
        .where(knowledge_gaps.c.marketplace.in_(marketplaces))
        .group_by(*names)
        .order_by(*names)
        .limit(limit)
    )
    if language is not None:
        wanted = wanted.where(knowledge_gaps.c.language == language)
    if after is not None:
        wanted = wanted.where(tuple_(*names) > tuple_(*map(literal, after)))
    return [Gap(**row) for row in (await tx.execute(wanted)).mappings()]
