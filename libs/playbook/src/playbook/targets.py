"""What a playbook says about clocks: when they start and stop, how long they may run."""

from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, time, timedelta
from typing import Literal

from playbook.assets import Region
from playbook.calendar import Calendar, add_business, zone
from playbook.clock_rules import ClockRule, ClockTrigger, Deadline, TargetRow
from playbook.facts import read_date
from playbook.model import Playbook

ALL_CLOCKS = "*"
DUE_PERCENT = 100
_FARTHEST = timedelta(days=1100)


@dataclass(frozen=True, slots=True, kw_only=True)
class Scope:
    """Which clock, for what kind of case. `patch` is that of the marketplace, if it has one."""

    kind: str
    issue_type: str | None
    severity: str
    tier: str
    region: str
    patch: str | None
    team: str | None = None
    since: datetime | None = None
    """When the clock starts or started: for a deadline this and the clear facts count."""
    facts: Mapping[str, object] = field(default_factory=dict)
    put_off_until: datetime | None = None
    """By when the first of the facts was to come that the filing had put off."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Target:
    """How long a clock may run on which calendar; the last step is always 100 %."""

    duration: timedelta
    calendar: Calendar
    steps: tuple[int, ...]
    ladder: str | None
    row: str

    @property
    def seconds(self) -> int:
        return int(self.duration.total_seconds())


@dataclass(frozen=True, slots=True, kw_only=True)
class Reaction:
    """What an event does to the clocks of a kind; `of` says whose id is the clock's object."""

    kind: str
    action: Literal["start", "stop", "cancel"]
    of: str


class NoTarget(KeyError):
    """The playbook gives no target for this kind of clock."""


def targets(playbook: Playbook, scope: Scope) -> Target:
    """
    Choose how long a clock may run: the first row that fits, as the patch or region changes it.

    A patch brings its own calendar for every clock. A deadline is the same for all. Raises
    NoTarget, for a deadline also where the case has no such date.
    """
    rule = _rule(playbook, scope.kind)
    if rule.deadline:
        return _until(playbook, scope, rule, rule.deadline)
    row = _row(playbook, scope)
    return Target(
        duration=_duration(playbook, scope, row),
        calendar=_calendar(playbook, scope, row),
        steps=tuple(sorted({*row.steps, DUE_PERCENT})),
        ladder=rule.ladder,
        row=row.row,
    )


def promise(playbook: Playbook, scope: Scope) -> timedelta:
    """Tell how long a clock without a deadline may run, as `targets` does, and nothing else."""
    return _duration(playbook, scope, _row(playbook, scope))


def due_by(playbook: Playbook, scope: Scope, at: datetime) -> datetime:
    """Tell when a clock of this scope would be due if it started now and never paused."""
    target = targets(playbook, replace(scope, since=at))
    return add_business(target.calendar, at, target.duration)


def end_of_deadline(playbook: Playbook, scope: Scope) -> datetime | None:
    """Tell when a clock is due that runs towards a date of the case; None where there is none."""
    deadline = _rule(playbook, scope.kind).deadline
    if deadline is None or _deadline(playbook, scope, deadline) is None or scope.since is None:
        return None
    return due_by(playbook, scope, scope.since)


def find_target(playbook: Playbook, scope: Scope) -> Target | None:
    """Choose as `targets` does; None where the case has no date for the clock to run towards."""
    rule = _rule(playbook, scope.kind)
    if rule.deadline and _deadline(playbook, scope, rule.deadline) is None:
        return None
    return targets(playbook, scope)


def reactions(
    playbook: Playbook, event_type: str, traits: Collection[str] = ()
) -> tuple[Reaction, ...]:
    """
    List what an event (`case.opened`) does to clocks, stops and cancels before starts.

    A clock of a message stops with the next one, so a stop comes before its own start.
    """
    found = [
        Reaction(kind=rule.kind, action=action, of=rule.of)
        for rule in playbook.sla.clocks
        for action, triggers in _triggers(rule)
        if any(_fires(trigger, event_type, traits) for trigger in triggers)
    ]
    return tuple(sorted(found, key=lambda reaction: reaction.action == "start"))


