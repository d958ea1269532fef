"""Business time for many cases at once: opening hours added up beforehand, then looked up."""

from bisect import bisect_left, bisect_right
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

from playbook.calendar import Calendar, open_intervals

_ZERO = timedelta(0)
_AHEAD = timedelta(days=92)


class Timetable:
    """
    The opening hours of one calendar from an instant on, grown as they are asked for.

    `add` gives what `calendar.add_business` gives; asking for an instant before `start` is a
    fault of the caller's.
    """

    def __init__(self, calendar: Calendar, start: datetime) -> None:
        self._intervals: Iterator[tuple[datetime, datetime]] = open_intervals(calendar, start)
        self._opens: list[datetime] = []
        self._closes: list[datetime] = []
        self._before: list[timedelta] = []
        """Opening time before each interval, and that of all behind the last."""
        self._total = _ZERO

    def add(self, at: datetime, duration: timedelta) -> datetime:
        """Find the first instant at which `duration` of opening time has passed since `at`."""
        at = at.astimezone(UTC)
        if duration <= _ZERO:
            return at
        self._grow_to(at)
        reached = self._passed(at) + duration
        while self._total < reached:
            self._grow_to(self._closes[-1] + _AHEAD)
        place = bisect_left(self._before, reached) - 1
        return self._opens[place] + (reached - self._before[place])

    def _passed(self, at: datetime) -> timedelta:
        """Add up the opening time before an instant."""
        place = bisect_right(self._opens, at) - 1
        if place < 0:
            return _ZERO
        return self._before[place] + (min(at, self._closes[place]) - self._opens[place])

    def _grow_to(self, until: datetime) -> None:
        while not self._closes or self._closes[-1] <= until:
            opens, closes = next(self._intervals)
            self._opens.append(opens)
            self._closes.append(closes)
            self._before.append(self._total)
            self._total += closes - opens
