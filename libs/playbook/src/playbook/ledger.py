"""Who used the time of a clock: every second belongs somewhere, and to one team."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta

from playbook.calendar import Calendar, business_elapsed
from playbook.clock import Interval

_ZERO = timedelta(0)


@dataclass(frozen=True, slots=True, kw_only=True)
class Ledger:
    """Running, paused and off-hours add up to the wall time, to the microsecond."""

    running: timedelta
    paused: timedelta
    off_hours: timedelta
    wall: timedelta
    by_team: dict[str, timedelta]


def ledger(intervals: Sequence[Interval], calendar: Calendar) -> Ledger:
    """Add up the stretches of a clock; `by_team` holds the running time of each."""
    wall = sum((one.to_at - one.from_at for one in intervals), _ZERO)
    paused = sum((one.to_at - one.from_at for one in intervals if one.kind == "paused"), _ZERO)
    by_team: dict[str, timedelta] = {}
    for one in intervals:
        if one.kind == "running":
            used = business_elapsed(calendar, one.from_at, one.to_at)
            by_team[one.team or ""] = by_team.get(one.team or "", _ZERO) + used
    running = sum(by_team.values(), _ZERO)
    return Ledger(
        running=running,
        paused=paused,
        off_hours=wall - paused - running,
        wall=wall,
        by_team=by_team,
    )
