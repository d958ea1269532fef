"""The clock engine: one pure function moves a clock, by what happened and when."""

from dataclasses import replace
from datetime import datetime, timedelta
from typing import Literal

from playbook.calendar import TZDATA, Calendar, add_business, business_elapsed
from playbook.clock import (
    DUE,
    Advance,
    Announcement,
    Cancel,
    Clock,
    Fire,
    Happening,
    Identity,
    Interval,
    Pause,
    Resume,
    Retarget,
    Step,
    Stop,
    Transition,
)
from playbook.targets import Target

_ZERO = timedelta(0)


def start(identity: Identity, *, at: datetime, target: Target) -> Advance:
    """Start a clock. If the case waits already, pause it at the same time afterwards."""
    clock = Clock(
        clock_id=identity.clock_id,
        kind=identity.kind,
        object_id=identity.object_id,
        episode=identity.episode,
        revision=0,
        playbook=identity.playbook,
        calendar=target.calendar.pin,
        tzdata=TZDATA,
        team=identity.team,
        window=identity.window,
        target=target.duration,
        consumed=_ZERO,
        started_at=at,
        running_since=None,
        last_time=at,
        due_at=None,
        state="paused",
        steps=tuple(Step(percent=percent) for percent in target.steps),
    )
    clock = _run(clock, at, target.calendar)
    return Advance(clock=clock, announcements=(_say(clock, "sla.clock_started", at),))


def advance(clock: Clock, transition: Transition, at: datetime, calendar: Calendar) -> Advance:
    """
    Move a clock by one transition.

    Events count from when they happened, but never from before the last one (then `clamped`).
    What fell due up to an event fires before it; a breach fired at a due time that the event
    shows to lie ahead of it is taken back. Repeating a transition changes nothing.
    """
    if not clock.is_live:
        return Advance(clock=clock)
    if isinstance(transition, Fire):
        return _fire(clock, at)
    t = max(at, clock.last_time)
    fired = _fire(clock, t)
    if not fired.clock.is_live:
        return fired
    moved = _apply(fired.clock, transition, t, calendar)
    return Advance(
        clock=moved.clock,
        announcements=(*fired.announcements, *moved.announcements),
        intervals=moved.intervals,
        clamped=t != at,
    )


def _apply(clock: Clock, transition: Happening, t: datetime, calendar: Calendar) -> Advance:
    match transition:
        case Pause():
            return _pause(clock, t, calendar)
        case Resume():
            return _resume(clock, t, calendar)
        case Stop():
            return _stop(clock, t, calendar)
        case Cancel():
            return _cancel(clock, t, calendar)
        case Retarget():
            return _retarget(clock, transition, t, calendar)


def _fire(clock: Clock, until: datetime) -> Advance:
    """Fire each step that is due, the highest last; only that one is worth a notice."""
    due = [step for step in clock.steps if _is_due(clock, step, until)]
    if not due:
        return Advance(clock=clock)
    told = [
        replace(_say(clock, _event(clock, step), until), due_at=step.due_at, percent=step.percent)
        for step in due
    ]
    steps = tuple(replace(step, fired=step.fired or step in due) for step in clock.steps)
    rung = replace(clock, steps=steps)
    quiet = [replace(announcement, notify=False) for announcement in told[:-1]]
    return replace(_end(rung, due[-1]), announcements=(*quiet, told[-1]))


def _is_due(clock: Clock, step: Step, until: datetime) -> bool:
    return (
        clock.running_since is not None
        and not step.fired
        and step.due_at is not None
        and step.due_at <= until
    )


def _event(clock: Clock, step: Step) -> str:
    if step.percent < DUE:
        return "sla.warned"
    return "sla.window_ended" if clock.window else "sla.breached"


def _end(clock: Clock, highest: Step) -> Advance:
    """After the last step a window is over; a promise is broken, but goes on until it is kept."""
    if highest.percent < DUE or highest.due_at is None:
        return Advance(clock=clock)
    if not clock.window:
        return Advance(clock=replace(clock, state="breached"))
    over = highest.due_at
    interval = _stretch(clock, over)
    ended = replace(
        clock,
        state="ended",
        consumed=clock.target,
        running_since=None,
        last_time=over,
        stopped_at=over,
    )
    return Advance(clock=ended, intervals=interval)


def _pause(clock: Clock, t: datetime, calendar: Calendar) -> Advance:
    if clock.running_since is None:
        return Advance(clock=clock)
    true, retracted = _take_back(clock, t)
    closed, intervals = _close(true, t, calendar)
    if closed.state != "breached":
        closed = replace(
            closed,
            state="paused",
            due_at=None,
            revision=clock.revision + 1,
            steps=tuple(
                step if step.fired else replace(step, due_at=None) for step in closed.steps
            ),
        )
    return Advance(clock=closed, announcements=retracted, intervals=intervals)


def _resume(clock: Clock, t: datetime, calendar: Calendar) -> Advance:
    if clock.running_since is not None:
        return Advance(clock=clock)
    closed, intervals = _close(clock, t, calendar)
    running = _run(closed, t, calendar)
    told = () if running.state == "breached" else (_say(running, "sla.clock_resumed", t),)
    return Advance(clock=running, announcements=told, intervals=intervals)


