"""Appeals by their own id: which case each belongs to, who may judge it, how it was answered."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final, Literal

from sqlalchemy import (
    Column,
    ColumnElement,
    DateTime,
    Integer,
    Row,
    Select,
    String,
    Table,
    Text,
    all_,
    and_,
    cast,
    literal,
    or_,
    select,
    tuple_,
    update,
)
from sqlalchemy.dialects.postgresql import ARRAY, JSONB, insert

from chassis.door import Tx
from chassis.ids import TypeId
from chassis.schema import case_view
from contracts.lifecycle import CaseState
from contracts.sealed import SealedValue
from resolution.store.tables import metadata

_INSTANT = DateTime(timezone=True)

appeals = Table(
    "appeals",
    metadata,
    Column("id", TypeId("apl"), primary_key=True),
    Column("marketplace", String, nullable=False),
    Column("case_id", TypeId("case"), nullable=False),
    Column("body", JSONB),
    Column("authority_level", Integer, nullable=False),
    Column("not_for", ARRAY(Text), nullable=False),
    Column("filed_at", _INSTANT, nullable=False),
    Column("outcome", String),
    Column("decided_at", _INSTANT),
)

# The teams that have a case in their queue or lead it, as `CaseState.teams` has them.
_TEAMS: Final = tuple(
    case_view.c.state[(slot, "team")].astext for slot in ("route", "named_lead", "triage_lead")
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Appeal:
    """
    An appeal. `not_for`: members who decided what it is against.

    `authority_level`: the most that a decision took which it is against. `body`: what the seller
    says, sealed; of an appeal from before this table it is not here.
    """

    id: str
    marketplace: str
    case_id: str
    authority_level: int
    not_for: tuple[str, ...]
    filed_at: datetime
    body: SealedValue | None = None
    outcome: str | None = None
    decided_at: datetime | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Filter:
    """Which appeals a list shows. Without `teams`, `authority` or `reader`: whatever they are."""

    marketplaces: Collection[str]
    state: Literal["open", "decided"]
    teams: Collection[str] | None = None
    authority: int | None = None
    reader: str | None = None
    """A member: nobody is shown an appeal against what they decided themselves."""


async def add_appeal(tx: Tx, appeal: Appeal) -> None:
    """Keep an appeal, once."""
    values = {name: getattr(appeal, name) for name in Appeal.__slots__}
    body = appeal.body.model_dump(mode="json", by_alias=True) if appeal.body else None
    added = insert(appeals).values(**values | {"body": body, "not_for": list(appeal.not_for)})
    await tx.execute(added.on_conflict_do_nothing())


async def note_outcome(tx: Tx, appeal_id: str, *, outcome: str) -> None:
    """Write how an appeal was answered, now."""
    await tx.execute(
        update(appeals).where(appeals.c.id == appeal_id).values(outcome=outcome, decided_at=tx.now)
    )


async def find_case(tx: Tx, appeal_id: str) -> str | None:
    """Say which case an appeal belongs to."""
    found: str | None = await tx.scalar(select(appeals.c.case_id).where(appeals.c.id == appeal_id))
    return found


async def find_page(
    tx: Tx, wanted: Filter, *, after: tuple[datetime, str] | None, limit: int
) -> Sequence[tuple[Appeal, CaseState]]:
    """List appeals with their cases, the oldest first."""
    found = await tx.execute(_page(wanted, after).limit(limit))
    return [(_read(row), CaseState.model_validate_json(row.state)) for row in found]


def _page(wanted: Filter, after: tuple[datetime, str] | None) -> Select[Any]:
    chosen = (
        select(appeals, cast(case_view.c.state, Text).label("state"))
        .join(case_view, case_view.c.case_id == appeals.c.case_id)
        .where(and_(*_fitting(wanted)))
        .order_by(appeals.c.filed_at, appeals.c.id)
    )
    if after is None:
        return chosen
    at, id_ = after
    bound = tuple_(literal(at, _INSTANT), literal(id_, TypeId("apl")))
    return chosen.where(tuple_(appeals.c.filed_at, appeals.c.id) > bound)


def _fitting(wanted: Filter) -> list[ColumnElement[bool]]:
    is_open = appeals.c.outcome.is_(None)
    fitting: list[ColumnElement[bool]] = [
        appeals.c.marketplace.in_(sorted(wanted.marketplaces)),
        is_open if wanted.state == "open" else ~is_open,
    ]
    if wanted.teams is not None:
        fitting.append(or_(*(team.in_(sorted(wanted.teams)) for team in _TEAMS)))
    if wanted.authority is not None:
        fitting.append(appeals.c.authority_level <= wanted.authority)
    if wanted.reader is not None:
        fitting.append(literal(wanted.reader) != all_(appeals.c.not_for))
    return fitting


def _read(row: Row[Any]) -> Appeal:
    values = {name: getattr(row, name) for name in Appeal.__slots__}
    body = SealedValue.model_validate(row.body) if row.body else None
    return Appeal(**values | {"body": body, "not_for": tuple(row.not_for)})
