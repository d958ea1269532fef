"""Escalations: raised, acknowledged, resolved."""

from collections.abc import Collection, Sequence
from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Any, Final

import orjson
from sqlalchemy import (
    Column,
    DateTime,
    Integer,
    MetaData,
    RowMapping,
    Select,
    String,
    Table,
    tuple_,
)
from sqlalchemy.dialects.postgresql import JSONB

from chassis import ids
from chassis.door import Tx
from chassis.ids import TypeId
from sla_monitor.domain.escalations import RESOLVED, Escalation, EscalationNotFound

_INSTANT: Final = DateTime(timezone=True)
_TABLE: Final = Table(
    "escalations",
    MetaData(),
    Column("marketplace", String, primary_key=True),
    Column("escalation_id", TypeId("esc"), primary_key=True),
    Column("case_id", TypeId("case"), nullable=False),
    Column("clock_id", TypeId("clk")),
    Column("revision", Integer),
    Column("trigger", String, nullable=False),
    Column("level", Integer, nullable=False),
    Column("ladder", String, nullable=False),
    Column("target_role", String, nullable=False),
    Column("target_member", TypeId("mem")),
    Column("team", String),
    Column("reason", String, nullable=False),
    Column("note", JSONB(none_as_null=True)),
    Column("playbook", String, nullable=False),
    Column("state", String, nullable=False),
    Column("raised_at", _INSTANT, nullable=False),
    Column("acknowledged_by", TypeId("mem")),
    Column("acknowledged_at", _INSTANT),
    Column("outcome", String),
    Column("resolved_at", _INSTANT),
)


_IDS: Final = frozenset(column.name for column in _TABLE.c if isinstance(column.type, TypeId))
# A round of firing may raise hundreds, and SQLAlchemy compiles each list of VALUES anew.
_ADD: Final = """
insert into escalations select * from jsonb_populate_recordset(null::escalations, $1::jsonb)
on conflict do nothing returning escalation_id
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Filter:
    """Which escalations a list shows. Without teams: of all."""

    marketplaces: frozenset[str]
    teams: frozenset[str] | None = None
    state: str | None = None
    level: int | None = None
    role: str | None = None


async def add_new(tx: Tx, escalations: Sequence[Escalation]) -> set[str]:
    """Add those that are not there, in one statement. Says which ones were new."""
    rows = [_plain(escalation) for escalation in escalations]
    connection = await tx.raw()
    added = await connection.fetch(_ADD, orjson.dumps(rows).decode())
    return {ids.from_uuid("esc", row["escalation_id"]) for row in added}


def _plain(escalation: Escalation) -> dict[str, object]:
    """Write an escalation as its row in JSON: ids as the columns have them, nothing that is not."""
    given = {name: value for name, value in asdict(escalation).items() if value is not None}
    uuids = {name: ids.to_uuid(given[name]) for name in _IDS & given.keys()}
    return given | uuids


async def save(tx: Tx, escalation: Escalation) -> None:
    names = ("state", "acknowledged_by", "acknowledged_at", "outcome", "resolved_at")
    statement = (
        _TABLE.update()
        .where(
            _TABLE.c.marketplace == escalation.marketplace,
            _TABLE.c.escalation_id == escalation.escalation_id,
        )
        .values({name: getattr(escalation, name) for name in names})
    )
    await tx.execute(statement)


async def get(tx: Tx, escalation_id: str, *, marketplaces: Collection[str]) -> Escalation:
    """
    Read an escalation of these marketplaces.

    Raises:
        EscalationNotFound: There is none, or it is no escalation's id.
    """
    try:
        ids.to_uuid(escalation_id, prefix="esc")
    except ids.NotAnId as error:
        raise EscalationNotFound(escalation_id) from error
    statement = _TABLE.select().where(
        _TABLE.c.marketplace.in_(sorted(marketplaces)), _TABLE.c.escalation_id == escalation_id
    )
    row = (await tx.execute(statement)).mappings().first()
    if row is None:
        raise EscalationNotFound(escalation_id)
    return _read(row)


async def list_open(tx: Tx, case_id: str, *, marketplace: str) -> list[Escalation]:
    statement = (
        _TABLE.select()
        .where(
            _TABLE.c.marketplace == marketplace,
            _TABLE.c.case_id == case_id,
            _TABLE.c.state != RESOLVED,
        )
        .order_by(_TABLE.c.raised_at, _TABLE.c.escalation_id)
    )
    return [_read(row) for row in (await tx.execute(statement)).mappings()]


async def find_page(
    tx: Tx, wanted: Filter, *, after: tuple[datetime, str] | None, limit: int
) -> list[Escalation]:
    """List the oldest first, after the given (raised_at, id)."""
    keys = (_TABLE.c.raised_at, _TABLE.c.escalation_id)
    statement = _filtered(wanted).order_by(*keys).limit(limit)
    if after is not None:
        statement = statement.where(tuple_(*keys) > after)
    return [_read(row) for row in (await tx.execute(statement)).mappings()]


def _filtered(wanted: Filter) -> Select[Any]:
    statement = _TABLE.select().where(_TABLE.c.marketplace.in_(sorted(wanted.marketplaces)))
    if wanted.teams is not None:
        statement = statement.where(_TABLE.c.team.in_(sorted(wanted.teams)))
    if wanted.state is not None:
        statement = statement.where(_TABLE.c.state == wanted.state)
    if wanted.level is not None:
        statement = statement.where(_TABLE.c.level == wanted.level)
    if wanted.role is not None:
        statement = statement.where(_TABLE.c.target_role == wanted.role)
    return statement


def _read(row: RowMapping) -> Escalation:
    return Escalation(**row)
