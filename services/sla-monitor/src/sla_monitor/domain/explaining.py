"""A clock as people read it: how much is used, what counted, and why it is due when it is."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Literal

from playbook.calendar import Calendar, business_elapsed
from playbook.clock import Interval
from sla_monitor.domain.holding import Held


@dataclass(frozen=True, slots=True, kw_only=True)
class Segment:
    """A stretch of a clock's life; `counted` is opening time, none while it stood still."""

    from_at: datetime
    to_at: datetime
    kind: Literal["running", "paused"]
    team: str | None
    counted: timedelta


def list_segments(
    held: Held, intervals: Sequence[Interval], *, calendar: Calendar, now: datetime
) -> list[Segment]:
    """List what is over, and what still goes on as far as it has come."""
    clock = held.clock
    stretches = list(intervals)
    if clock.is_live and clock.last_time < now:
        kind: Literal["running", "paused"] = "running" if clock.running_since else "paused"
        stretches.append(Interval(from_at=clock.last_time, to_at=now, kind=kind, team=clock.team))
    return [_segment(one, calendar) for one in stretches]


def _segment(one: Interval, calendar: Calendar) -> Segment:
    runs = one.kind == "running"
    return Segment(
        from_at=one.from_at,
        to_at=one.to_at,
        kind=one.kind,
        team=one.team,
        counted=business_elapsed(calendar, one.from_at, one.to_at) if runs else timedelta(0),
    )


def consumed_by(held: Held, *, calendar: Calendar, now: datetime) -> timedelta:
    """Say how much opening time is used: what is over, and what runs."""
    clock = held.clock
    if clock.running_since is None or not clock.is_live:
        return clock.consumed
    return clock.consumed + business_elapsed(calendar, clock.running_since, now)


def explain(held: Held, *, waiting_on: str) -> str:
    """Say in one sentence where the due time comes from. Codes and numbers only."""
    clock = held.clock
    allowed = (
        f"{clock.kind} may take {clock.target_seconds} s of opening time"
        f" (row {held.row} of {clock.playbook}, calendar {clock.calendar},"
        f" time zones {clock.tzdata})"
    )
    return f"{allowed}; {_standing(held, waiting_on)}."


def _standing(held: Held, waiting_on: str) -> str:
    clock = held.clock
    if not clock.is_live and clock.stopped_at is not None:
        late = " after its breach" if clock.state == "breached" else ""
        return f"it ended{late} at {clock.stopped_at.isoformat()}"
    if clock.running_since is None:
        return f"it stands still while the case waits on {waiting_on}"
    used = clock.consumed_seconds
    return f"it runs since {clock.running_since.isoformat()} with {used} s used before"
