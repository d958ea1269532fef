"""`queued_cases`: every open case, waiting or in somebody's hands, by what breaks first."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any, Final

from sqlalchemy import (
    Column,
    ColumnElement,
    DateTime,
    Integer,
    MetaData,
    RowMapping,
    Select,
    String,
    Table,
    Text,
    Uuid,
    all_,
    exists,
    func,
    literal,
    select,
    tuple_,
    union_all,
    update,
)
from sqlalchemy.dialects.postgresql import ARRAY, insert

from chassis import ids
from chassis.door import Tx
from chassis.schema import case_view
from router.domain.presence import HeldCase
from router.domain.queueing import CaseKey, QueuedCase, WorklistFilter
from router.domain.work import Reach, TakeCase
from router.store import barred_members, members, offers

_INSTANT: Final = DateTime(timezone=True)
_WORDS: Final = ARRAY(Text)

table: Final = Table(
    "queued_cases",
    MetaData(),
    Column("marketplace", String, primary_key=True),
    Column("case_id", ids.TypeId("case"), primary_key=True),
    Column("queue", String, nullable=False),
    Column("team", String, nullable=False),
    Column("priority", Integer, nullable=False),
    Column("queued_at", _INSTANT, nullable=False),
    Column("due_at", _INSTANT, nullable=False),
    Column("breaks", String),
    Column("severity", String, nullable=False),
    Column("issue_type", String),
    Column("skills", _WORDS, nullable=False),
    Column("clearance", _WORDS, nullable=False),
    Column("waiting_on", String, nullable=False),
    Column("holder", ids.TypeId("mem")),
)
_LOOKED_AT: Final = 50
_PICK: Final = """
select q.case_id from queued_cases q join case_view v on v.case_id = q.case_id
where q.case_id = any($1) and q.queue = $2 and q.holder is null and q.waiting_on = 'platform'
order by q.due_at, q.case_id limit 1 for update of v, q skip locked
"""
_ORDER: Final = (table.c.due_at, table.c.case_id)
_WAITS: Final = table.c.holder.is_(None)

Place = tuple[datetime, str]
"""Where a page begins: behind a due time and a case."""


async def put(tx: Tx, case: QueuedCase) -> None:
    """
    Put a case into a queue, or move it: nobody holds it then.

    `queued_at` and `due_at` stay: neither a repeated contact nor a move costs a place.
    """
    row = {
        "queue": case.queue,
        "team": case.team,
        "priority": case.priority,
        "severity": case.severity,
        "issue_type": case.issue_type,
        "skills": list(case.skills),
        "clearance": list(case.clearance),
        "waiting_on": case.waiting_on,
        "holder": None,
    }
    new = insert(table).values(
        marketplace=case.key.marketplace,
        case_id=case.key.case_id,
        queued_at=tx.now,
        due_at=case.due_at,
        **row,
    )
    await tx.execute(new.on_conflict_do_update(constraint=table.primary_key, set_=row))


async def set_waiting_on(tx: Tx, case: CaseKey, waiting_on: str) -> None:
    await tx.execute(
        update(table)
        .where(*_is(case), table.c.waiting_on != waiting_on)
        .values(waiting_on=waiting_on)
    )


async def set_type(tx: Tx, case: CaseKey, *, issue_type: str, severity: str, priority: int) -> None:
    """Note what the case is about now; who holds it, and its place, stay."""
    row = {"issue_type": issue_type, "severity": severity, "priority": priority}
    await tx.execute(update(table).where(*_is(case)).values(**row))


async def set_holder(tx: Tx, case: CaseKey, member: str | None) -> None:
    """Give the case to a member, or back to its queue, where its place was kept."""
    await tx.execute(update(table).where(*_is(case)).values(holder=member))


async def remove(tx: Tx, case: CaseKey) -> None:
    await tx.execute(table.delete().where(*_is(case)))


def _is(case: CaseKey) -> tuple[ColumnElement[bool], ColumnElement[bool]]:
    return (table.c.marketplace == case.marketplace, table.c.case_id == case.case_id)


async def count(tx: Tx, marketplaces: frozenset[str]) -> dict[str, Mapping[str, Any]]:
    """Count each queue: what waits, is held, waits for the seller, is overdue; the next due."""
    ready = _WAITS & (table.c.waiting_on == "platform")
    found = await tx.execute(
        select(
            table.c.queue,
            func.count().filter(_WAITS).label("waiting"),
            func.count().filter(ready).label("ready"),
            func.count().filter(~_WAITS).label("held"),
            func.count().filter(ready & (table.c.due_at < tx.now)).label("overdue"),
            func.min(table.c.queued_at).filter(_WAITS).label("oldest_at"),
            func.min(table.c.due_at).filter(ready).label("next_due_at"),
        )
        .where(table.c.marketplace.in_(sorted(marketplaces)))
        .group_by(table.c.queue)
    )
    return {row["queue"]: dict(row) for row in found.mappings()}


async def list_waiting(
    tx: Tx,
    queue: str,
    *,
    marketplaces: frozenset[str],
    wanted: WorklistFilter,
    after: Place | None,
    limit: int,
) -> list[RowMapping]:
    """
    Return what waits in a queue, what breaks first first, in one query.

    Each marketplace is read along its own index, and the heads are merged: so a page costs
    the same in a short queue and in a long one.
    """
    heads = [
        _page((table.c.marketplace == one, table.c.queue == queue, _WAITS), wanted, after, limit)
        for one in sorted(marketplaces)
    ]
    return await _merge(tx, heads, limit)


async def list_held(
    tx: Tx,
    member: str,
    *,
    marketplaces: frozenset[str],
    wanted: WorklistFilter,
    after: Place | None,
    limit: int,
) -> list[RowMapping]:
    """Return what a member holds, what breaks first first."""
    heads = [
        _page((table.c.marketplace == one, table.c.holder == member), wanted, after, limit)
        for one in sorted(marketplaces)
    ]
    return await _merge(tx, heads, limit)


def _page(
    where: Sequence[ColumnElement[bool]], wanted: WorklistFilter, after: Place | None, limit: int
) -> Select[Any]:
    page = select(table).where(*where, *_filters(wanted)).order_by(*_ORDER).limit(limit)
    if after is None:
        return page
    due_at, case_id = after
    return page.where(tuple_(*_ORDER) > tuple_(due_at, ids.to_uuid(case_id)))


def _filters(wanted: WorklistFilter) -> list[ColumnElement[bool]]:
    equal = {
        table.c.severity: wanted.severity,
        table.c.issue_type: wanted.issue_type,
        table.c.waiting_on: wanted.waiting_on,
    }
    filters = [column == value for column, value in equal.items() if value is not None]
    if wanted.workable_by is not None:
        filters.append(is_within_reach(wanted.workable_by))
    return filters


def is_within_reach(member: str) -> ColumnElement[bool]:
    """Say of a row whether the member has the skills and clearances that it asks for."""
    return exists().where(
        members.table.c.member == member,
        table.c.skills.contained_by(members.table.c.skills),
        table.c.clearance.contained_by(members.table.c.clearances),
    )


async def _merge(tx: Tx, heads: list[Select[Any]], limit: int) -> list[RowMapping]:
    if not heads:
        return []
    merged = union_all(*(select(head.subquery()) for head in heads)).subquery()
    ordered = select(merged).order_by(merged.c.due_at, merged.c.case_id).limit(limit)
    return list((await tx.execute(ordered)).mappings())


async def list_hands(tx: Tx, member: str) -> list[HeldCase]:
    """Return all that a member holds, with what says whether it can wait."""
    found = await tx.execute(
        select(table.c.case_id, table.c.due_at, table.c.waiting_on).where(table.c.holder == member)
    )
    return [HeldCase(**row) for row in found.mappings()]


async def pick(tx: Tx, wanted: TakeCase, reach: Reach) -> str | None:
    """
    Lock the most urgent case that the member may take and that nobody else has locked.

    Two steps: the heads along their indexes, then locks on these few. A row that was taken
    between the two is looked at anew by the lock, and skipped.
    """
    heads = await _takeable(tx, wanted, reach, limit=_LOOKED_AT)
    connection = await tx.raw()
    picked = await connection.fetchval(_PICK, ids.to_uuids(heads), wanted.queue)
    return None if picked is None else ids.from_uuid("case", picked)


async def find_first(
    tx: Tx, wanted: TakeCase, reach: Reach, *, among: Sequence[str] | None = None
) -> str | None:
    """Find the most urgent case that the member may take, locked by somebody or not."""
    return next(iter(await _takeable(tx, wanted, reach, limit=1, among=among)), None)


async def _takeable(
    tx: Tx, wanted: TakeCase, reach: Reach, *, limit: int, among: Sequence[str] | None = None
) -> list[str]:
    ready = WorklistFilter(waiting_on="platform", workable_by=wanted.member)
    where = [
        table.c.queue == wanted.queue,
        _WAITS,
        ~_is_offered_to_another(wanted.member),
        ~_is_barred_from(wanted.member),
    ]
    where += _is_in(reach)
    if among is not None:
        where.append(table.c.case_id.in_(among))
    heads = [
        _page((table.c.marketplace == one, *where), ready, None, limit)
        for one in sorted(wanted.marketplaces)
    ]
    return [row["case_id"] for row in await _merge(tx, heads, limit)]


def _is_in(reach: Reach) -> list[ColumnElement[bool]]:
    """Say of a row that its playbook is here, and that nothing of its case is parked."""
    known = exists().where(
        case_view.c.case_id == table.c.case_id, case_view.c.playbook.in_(sorted(reach.playbooks))
    )
    parked = literal(ids.to_uuids(sorted(reach.on_hold)), ARRAY(Uuid))
    return [known, table.c.case_id != all_(parked)] if reach.on_hold else [known]


def _is_offered_to_another(member: str) -> ColumnElement[bool]:
    return exists().where(
        offers.table.c.marketplace == table.c.marketplace,
        offers.table.c.case_id == table.c.case_id,
        offers.is_open,
        offers.table.c.member != member,
    )


def _is_barred_from(member: str) -> ColumnElement[bool]:
    return exists().where(
        barred_members.table.c.marketplace == table.c.marketplace,
        barred_members.table.c.case_id == table.c.case_id,
        barred_members.table.c.member == member,
    )
