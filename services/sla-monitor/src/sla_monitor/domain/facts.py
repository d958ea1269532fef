"""What clocks announce, in the words of the contracts."""

from collections.abc import Callable, Mapping
from datetime import datetime, timedelta
from typing import Final

from contracts import sla
from contracts.event import Contract
from playbook.clock import Announcement
from sla_monitor.domain.holding import Held

CASE_ENDED: Final = "case_ended"
HANDOFF_ENDED: Final = "handoff_ended"
NOT_NEEDED: Final = "not_needed"


class AnnouncementUnknown(Exception):
    """A clock announced something that no contract knows, or without its time or step."""


def fact_of(held: Held, said: Announcement, *, now: datetime, case_ended: bool = True) -> Contract:
    """
    Say what a clock announced, in the contract of its name.

    `now`: when it was noticed. `case_ended`: what a clock that no longer applies has ended by.

    Raises:
        AnnouncementUnknown: There is no such contract, or the clock did not say when.
    """
    if said.event == "sla.clock_cancelled":
        return _cancelled(held, case_ended=case_ended)
    if said.event in _NOTICED:
        return _NOTICED[said.event](held, said, now)
    if said.event in _SAID:
        return _SAID[said.event](held, said)
    raise AnnouncementUnknown(said.event)


def _started(held: Held, said: Announcement) -> sla.ClockStarted:
    clock = held.clock
    return sla.ClockStarted(
        clock=clock.clock_id,
        kind=clock.kind,
        object=clock.object_id,
        episode=clock.episode,
        target_seconds=clock.target_seconds,
        calendar=clock.calendar,
        started_at=clock.started_at,
        due_at=_due(said),
        steps=tuple(
            sla.Step(percent=step.percent, due_at=step.due_at)
            for step in clock.steps
            if step.due_at is not None
        ),
        team=clock.team,
    )


def _resumed(held: Held, said: Announcement) -> sla.ClockResumed:
    return sla.ClockResumed(
        clock=held.clock.clock_id,
        kind=held.clock.kind,
        revision=said.revision,
        consumed_seconds=_seconds(said.consumed),
        due_at=_due(said),
    )


def _target_changed(held: Held, said: Announcement) -> sla.TargetChanged:
    return sla.TargetChanged(
        clock=held.clock.clock_id,
        kind=held.clock.kind,
        target_seconds=held.clock.target_seconds,
        consumed_seconds=_seconds(said.consumed),
        due_at=said.due_at,
        team=held.clock.team,
    )


def _warned(held: Held, said: Announcement, now: datetime) -> sla.Warned:
    if said.percent is None:
        raise AnnouncementUnknown(said.event)
    return sla.Warned(
        clock=held.clock.clock_id,
        kind=held.clock.kind,
        percent=said.percent,
        due_at=_due(said),
        detected_at=now,
        team=held.clock.team,
        notify=said.notify,
    )


def _breached(held: Held, said: Announcement, now: datetime) -> sla.Breached:
    return sla.Breached(
        clock=held.clock.clock_id,
        kind=held.clock.kind,
        object=held.clock.object_id,
        revision=said.revision,
        due_at=_due(said),
        detected_at=now,
        team=held.clock.team,
    )


def _window_ended(held: Held, said: Announcement, now: datetime) -> sla.WindowEnded:
    return sla.WindowEnded(
        clock=held.clock.clock_id,
        kind=held.clock.kind,
        object=held.clock.object_id,
        due_at=_due(said),
        detected_at=now,
    )


def _met(held: Held, said: Announcement) -> sla.Met:
    return sla.Met(
        clock=held.clock.clock_id,
        kind=held.clock.kind,
        consumed_seconds=_seconds(said.consumed),
        at=said.at,
        late=said.late,
    )


def _retracted(held: Held, said: Announcement) -> sla.BreachRetracted:
    return sla.BreachRetracted(
        clock=held.clock.clock_id, kind=held.clock.kind, revision=said.revision
    )


def _cancelled(held: Held, *, case_ended: bool) -> sla.ClockCancelled:
    of_handoff = held.clock.kind.startswith("handoff_")
    reason = HANDOFF_ENDED if of_handoff else CASE_ENDED if case_ended else NOT_NEEDED
    return sla.ClockCancelled(clock=held.clock.clock_id, kind=held.clock.kind, reason=reason)


_NOTICED: Final[Mapping[str, Callable[[Held, Announcement, datetime], Contract]]] = {
    "sla.warned": _warned,
    "sla.breached": _breached,
    "sla.window_ended": _window_ended,
}
_SAID: Final[Mapping[str, Callable[[Held, Announcement], Contract]]] = {
    "sla.clock_started": _started,
    "sla.clock_resumed": _resumed,
    "sla.target_changed": _target_changed,
    "sla.breach_retracted": _retracted,
    "sla.met": _met,
}


def _due(said: Announcement) -> datetime:
    if said.due_at is None:
        raise AnnouncementUnknown(said.event)
    return said.due_at


def _seconds(consumed: timedelta) -> int:
    return consumed // timedelta(seconds=1)
