"""Business time: windows of local wall time, counted in UTC."""

from collections.abc import Iterator
from datetime import UTC, date, datetime, time, timedelta
from functools import lru_cache
from importlib import resources
from itertools import pairwise
from typing import Annotated, Literal, NamedTuple
from zoneinfo import ZoneInfo

import tzdata  # type: ignore[import-untyped]  # the package ships no types
from pydantic import BeforeValidator, Field, PlainSerializer, WithJsonSchema, field_validator

from playbook.closed import Closed, Code

TZDATA: str = tzdata.IANA_VERSION
"""The pinned version of the zone rules: a clock keeps it in its row."""

Weekday = Literal["mon", "tue", "wed", "thu", "fri", "sat", "sun"]

_WEEKDAYS: tuple[Weekday, ...] = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
_MINUTES_A_DAY = 24 * 60
_ZERO = timedelta(0)


class Window(NamedTuple):
    """Half open, in minutes after local midnight; 24:00 is 1440."""

    opens: int
    closes: int


def _window(value: object) -> Window:
    """Read `09:00-17:30`."""
    parts = value.split("-") if isinstance(value, str) else []
    try:
        opens, closes = (_minutes(part) for part in parts)
    except ValueError:
        raise ValueError("a window like 09:00-17:30 or 00:00-24:00") from None
    if opens >= closes:
        raise ValueError("a window that opens before it closes")
    return Window(opens, closes)


def _minutes(text: str) -> int:
    hour, minute = (int(part) for part in text.split(":"))
    total = hour * 60 + minute
    if not (0 <= minute < 60 and 0 <= total <= _MINUTES_A_DAY):  # noqa: PLR2004 - a clock face
        raise ValueError(text)
    return total


def _show(window: Window) -> str:
    return "-".join(f"{at // 60:02}:{at % 60:02}" for at in window)


WindowText = Annotated[
    Window,
    BeforeValidator(_window),
    PlainSerializer(_show),
    WithJsonSchema({"type": "string", "pattern": "^[0-9]{2}:[0-9]{2}-[0-9]{2}:[0-9]{2}$"}),
]


class Calendar(Closed):
    """Opening hours of a region or a team. Never edited: a change is a new version."""

    id: Code
    version: int
    zone: str
    week: dict[Weekday, tuple[WindowText, ...]]
    holidays: tuple[date, ...] = ()
    exceptions: dict[date, tuple[WindowText, ...]] = Field(default_factory=dict)

    @property
    def pin(self) -> str:
        return f"{self.id}@{self.version}"

    @property
    def is_always_open(self) -> bool:
        """Say whether no hour of any day is outside its windows."""
        whole = (Window(0, _MINUTES_A_DAY),)
        week = all(self.week.get(day) == whole for day in _WEEKDAYS)
        return week and not self.holidays and all(w == whole for w in self.exceptions.values())

    @field_validator("zone")
    @classmethod
    def _known_zone(cls, name: str) -> str:
        try:
            zone(name)
        except (ValueError, OSError, ImportError):
            raise ValueError("an IANA time zone like Europe/London") from None
        return name

    @field_validator("week")
    @classmethod
    def _opens_some_day(
        cls, week: dict[Weekday, tuple[Window, ...]]
    ) -> dict[Weekday, tuple[Window, ...]]:
        if not any(week.values()):
            raise ValueError("at least one window a week")
        for windows in week.values():
            _refuse_disorder(windows)
        return week

    @field_validator("exceptions")
    @classmethod
    def _in_order(cls, days: dict[date, tuple[Window, ...]]) -> dict[date, tuple[Window, ...]]:
        for windows in days.values():
            _refuse_disorder(windows)
        return days

    def windows_on(self, day: date) -> tuple[Window, ...]:
        """Tell a day's windows: an exception wins over a holiday, a holiday over the week."""
        if day in self.exceptions:
            return self.exceptions[day]
        return () if day in self.holidays else self.week.get(_WEEKDAYS[day.weekday()], ())


def _refuse_disorder(windows: tuple[Window, ...]) -> None:
    if any(after.opens < before.closes for before, after in pairwise(windows)):
        raise ValueError("windows in order that do not overlap")


@lru_cache(maxsize=64)
def zone(name: str) -> ZoneInfo:
    """Read a zone from the pinned package, not from whatever the machine has."""
    *folders, place = name.split("/")
    if not place or ".." in folders:
        raise ValueError(name)
    package = resources.files(".".join(["tzdata", "zoneinfo", *folders]))
    with package.joinpath(place).open("rb") as file:
        return ZoneInfo.from_file(file, key=name)


def add_business(calendar: Calendar, start: datetime, duration: timedelta) -> datetime:
    """
    Find the first instant at which `duration` of opening time has passed since `start`.

    Nothing left to wait is over at once, whether the calendar is open or not.
    """
    at, left = start.astimezone(UTC), duration
    if left <= _ZERO:
        return at
    for opens, closes in open_intervals(calendar, at):  # pragma: no branch - it has no end
        since = max(opens, at)
        if since + left <= closes:
            return since + left
        left -= max(closes - since, _ZERO)
    raise AssertionError("a calendar opens every week")  # pragma: no cover - the loop has no end


def business_elapsed(calendar: Calendar, start: datetime, end: datetime) -> timedelta:
    """Add up the opening time between two instants; none when they come in the wrong order."""
    total, at, until = _ZERO, start.astimezone(UTC), end.astimezone(UTC)
    for opens, closes in open_intervals(calendar, at):  # pragma: no branch - it has no end
        if opens >= until:
            break
        total += max(min(closes, until) - max(opens, at), _ZERO)
    return total


def open_intervals(calendar: Calendar, start: datetime) -> Iterator[tuple[datetime, datetime]]:
    """
    Tell open times in UTC from shortly before `start` on, disjoint, in order, without end.

    Where clocks are turned back, a window opens at the first and closes at the second
    occurrence, so that neighbours may overlap: the later one gives way. Two days earlier is
    early enough for that.
    """
    here = zone(calendar.zone)
    day = start.astimezone(here).date() - timedelta(days=2)
    reached = datetime.min.replace(tzinfo=UTC)
    while True:
        for window in calendar.windows_on(day):
            opens = max(_instant(day, window.opens, here, fold=0), reached)
            reached = max(_instant(day, window.closes, here, fold=1), reached)
            if opens < reached:
                yield opens, reached
        day += timedelta(days=1)


def _instant(day: date, minute: int, here: ZoneInfo, *, fold: Literal[0, 1]) -> datetime:
    """Turn a local wall time into UTC; one that a clock change skips moves forward."""
    wall = datetime.combine(day, time()) + timedelta(minutes=minute)
    instant = wall.replace(tzinfo=here, fold=fold).astimezone(UTC)
    if instant.astimezone(here).replace(tzinfo=None) != wall:
        return wall.replace(tzinfo=here, fold=0).astimezone(UTC)
    return instant
