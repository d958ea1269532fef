"""How clocks, their steps and intervals are written: a statement a table, however many rows."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict
from datetime import datetime
from typing import Any, Final, Literal

from sqlalchemy.dialects.postgresql import insert

from chassis import ids
from chassis.door import Tx
from playbook.clock import Interval, Step
from sla_monitor.domain.holding import Held, Move
from sla_monitor.store.clocks import INTERVALS

_CLOCK_TYPES: Final = {
    "marketplace": "text",
    "clock_id": "uuid",
    "case_id": "uuid",
    "object_id": "text",
    "kind": "text",
    "episode": "int",
    "revision": "int",
    "playbook": "text",
    "calendar": "text",
    "tzdata": "text",
    "target": "interval",
    "target_row": "text",
    "is_window": "boolean",
    "consumed": "interval",
    "running_since": "timestamptz",
    "started_at": "timestamptz",
    "last_time": "timestamptz",
    "due_at": "timestamptz",
    "state": "text",
    "stopped_at": "timestamptz",
    "team": "text",
}
_STEP_TYPES: Final = {
    "marketplace": "text",
    "clock_id": "uuid",
    "percent": "int",
    "due_at": "timestamptz",
    "fired_at": "timestamptz",
}


def _put(table: str, types: Mapping[str, str], conflict: str) -> str:
    """Write a statement that takes an array a column: one round trip, however many rows."""
    arrays = ", ".join(f"${n}::{type_}[]" for n, type_ in enumerate(types.values(), start=1))
    columns = ", ".join(types)
    return f"insert into {table} as held ({columns}) select * from unnest({arrays}) {conflict}"  # noqa: S608 - of constants


_PUT_CLOCKS: Final = _put(
    "clocks",
    _CLOCK_TYPES,
    """
on conflict (marketplace, clock_id) do update
    set revision = excluded.revision, target = excluded.target, target_row = excluded.target_row,
        calendar = excluded.calendar, tzdata = excluded.tzdata,
        consumed = excluded.consumed, running_since = excluded.running_since,
        last_time = excluded.last_time, due_at = excluded.due_at, state = excluded.state,
        stopped_at = excluded.stopped_at, team = excluded.team
""",
)
# The time of the first firing stands, unless the step was armed again.
_PUT_STEPS: Final = _put(
    "clock_steps",
    _STEP_TYPES,
    """
on conflict (marketplace, clock_id, percent) do update
    set due_at = excluded.due_at,
        fired_at = case
            when excluded.fired_at is not null then coalesce(held.fired_at, excluded.fired_at)
        end
""",
)


async def save(tx: Tx, moves: Sequence[Move]) -> None:
    """Write clocks and steps as they are after the moves, and add the moves' intervals."""
    newest = {move.clock.clock_id: move.held for move in moves}
    connection = await tx.raw()
    clocks = [_clock_row(held) for held in newest.values()]
    await connection.execute(_PUT_CLOCKS, *_columns(clocks, len(_CLOCK_TYPES)))
    steps = [_step_row(held, step, tx.now) for held in newest.values() for step in held.clock.steps]
    await connection.execute(_PUT_STEPS, *_columns(steps, len(_STEP_TYPES)))
    intervals = [row for move in moves for row in _interval_rows(move)]
    if intervals:
        await tx.execute(insert(INTERVALS).on_conflict_do_nothing(), intervals)


def _columns(rows: Sequence[tuple[Any, ...]], width: int) -> list[list[Any]]:
    return [[row[n] for row in rows] for n in range(width)]


def _clock_row(held: Held) -> tuple[Any, ...]:
    """Write a clock in the order of `_CLOCK_TYPES`."""
    clock = held.clock
    return (
        held.marketplace,
        ids.to_uuid(clock.clock_id),
        ids.to_uuid(held.case_id),
        clock.object_id,
        clock.kind,
        clock.episode,
        clock.revision,
        clock.playbook,
        clock.calendar,
        clock.tzdata,
        clock.target,
        held.row,
        clock.window,
        clock.consumed,
        clock.running_since,
        clock.started_at,
        clock.last_time,
        clock.due_at,
        clock.state,
        clock.stopped_at,
        clock.team,
    )


def _step_row(held: Held, step: Step, now: datetime) -> tuple[Any, ...]:
    """Write a step; one that can no longer fire has no due time, so that none counts as armed."""
    may_count = step.fired or held.clock.is_live
    return (
        held.marketplace,
        ids.to_uuid(held.clock.clock_id),
        step.percent,
        step.due_at if may_count else None,
        now if step.fired else None,
    )


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
