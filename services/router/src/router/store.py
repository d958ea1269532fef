"""Members, decisions, assignments and queues as rows."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from sqlalchemy import (
    BigInteger,
    Column,
    DateTime,
    Identity,
    Integer,
    MetaData,
    RowMapping,
    String,
    Table,
    Text,
    func,
    or_,
    select,
    tuple_,
    update,
)
from sqlalchemy.dialects.postgresql import ARRAY, JSONB, insert

from chassis import ids
from chassis.door import Tx
from router.domain.work import Assignment, Member, MemberNotFound

metadata = MetaData()
_INSTANT = DateTime(timezone=True)
_WORDS = ARRAY(Text)

members = Table(
    "members",
    metadata,
    Column("member", ids.TypeId("mem"), primary_key=True),
    Column("login", String, nullable=False),
    Column("name", String, nullable=False),
    Column("marketplaces", _WORDS, nullable=False),
    Column("teams", _WORDS, nullable=False),
    Column("roles", _WORDS, nullable=False),
    Column("authority", Integer, nullable=False),
    Column("clearances", _WORDS, nullable=False),
    Column("skills", _WORDS, nullable=False),
    Column("capacity", Integer, nullable=False),
)
routing_decisions = Table(
    "routing_decisions",
    metadata,
    Column("marketplace", String, primary_key=True),
    Column("case_id", ids.TypeId("case"), primary_key=True),
    Column("number", BigInteger, Identity(), primary_key=True),
    Column("decided_at", _INSTANT, nullable=False),
    Column("decided_by", String, nullable=False),
    Column("playbook", String, nullable=False),
    Column("classification", JSONB, nullable=False),
    Column("route", JSONB),
)
assignments = Table(
    "assignments",
    metadata,
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
queued_cases = Table(
    "queued_cases",
    metadata,
    Column("marketplace", String, primary_key=True),
    Column("case_id", ids.TypeId("case"), primary_key=True),
    Column("queue", String, nullable=False),
    Column("priority", Integer, nullable=False),
    Column("queued_at", _INSTANT, nullable=False),
    Column("due_at", _INSTANT, nullable=False),
)


async def save_member(tx: Tx, member: Member) -> bool:
    """Insert or update a member; return whether anything is new."""
    row = {
        "member": member.member,
        "login": member.login,
        "name": member.name,
        "marketplaces": list(member.marketplaces),
        "teams": list(member.teams),
        "roles": list(member.roles),
        "authority": member.authority,
        "clearances": list(member.clearances),
        "skills": list(member.skills),
        "capacity": member.capacity,
    }
    new = insert(members).values(**row)
    differs = or_(*(members.c[name].is_distinct_from(new.excluded[name]) for name in row))
    saved = await tx.execute(
        new.on_conflict_do_update(
            constraint=members.primary_key, set_=row, where=differs
        ).returning(members.c.member)
    )
    return saved.first() is not None


async def get_member(tx: Tx, id_or_login: str, *, for_update: bool = False) -> Member:
    """
    Find a member by `mem_…` or login; `for_update` serialises who counts their load.

    Raises:
        MemberNotFound: There is none.
    """
    is_id = id_or_login.startswith("mem_")
    wanted = select(members).where(
        members.c.member == id_or_login if is_id else members.c.login == id_or_login
    )
    found = await tx.execute(wanted.with_for_update() if for_update else wanted)
    row = found.mappings().one_or_none()
    if row is None:
        raise MemberNotFound
    return _to_member(row)


async def list_members(
    tx: Tx, *, marketplaces: frozenset[str], after: str | None, limit: int
) -> list[Member]:
    wanted = (
        select(members)
        .where(members.c.marketplaces.overlap(sorted(marketplaces)))
        .order_by(members.c.login)
        .limit(limit)
    )
    if after is not None:
        wanted = wanted.where(members.c.login > after)
    return [_to_member(row) for row in (await tx.execute(wanted)).mappings()]


def _to_member(row: RowMapping) -> Member:
    lists = ("marketplaces", "teams", "roles", "clearances", "skills")
    return Member(**{**row, **{name: tuple(row[name]) for name in lists}})


async def add_decision(
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
        insert(routing_decisions).values(
            marketplace=marketplace,
            case_id=case_id,
            decided_at=tx.now,
            decided_by=tx.journey.actor,
            playbook=playbook,
            classification=classification,
            route=route,
        )
    )


async def list_decisions(tx: Tx, marketplace: str, case_id: str) -> list[RowMapping]:
    """Return the decisions of a case, newest first."""
    found = await tx.execute(
        select(routing_decisions)
        .where(
            routing_decisions.c.marketplace == marketplace,
            routing_decisions.c.case_id == case_id,
        )
        .order_by(routing_decisions.c.number.desc())
    )
    return list(found.mappings())


async def queue_case(
    tx: Tx, *, case: tuple[str, str], queue: str, priority: int, due_at: datetime
) -> None:
    """Put a case into a queue, or move it; a repeated contact never touches this row."""
    marketplace, case_id = case
    row = {"queue": queue, "priority": priority, "due_at": due_at}
    new = insert(queued_cases).values(
        marketplace=marketplace, case_id=case_id, queued_at=tx.now, **row
    )
    await tx.execute(new.on_conflict_do_update(constraint=queued_cases.primary_key, set_=row))


async def set_due(tx: Tx, *, case: tuple[str, str], due_at: datetime) -> None:
    await tx.execute(_of_case(update(queued_cases), case).values(due_at=due_at))


async def leave_queue(tx: Tx, *, case: tuple[str, str]) -> None:
    await tx.execute(_of_case(queued_cases.delete(), case))


def _of_case(statement: Any, case: tuple[str, str]) -> Any:  # noqa: ANN401 - an update or a delete
    marketplace, case_id = case
    return statement.where(
        queued_cases.c.marketplace == marketplace, queued_cases.c.case_id == case_id
    )


async def count_queues(tx: Tx, marketplaces: frozenset[str]) -> dict[str, int]:
    """Say how many cases wait in each queue."""
    found = await tx.execute(
        select(queued_cases.c.queue, func.count().label("waiting"))
        .where(queued_cases.c.marketplace.in_(sorted(marketplaces)))
        .group_by(queued_cases.c.queue)
    )
    return {row.queue: row.waiting for row in found}


async def list_queue(
    tx: Tx,
    queue: str,
    *,
    marketplaces: frozenset[str],
    after: tuple[datetime, str] | None,
    limit: int,
) -> list[RowMapping]:
    """Return the cases of a queue, what breaches first first."""
    order = (queued_cases.c.due_at, queued_cases.c.case_id)
    wanted = (
        select(queued_cases)
        .where(
            queued_cases.c.queue == queue,
            queued_cases.c.marketplace.in_(sorted(marketplaces)),
        )
        .order_by(*order)
        .limit(limit)
    )
    if after is not None:
        due_at, case_id = after
        wanted = wanted.where(tuple_(*order) > tuple_(due_at, ids.to_uuid(case_id)))
    return list((await tx.execute(wanted)).mappings())


async def add_assignment(tx: Tx, assignment: Assignment) -> None:
    await tx.execute(
        insert(assignments).values(
            assignment=assignment.assignment,
            marketplace=assignment.marketplace,
            case_id=assignment.case_id,
            member=assignment.member,
            team=assignment.team,
            queue=assignment.queue,
            assigned_at=assignment.assigned_at,
        )
    )


async def find_open_assignment(tx: Tx, marketplace: str, case_id: str) -> Assignment | None:
    found = await tx.execute(
        select(assignments).where(
            assignments.c.marketplace == marketplace,
            assignments.c.case_id == case_id,
            assignments.c.ended_at.is_(None),
        )
    )
    row = found.mappings().one_or_none()
    return Assignment(**row) if row else None


async def count_open_assignments(tx: Tx, member: str) -> int:
    counted = await tx.scalar(
        select(func.count())
        .select_from(assignments)
        .where(assignments.c.member == member, assignments.c.ended_at.is_(None))
    )
    return int(counted)


async def end_assignment(tx: Tx, assignment: str, *, reason: str) -> None:
    await tx.execute(
        update(assignments)
        .where(assignments.c.assignment == assignment)
        .values(ended_at=tx.now, reason=reason)
    )
