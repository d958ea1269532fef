"""Clocks with their steps and the intervals they ran and stood still."""

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final
from uuid import UUID

from sqlalchemy import (
    Boolean,
    Column,
    DateTime,
    Integer,
    Interval as Duration,
    MetaData,
    RowMapping,
    Select,
    String,
    Table,
    tuple_,
)

from chassis import ids
from chassis.door import Tx
from chassis.ids import TypeId
from playbook.clock import Clock, Interval, Step
from sla_monitor.domain.holding import Held

_INSTANT: Final = DateTime(timezone=True)
_METADATA: Final = MetaData()
_CLOCKS: Final = Table(
    "clocks",
    _METADATA,
    Column("marketplace", String, primary_key=True),
    Column("clock_id", TypeId("clk"), primary_key=True),
    Column("case_id", TypeId("case"), nullable=False),
    Column("object_id", String, nullable=False),
    Column("kind", String, nullable=False),
    Column("episode", Integer, nullable=False),
    Column("revision", Integer, nullable=False),
    Column("playbook", String, nullable=False),
    Column("calendar", String, nullable=False),
    Column("tzdata", String, nullable=False),
    Column("target", Duration, nullable=False),
    Column("target_row", String, nullable=False),
    Column("is_window", Boolean, nullable=False),
    Column("consumed", Duration, nullable=False),
    Column("running_since", _INSTANT),
    Column("started_at", _INSTANT, nullable=False),
    Column("last_time", _INSTANT, nullable=False),
    Column("due_at", _INSTANT),
    Column("state", String, nullable=False),
    Column("stopped_at", _INSTANT),
    Column("team", String),
)
_STEPS: Final = Table(
    "clock_steps",
    _METADATA,
    Column("marketplace", String, primary_key=True),
    Column("clock_id", TypeId("clk"), primary_key=True),
    Column("percent", Integer, primary_key=True),
    Column("due_at", _INSTANT),
    Column("fired_at", _INSTANT),
)
INTERVALS: Final = Table(
    "clock_intervals",
    _METADATA,
    Column("marketplace", String, primary_key=True),
    Column("clock_id", TypeId("clk"), primary_key=True),
    Column("from_at", _INSTANT, primary_key=True),
    Column("to_at", _INSTANT, nullable=False),
    Column("kind", String, nullable=False),
    Column("team", String),
    Column("clamped", Boolean, nullable=False),
)


_OF_CASES: Final = """
select * from clocks where marketplace = any($1) and case_id = any($2)
order by started_at, clock_id
"""
_STEPS_OF: Final = """
select clock_id, percent, due_at, fired_at from clock_steps
where marketplace = any($1) and clock_id = any($2) order by percent
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Filter:
    """Which clocks a list shows. Without teams: of all."""

    marketplaces: frozenset[str]
    teams: frozenset[str] | None = None
    state: str | None = None
    due_before: datetime | None = None


def name_clock(case_id: str, object_id: str, kind: str, episode: int) -> str:
    """Name a clock by what it is about: the log read again gives the same clocks."""
    return ids.derived_id("clk", case_id, object_id, kind, str(episode))


async def list_of(
    tx: Tx, case_ids: Collection[str], *, marketplaces: Collection[str]
) -> dict[str, list[Held]]:
    """Read all clocks of some cases, by case, the oldest first. By the driver: many at a time."""
    names = {ids.to_uuid(case_id): case_id for case_id in case_ids}
    connection = await tx.raw()
    rows = await connection.fetch(_OF_CASES, sorted(marketplaces), list(names))
    found = [row["clock_id"] for row in rows]
    steps: dict[UUID, list[Step]] = defaultdict(list)
    for row in await connection.fetch(_STEPS_OF, sorted(marketplaces), found):
        steps[row["clock_id"]].append(_step(row))
    held: dict[str, list[Held]] = defaultdict(list)
    for row in rows:
        case_id, number = names[row["case_id"]], row["clock_id"]
        named = {"clock_id": ids.from_uuid("clk", number), "case_id": case_id}
        held[case_id].append(_held({**row, **named}, tuple(steps[number])))
    return held


async def find_page(
    tx: Tx, wanted: Filter, *, after: tuple[datetime, str] | None, limit: int
) -> list[Held]:
    """List clocks that have a due time, what is due first on top, after the given (due, id)."""
    keys = (_CLOCKS.c.due_at, _CLOCKS.c.clock_id)
    statement = _filtered(wanted).order_by(*keys).limit(limit)
    if after is not None:
        statement = statement.where(tuple_(*keys) > after)
    return await _read(tx, statement)


def _filtered(wanted: Filter) -> Select[Any]:
    statement = _CLOCKS.select().where(
        _CLOCKS.c.marketplace.in_(sorted(wanted.marketplaces)), _CLOCKS.c.due_at.is_not(None)
    )
    if wanted.teams is not None:
        statement = statement.where(_CLOCKS.c.team.in_(sorted(wanted.teams)))
    if wanted.state is not None:
        statement = statement.where(_CLOCKS.c.state == wanted.state)
    if wanted.due_before is not None:
        statement = statement.where(_CLOCKS.c.due_at < wanted.due_before)
    return statement


async def list_intervals(
    tx: Tx, clock_ids: Collection[str], *, marketplace: str
) -> dict[str, list[Interval]]:
    statement = (
        INTERVALS.select()
        .where(
            INTERVALS.c.marketplace == marketplace,
            INTERVALS.c.clock_id.in_(sorted(clock_ids)),
            INTERVALS.c.from_at < INTERVALS.c.to_at,
        )
        .order_by(INTERVALS.c.from_at)
    )
    intervals: dict[str, list[Interval]] = defaultdict(list)
    for row in await tx.execute(statement):
        intervals[row.clock_id].append(
            Interval(
                from_at=row.from_at,
                to_at=row.to_at,
                kind=row.kind,
                team=row.team,
            )
        )
    return intervals


async def _read(tx: Tx, statement: Select[Any]) -> list[Held]:
    rows = (await tx.execute(statement)).mappings().all()
    steps = await _steps_of(tx, rows)
    return [_held(row, tuple(steps[row["clock_id"]])) for row in rows]


async def _steps_of(tx: Tx, rows: Iterable[RowMapping]) -> dict[str, list[Step]]:
    marketplaces = {row["marketplace"] for row in rows}
    statement = (
        _STEPS.select()
        .where(
            _STEPS.c.marketplace.in_(sorted(marketplaces)),
            _STEPS.c.clock_id.in_([row["clock_id"] for row in rows]),
        )
        .order_by(_STEPS.c.percent)
    )
    steps: dict[str, list[Step]] = defaultdict(list)
    for row in await tx.execute(statement) if marketplaces else ():
        steps[row.clock_id].append(_step(row._mapping))  # noqa: SLF001 - SQLAlchemy's public name
    return steps


def _step(row: Mapping[str, Any] | RowMapping) -> Step:
    return Step(percent=row["percent"], due_at=row["due_at"], fired=row["fired_at"] is not None)


def _held(row: Mapping[str, Any] | RowMapping, steps: tuple[Step, ...]) -> Held:
    others = {"marketplace", "case_id", "target_row", "is_window"}
    own = {name: value for name, value in row.items() if name not in others}
    clock = Clock(**own, window=row["is_window"], steps=steps)
    return Held(
        marketplace=row["marketplace"],
        case_id=row["case_id"],
        row=row["target_row"],
        clock=clock,
    )
