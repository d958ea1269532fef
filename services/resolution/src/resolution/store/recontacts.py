"""Cases whose sellers have a withdrawn letter, and what was decided about writing again."""

from collections.abc import Collection, Mapping, Sequence
from datetime import datetime
from typing import Any, Final

from sqlalchemy import (
    Boolean,
    Column,
    DateTime,
    Row,
    Select,
    String,
    Table,
    func,
    literal,
    select,
    text,
    tuple_,
    update,
)

from chassis.door import Tx
from chassis.ids import TypeId, to_uuid
from contracts.lifecycle import CaseState
from resolution.domain.invalidation import Invalidation, Recontact
from resolution.store.invalidations import invalidations
from resolution.store.messages import messages
from resolution.store.tables import metadata

_INSTANT = DateTime(timezone=True)

recontacts = Table(
    "recontacts",
    metadata,
    Column("invalidation_id", TypeId("inv"), primary_key=True),
    Column("case_id", TypeId("case"), primary_key=True),
    Column("marketplace", String, nullable=False),
    Column("first_used_at", _INSTANT, nullable=False),
    Column("noted_at", _INSTANT),
    Column("asked", Boolean),
    Column("outcome", String),
    Column("reason", String),
    Column("decided_by", String),
    Column("decided_at", _INSTANT),
)

# In one statement: a letter may be in thousands of cases.
_LIST: Final = text("""
insert into recontacts (invalidation_id, case_id, marketplace, first_used_at)
select i.id, m.case_id, i.marketplace, min(m.sent_at)
from invalidations i
join messages m on m.marketplace = i.marketplace and m.template = i.asset
join case_view v on v.case_id = m.case_id
where i.id = :invalidation
  and (i.playbook is null or v.playbook = i.playbook)
  and (cardinality(i.regions) = 0 or m.region = any(i.regions))
group by i.id, m.case_id
on conflict do nothing
""")


async def list_cases(tx: Tx, invalidation: Invalidation) -> None:
    """Write down every case that used a withdrawn letter. Under the lock of the letter."""
    await tx.execute(_LIST, {"invalidation": to_uuid(invalidation.id)})


async def find_page(
    tx: Tx, invalidation_id: str, *, after: tuple[datetime, str] | None, limit: int
) -> Sequence[Recontact]:
    """List the cases of a withdrawal, in the order in which they first used the letter."""
    wanted = (
        _wanted()
        .where(recontacts.c.invalidation_id == invalidation_id)
        .order_by(recontacts.c.first_used_at, recontacts.c.case_id)
        .limit(limit)
    )
    if after is not None:
        at, id_ = after
        key = tuple_(recontacts.c.first_used_at, recontacts.c.case_id)
        wanted = wanted.where(key > tuple_(literal(at, _INSTANT), literal(id_, TypeId("case"))))
    return [_read(row) for row in await tx.execute(wanted)]


async def uses_of(
    tx: Tx, invalidation: Invalidation, case_ids: Collection[str]
) -> Mapping[str, tuple[str, ...]]:
    """Name the letters by which each of these cases used a withdrawn template, oldest first."""
    wanted = (
        select(messages.c.case_id, messages.c.id)
        .where(messages.c.marketplace == invalidation.marketplace)
        .where(messages.c.template == invalidation.asset)
        .where(messages.c.case_id.in_(case_ids))
        .order_by(messages.c.sent_at, messages.c.id)
    )
    if invalidation.regions:
        wanted = wanted.where(messages.c.region.in_(invalidation.regions))
    found: dict[str, tuple[str, ...]] = {}
    for row in await tx.execute(wanted):
        found[row.case_id] = (*found.get(row.case_id, ()), row.id)
    return found


