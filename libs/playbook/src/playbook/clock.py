"""What a clock is: its state, what can move it, what moving it brings about."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Literal, TypeAlias

from playbook.targets import Target

DUE = 100
"""The step at which a promise is broken or a window over, in percent of the target."""

State = Literal["running", "paused", "met", "breached", "cancelled", "ended"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Step:
    """A share of the target, and when it falls due if the clock runs on."""

    percent: int
    due_at: datetime | None = None
    fired: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Identity:
    """Which clock this is, whoever looks at it and whenever."""

    clock_id: str
    kind: str
    object_id: str
    episode: int
    playbook: str
    team: str | None
    window: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Clock:
    """
    A promise and what became of it.

    `last_time` is the time of the last event; firing never moves it, so that an event read
    late still counts from when it happened. `stopped_at` is set once nothing moves it again.
    """

    clock_id: str
    kind: str
    object_id: str
    episode: int
    revision: int
    playbook: str
    calendar: str
    tzdata: str
    team: str | None
    window: bool
    target: timedelta
    consumed: timedelta
    started_at: datetime
    running_since: datetime | None
    last_time: datetime
    due_at: datetime | None
    state: State
    steps: tuple[Step, ...]
    stopped_at: datetime | None = None

    @property
    def target_seconds(self) -> int:
        return int(self.target.total_seconds())

    @property
    def consumed_seconds(self) -> int:
        return int(self.consumed.total_seconds())

    @property
    def is_live(self) -> bool:
        return self.stopped_at is None

    @property
    def next_due_at(self) -> datetime | None:
        waiting = [step.due_at for step in self.steps if step.due_at and not step.fired]
        return min(waiting, default=None) if self.is_live else None


@dataclass(frozen=True, slots=True)
class Pause:
    """The case waits on someone for whom this clock stands still."""


@dataclass(frozen=True, slots=True)
class Resume:
    """The wait is over."""


@dataclass(frozen=True, slots=True)
class Stop:
    """What was promised has happened."""


@dataclass(frozen=True, slots=True)
class Cancel:
    """The promise no longer applies."""


@dataclass(frozen=True, slots=True)
class Fire:
    """Time passed and the log is read up to here."""


@dataclass(frozen=True, slots=True)
class Retarget:
    """A re-route or migration: another target, perhaps another team; what was used stays used."""

    target: Target
    team: str | None = None


Happening: TypeAlias = Pause | Resume | Stop | Cancel | Retarget
Transition: TypeAlias = Happening | Fire


@dataclass(frozen=True, slots=True, kw_only=True)
class Announcement:
    """What the world should hear, in event types. `notify`: not overtaken by a later step."""

    event: str
    at: datetime
    due_at: datetime | None
    percent: int | None
    consumed: timedelta
    revision: int
    late: bool = False
    notify: bool = True


@dataclass(frozen=True, slots=True, kw_only=True)
class Interval:
    """A stretch of the clock's life, and whose it was."""

    from_at: datetime
    to_at: datetime
    kind: Literal["running", "paused"]
    team: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Advance:
    """The clock afterwards, what to announce, and the stretches that came to their end."""

    clock: Clock
    announcements: tuple[Announcement, ...] = ()
    intervals: tuple[Interval, ...] = ()
    clamped: bool = False