def _stop(clock: Clock, t: datetime, calendar: Calendar) -> Advance:
    """Stop; a paused clock is resumed for no time first, so that both ways end the same."""
    resumed = _resume(clock, t, calendar)
    fired = _fire(resumed.clock, t)
    if not fired.clock.is_live:
        return replace(fired, intervals=(*resumed.intervals, *fired.intervals))
    true, retracted = _take_back(fired.clock, t)
    closed, intervals = _close(true, t, calendar)
    late = closed.state == "breached"
    stopped = replace(
        closed,
        state="breached" if late else "met",
        revision=clock.revision + len(retracted),
        stopped_at=t,
    )
    met = replace(_say(stopped, "sla.met", t), late=late)
    return Advance(
        clock=stopped,
        announcements=(*fired.announcements, *retracted, met),
        intervals=(*resumed.intervals, *intervals),
    )


def _cancel(clock: Clock, t: datetime, calendar: Calendar) -> Advance:
    true, retracted = _take_back(clock, t)
    closed, intervals = _close(true, t, calendar)
    cancelled = replace(
        closed,
        state="breached" if closed.state == "breached" else "cancelled",
        revision=clock.revision + len(retracted),
        stopped_at=t,
    )
    told = (*retracted, _say(cancelled, "sla.clock_cancelled", t))
    return Advance(clock=cancelled, announcements=told, intervals=intervals)


def _retarget(clock: Clock, change: Retarget, t: datetime, calendar: Calendar) -> Advance:
    if _is_target_of(clock, change):
        return Advance(clock=clock)
    true, retracted = _take_back(clock, t)
    closed, intervals = _close(true, t, calendar)
    moved = _with_target(closed, change)
    if clock.running_since is not None:
        moved = _run(moved, t, change.target.calendar)
    told = (*retracted, _say(moved, "sla.target_changed", t))
    return Advance(clock=moved, announcements=told, intervals=intervals)


def _is_target_of(clock: Clock, change: Retarget) -> bool:
    return (
        clock.target == change.target.duration
        and clock.calendar == change.target.calendar.pin
        and clock.team == (change.team or clock.team)
    )


def _with_target(clock: Clock, change: Retarget) -> Clock:
    """Give another target; a broken promise is open again if the new one leaves time for it."""
    open_again = clock.state == "breached" and clock.consumed < change.target.duration
    fired = {step.percent for step in clock.steps if step.fired} - ({DUE} if open_again else set())
    return replace(
        clock,
        target=change.target.duration,
        calendar=change.target.calendar.pin,
        team=change.team or clock.team,
        tzdata=TZDATA,
        revision=clock.revision + 1,
        state="paused" if open_again else clock.state,
        due_at=None if open_again else clock.due_at,
        steps=tuple(
            Step(percent=percent, fired=percent in fired) for percent in change.target.steps
        ),
    )


def _take_back(clock: Clock, t: datetime) -> tuple[Clock, tuple[Announcement, ...]]:
    """Take back a breach that fired for a due time which still lay ahead at `t`."""
    if clock.state != "breached" or clock.due_at is None or t >= clock.due_at:
        return clock, ()
    steps = tuple(
        replace(step, fired=False) if step.percent == DUE else step for step in clock.steps
    )
    told = _say(clock, "sla.breach_retracted", t)
    return replace(clock, state="running", steps=steps), (told,)


def _close(clock: Clock, t: datetime, calendar: Calendar) -> tuple[Clock, tuple[Interval, ...]]:
    """End the stretch that runs since the last event."""
    used = business_elapsed(calendar, clock.running_since, t) if clock.running_since else _ZERO
    closed = replace(clock, consumed=clock.consumed + used, running_since=None, last_time=t)
    return closed, _stretch(clock, t)


def _stretch(clock: Clock, t: datetime) -> tuple[Interval, ...]:
    if t <= clock.last_time:
        return ()
    kind: Literal["running", "paused"] = "running" if clock.running_since else "paused"
    return (Interval(from_at=clock.last_time, to_at=t, kind=kind, team=clock.team),)


def _run(clock: Clock, t: datetime, calendar: Calendar) -> Clock:
    """Let a clock run from `t`; a broken one keeps its due time."""
    if clock.state == "breached":
        return replace(clock, running_since=t)
    steps = tuple(
        step if step.fired else replace(step, due_at=_due(clock, step.percent, t, calendar))
        for step in clock.steps
    )
    due_at = _due(clock, DUE, t, calendar)
    return replace(clock, state="running", running_since=t, due_at=due_at, steps=steps)


def _due(clock: Clock, percent: int, t: datetime, calendar: Calendar) -> datetime:
    return add_business(calendar, t, clock.target * percent / DUE - clock.consumed)


def _say(clock: Clock, event: str, at: datetime) -> Announcement:
    return Announcement(
        event=event,
        at=at,
        due_at=clock.due_at,
        percent=None,
        consumed=clock.consumed,
        revision=clock.revision,
    )