async def count(tx: Tx, invalidation_ids: Collection[str]) -> Mapping[str, tuple[int, int]]:
    """Count, for each withdrawal, its cases and those of which somebody has decided."""
    wanted = (
        select(
            recontacts.c.invalidation_id,
            func.count().label("cases"),
            func.count(recontacts.c.decided_at).label("decided"),
        )
        .where(recontacts.c.invalidation_id.in_(invalidation_ids))
        .group_by(recontacts.c.invalidation_id)
    )
    return {row.invalidation_id: (row.cases, row.decided) for row in await tx.execute(wanted)}


async def of_case(tx: Tx, state: CaseState) -> tuple[Recontact, ...]:
    """Return the withdrawn letters of a case, in the order of their first use."""
    wanted = (
        _wanted()
        .where(recontacts.c.marketplace == state.marketplace)
        .where(recontacts.c.case_id == state.case_id)
        .order_by(recontacts.c.first_used_at, recontacts.c.invalidation_id)
    )
    return tuple(_read(row) for row in await tx.execute(wanted))


async def find(tx: Tx, state: CaseState, invalidation_id: str) -> Recontact | None:
    """Find what is to be decided of a case because of a withdrawal."""
    known = await of_case(tx, state)
    return next((one for one in known if one.invalidation == invalidation_id), None)


async def find_untold(tx: Tx, *, limit: int, without: Collection[str] = ()) -> Sequence[str]:
    """Name cases that were not told yet that a letter of theirs was withdrawn."""
    wanted = (
        select(recontacts.c.case_id)
        .where(recontacts.c.noted_at.is_(None))
        .where(recontacts.c.case_id.not_in(without))
        .group_by(recontacts.c.case_id)
        .order_by(func.min(recontacts.c.first_used_at), recontacts.c.case_id)
        .limit(limit)
    )
    return [row.case_id for row in await tx.execute(wanted)]


async def list_unnoted(tx: Tx, case_ids: Collection[str]) -> Sequence[Recontact]:
    """Return the withdrawn letters of which these cases were not told yet."""
    wanted = (
        _wanted()
        .where(recontacts.c.noted_at.is_(None))
        .where(recontacts.c.case_id.in_(case_ids))
        .order_by(recontacts.c.invalidation_id, recontacts.c.case_id)
    )
    return [_read(row) for row in await tx.execute(wanted)]


async def was_asked_before(tx: Tx, recontact: Recontact) -> bool:
    """Say whether the owner of a case was asked about the same letter by another withdrawal."""
    wanted = (
        _wanted()
        .where(recontacts.c.case_id == recontact.case)
        .where(invalidations.c.asset == recontact.asset)
        .where(recontacts.c.asked.is_(True))
        .limit(1)
    )
    return (await tx.execute(wanted)).first() is not None


async def note(tx: Tx, recontact: Recontact, *, asked: bool) -> None:
    """Write that the case was told, and whether its owner is asked."""
    await tx.execute(_change(recontact).values(noted_at=tx.now, asked=asked))


async def decide(tx: Tx, recontact: Recontact, *, outcome: str, reason: str) -> None:
    """Write what was decided, by whom and when."""
    await tx.execute(
        _change(recontact).values(
            outcome=outcome, reason=reason, decided_by=tx.journey.actor, decided_at=tx.now
        )
    )


def _change(recontact: Recontact) -> Any:  # noqa: ANN401 - an update of SQLAlchemy's
    return (
        update(recontacts)
        .where(recontacts.c.invalidation_id == recontact.invalidation)
        .where(recontacts.c.case_id == recontact.case)
    )


def _wanted() -> Select[Any]:
    joined = recontacts.join(invalidations, invalidations.c.id == recontacts.c.invalidation_id)
    return select(
        recontacts, invalidations.c.asset, invalidations.c.reason.label("withdrawn_for")
    ).select_from(joined)


def _read(row: Row[Any]) -> Recontact:
    same = ("asset", "first_used_at", "withdrawn_for", "noted_at", "asked", "outcome", "reason")
    values = {name: getattr(row, name) for name in (*same, "decided_by", "decided_at")}
    return Recontact(invalidation=row.invalidation_id, case=row.case_id, **values)
