"""Clocks with their steps and the intervals they ran and stood still."""

from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator, Sequence
from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Any, Final, Literal

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
    case,
    func,
    tuple_,
)
from sqlalchemy.dialects.postgresql import insert

from chassis import ids
from chassis.door import Tx
from chassis.ids import TypeId
from playbook.clock import Clock, Interval, Step
from sla_monitor.domain.holding import Held, Move

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
_INTERVALS: Final = Table(
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
_MOVING: Final = (
    "revision",
    "target",
    "target_row",
    "consumed",
    "running_since",
    "last_time",
    "due_at",
    "state",
    "stopped_at",
    "team",
)


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
    """Read all clocks of some cases, by case, the oldest first."""
    statement = _CLOCKS.select().where(
        _CLOCKS.c.marketplace.in_(sorted(marketplaces)), _CLOCKS.c.case_id.in_(sorted(case_ids))
    )
    held: dict[str, list[Held]] = defaultdict(list)
    for one in await _read(tx, statement.order_by(_CLOCKS.c.started_at, _CLOCKS.c.clock_id)):
        held[one.case_id].append(one)
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
        _INTERVALS.select()
        .where(
            _INTERVALS.c.marketplace == marketplace,
            _INTERVALS.c.clock_id.in_(sorted(clock_ids)),
            _INTERVALS.c.from_at < _INTERVALS.c.to_at,
        )
        .order_by(_INTERVALS.c.from_at)
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


async def save(tx: Tx, moves: Sequence[Move]) -> None:
    """Write clocks and steps as they are after the moves, and add the moves' intervals."""
    newest = {move.clock.clock_id: move.held for move in moves}
    await _upsert(tx, _CLOCKS, [_clock_row(held) for held in newest.values()], _MOVING)
    steps = [_step_row(held, step, tx.now) for held in newest.values() for step in held.clock.steps]
    await _upsert(tx, _STEPS, steps, ("due_at", "fired_at"))
    intervals = [row for move in moves for row in _interval_rows(move)]
    if intervals:
        await tx.execute(insert(_INTERVALS).on_conflict_do_nothing(), intervals)


async def _upsert(
    tx: Tx, table: Table, rows: list[dict[str, Any]], changing: Sequence[str]
) -> None:
    if not rows:
        return
    statement = insert(table)
    new = statement.excluded
    changes: dict[str, Any] = {name: new[name] for name in changing}
    if table is _STEPS:
        # The time of the first firing stands, unless the step was armed again.
        first = func.coalesce(_STEPS.c.fired_at, new.fired_at)
        changes["fired_at"] = case((new.fired_at.is_not(None), first))
    keys = [column.name for column in table.primary_key]
    await tx.execute(statement.on_conflict_do_update(index_elements=keys, set_=changes), rows)


def _clock_row(held: Held) -> dict[str, Any]:
    clock = held.clock
    named = {"is_window": clock.window, "target_row": held.row}
    own = {
        column.name: getattr(clock, column.name)
        for column in _CLOCKS.c
        if column.name not in named and column.name not in {"marketplace", "case_id"}
    }
    return own | named | {"marketplace": held.marketplace, "case_id": held.case_id}


def _step_row(held: Held, step: Step, now: datetime) -> dict[str, Any]:
    """Write a step; one that can no longer fire has no due time, so that none counts as armed."""
    may_count = step.fired or held.clock.is_live
    return {
        "marketplace": held.marketplace,
        "clock_id": held.clock.clock_id,
        "percent": step.percent,
        "due_at": step.due_at if may_count else None,
        "fired_at": now if step.fired else None,
    }


def _interval_rows(move: Move) -> Iterator[dict[str, Any]]:
    """Write what came to its end; an event from the past leaves a mark of no length."""
    named = {"marketplace": move.held.marketplace, "clock_id": move.clock.clock_id}
    for interval in move.intervals:
        yield named | asdict(interval) | {"clamped": move.clamped}
    if move.clamped:
        at = move.clock.last_time
        kind: Literal["paused", "running"] = "running" if move.clock.running_since else "paused"
        mark = Interval(from_at=at, to_at=at, kind=kind, team=move.clock.team)
        yield named | asdict(mark) | {"clamped": True}


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
        steps[row.clock_id].append(
            Step(percent=row.percent, due_at=row.due_at, fired=row.fired_at is not None)
        )
    return steps


def _held(row: RowMapping, steps: tuple[Step, ...]) -> Held:
    others = {"marketplace", "case_id", "target_row", "is_window"}
    own = {name: value for name, value in row.items() if name not in others}
    clock = Clock(**own, window=row["is_window"], steps=steps)
    return Held(
        marketplace=row["marketplace"],
        case_id=row["case_id"],
        row=row["target_row"],
        clock=clock,
    )