def is_paused_by(playbook: Playbook, kind: str, waiting_on: str) -> bool:
    """Say whether a clock stands still while the case waits on someone."""
    return waiting_on in _rule(playbook, kind).pauses


def is_window(playbook: Playbook, kind: str) -> bool:
    """Say whether the end of the clock is a window's end and never a breach."""
    return _rule(playbook, kind).ends == "window"


def _until(playbook: Playbook, scope: Scope, rule: ClockRule, deadline: Deadline) -> Target:
    ends_at = _deadline(playbook, scope, deadline)
    if ends_at is None or scope.since is None:
        raise NoTarget(scope.kind)
    seconds = (ends_at - scope.since) // timedelta(seconds=1) * deadline.share // DUE_PERCENT
    return Target(
        duration=timedelta(seconds=max(seconds, 1)),  # what is over already is due at once
        calendar=playbook.calendar(deadline.calendar),
        steps=tuple(sorted({*deadline.steps, DUE_PERCENT})),
        ladder=rule.ladder,
        row=f"{rule.kind}_{ends_at:%Y-%m-%d}",
    )


def _deadline(playbook: Playbook, scope: Scope, deadline: Deadline) -> datetime | None:
    """
    Find the moment at which the day begins or ends, where the case is at home.

    A day years away is a slip of the pen and no deadline; one that is over counts as now.
    """
    if deadline.put_off:
        return scope.put_off_until
    day = read_date(scope.facts.get(deadline.facts.get(scope.issue_type or "", "")))
    if day is None or scope.since is None or day > scope.since.date() + _FARTHEST:
        return None
    if day < scope.since.date() - timedelta(days=1):
        return scope.since
    day += timedelta(days=1 if deadline.day == "ends" else 0)
    here = playbook.calendar(playbook.region(scope.region).calendar).zone
    return datetime.combine(day, time(), zone(here)).astimezone(UTC)


def _rule(playbook: Playbook, kind: str) -> ClockRule:
    for rule in playbook.sla.clocks:
        if rule.kind == kind:
            return rule
    raise NoTarget(kind)


def _row(playbook: Playbook, scope: Scope) -> TargetRow:
    for row in playbook.sla.targets:
        if row.clock == scope.kind and fits_scope(row, scope):
            return row
    raise NoTarget(scope.kind)


def _duration(playbook: Playbook, scope: Scope, row: TargetRow) -> timedelta:
    region = playbook.region(scope.patch or scope.region)
    own = _own(region, scope, scope.kind) or _own(region, scope, ALL_CLOCKS)
    return own or row.target


def _own(region: Region, scope: Scope, clock: str) -> timedelta | None:
    """Find what a region says of a clock: the first of its changes that is for this type."""
    fitting = (
        change.target
        for change in region.targets
        if change.clock == clock
        and (not change.issue_types or scope.issue_type in change.issue_types)
    )
    return next(fitting, None)


def fits_scope(row: TargetRow, scope: Scope) -> bool:
    """Say whether a row is for this kind of case, whichever its clock."""
    return (
        (not row.issue_types or scope.issue_type in row.issue_types)
        and (not row.severities or scope.severity in row.severities)
        and (not row.tiers or scope.tier in row.tiers)
    )


def _calendar(playbook: Playbook, scope: Scope, row: TargetRow) -> Calendar:
    if scope.patch:
        return playbook.calendar(playbook.region(scope.patch).calendar)
    team = playbook.team(scope.team or "")
    if row.calendar == "team" and team:
        return playbook.calendar(team.calendar)
    if row.calendar in {"team", "region"}:
        return playbook.calendar(playbook.region(scope.region).calendar)
    return playbook.calendar(row.calendar)


def _triggers(
    rule: ClockRule,
) -> Iterator[tuple[Literal["start", "stop", "cancel"], tuple[ClockTrigger, ...]]]:
    yield "stop", rule.stops
    yield "cancel", rule.cancels
    yield "start", rule.starts


def _fires(trigger: ClockTrigger, event_type: str, traits: Collection[str]) -> bool:
    return trigger.event == event_type and (trigger.trait is None or trigger.trait in traits)
