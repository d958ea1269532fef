"""Which case belongs to which incident, and which may."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import (
    ARRAY,
    Column,
    DateTime,
    String,
    Table,
    exists,
    insert,
    select,
    tuple_,
    update,
)

from chassis.door import Tx
from chassis.ids import TypeId
from contracts.cases import IncidentMatch
from intake.domain.filing import FiledCase
from intake.domain.incidents import Marked
from intake.store.cases import LINKED, SHOWN, cases, metadata, to_case

proposals = Table(
    "proposals",
    metadata,
    Column("case_id", TypeId("case"), primary_key=True),
    Column("parent", TypeId("case"), primary_key=True),
    Column("same", ARRAY(String), nullable=False),
    Column("other", ARRAY(String), nullable=False),
    Column("declined_at", DateTime(timezone=True)),
)


@dataclass(frozen=True, slots=True, kw_only=True)
class ProposedChild:
    """A case that may belong to an incident: the facts that are equal, and those that are not."""

    case: FiledCase
    same: tuple[str, ...]
    other: tuple[str, ...]


async def has_children(tx: Tx, case: str) -> bool:
    found = await tx.execute(select(exists().where(cases.c.parent == case)))
    return bool(found.scalar_one())


async def set_parent(tx: Tx, case: str, parent: str | None) -> None:
    await tx.execute(update(cases).where(cases.c.id == case).values(parent=parent))
    if parent is not None:
        await note_incident(tx, parent)


async def note_incident(tx: Tx, case: str) -> None:
    """Let new cases find a case that has others below it."""
    unknown = update(cases).where(cases.c.id == case, cases.c.incident.is_(None))
    await tx.execute(unknown.values(incident=LINKED))


async def forget_incident(tx: Tx, case: str) -> None:
    """Let no new case find one that has none below it any more, unless its facts say that."""
    if not await has_children(tx, case):
        linked = update(cases).where(cases.c.id == case, cases.c.incident == LINKED)
        await tx.execute(linked.values(incident=None))


async def find_earlier(
    tx: Tx, *, but: str, marketplace: str, issue_type: str, since: datetime
) -> list[Marked]:
    """List the newest open cases of a type that belong to no incident and are none, at most 200."""
    query = (
        select(cases.c.id, cases.c.marks)
        .where(cases.c.marketplace == marketplace, cases.c.opened_at > since)
        .where(cases.c.issue_type == issue_type, cases.c.id != but)
        .where(cases.c.open, cases.c.parent.is_(None), cases.c.incident.is_(None))
        .order_by(cases.c.opened_at.desc(), cases.c.id.desc())
        .limit(200)
    )
    found = (await tx.execute(query)).all()
    return [Marked(case=row.id, marks=row.marks or {}) for row in found]


async def propose(tx: Tx, matches: Iterable[tuple[str, IncidentMatch]]) -> None:
    """Keep for a supervisor which cases may belong to which incidents."""
    rows = [
        {
            "case_id": case,
            "parent": one.incident,
            "same": list(one.same),
            "other": list(one.other),
        }
        for case, one in matches
    ]
    if rows:
        await tx.execute(insert(proposals), rows)


async def is_proposed(tx: Tx, case: str, parent: str) -> bool | None:
    """Tell whether a case is proposed for an incident; False: declined, None: never was."""
    named = (proposals.c.case_id == case) & (proposals.c.parent == parent)
    found = await tx.execute(select(proposals.c.declined_at.is_(None)).where(named))
    return found.scalar_one_or_none()


async def decline(tx: Tx, case: str, parent: str) -> None:
    named = (proposals.c.case_id == case) & (proposals.c.parent == parent)
    await tx.execute(update(proposals).where(named).values(declined_at=tx.now))


async def find_proposed(
    tx: Tx, parent: str, *, after: tuple[datetime, str] | None, limit: int
) -> list[ProposedChild]:
    """List open cases of no incident that may belong to this one, newest first."""
    query = (
        select(*SHOWN, proposals.c.same, proposals.c.other)
        .join(proposals, proposals.c.case_id == cases.c.id)
        .where(proposals.c.parent == parent, proposals.c.declined_at.is_(None))
        .where(cases.c.open, cases.c.parent.is_(None))
    )
    if after is not None:
        query = query.where(tuple_(cases.c.opened_at, cases.c.id) < after)
    newest_first = query.order_by(cases.c.opened_at.desc(), cases.c.id.desc()).limit(limit)
    return [
        ProposedChild(case=FiledCase(**shown), same=tuple(same), other=tuple(other))
        for row in (await tx.execute(newest_first)).mappings()
        for shown in [dict(row)]
        for same, other in [(shown.pop("same"), shown.pop("other"))]
    ]


async def find_children(
    tx: Tx, parent: str, *, after: tuple[datetime, str] | None, limit: int
) -> list[FiledCase]:
    """List the cases of an incident, newest first, from the one after the key on."""
    query = select(*SHOWN).where(cases.c.parent == parent)
    if after is not None:
        query = query.where(tuple_(cases.c.opened_at, cases.c.id) < after)
    newest_first = query.order_by(cases.c.opened_at.desc(), cases.c.id.desc()).limit(limit)
    return [to_case(row) for row in await tx.execute(newest_first)]
