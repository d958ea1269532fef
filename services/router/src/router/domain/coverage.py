"""Which of a queue's owners is at work. Pure: calendars of the playbook, and a moment."""

from datetime import datetime

from playbook.calendar import Calendar, open_intervals
from playbook.model import Playbook
from playbook.policies import Queue


def covering_teams(playbook: Playbook, queue: Queue, *, at: datetime) -> tuple[str, ...]:
    """Name the owners whose calendar is open, primary first; none at night."""
    owners = dict.fromkeys((queue.team, queue.secondary))
    return tuple(team for team in owners if is_on_shift(playbook, team, at=at))


def is_on_shift(playbook: Playbook, team: str, *, at: datetime) -> bool:
    """Say whether a team's calendar is open: closed at the end of a window, open at its start."""
    known = playbook.team(team)
    return known is not None and _is_open(playbook.calendar(known.calendar), at)


def _is_open(calendar: Calendar, at: datetime) -> bool:
    for opens, closes in open_intervals(calendar, at):  # pragma: no branch - it has no end
        if closes > at:
            return opens <= at
    raise AssertionError("a calendar opens every week")  # pragma: no cover - the loop has no end


def owners_in_order(playbook: Playbook, queue: Queue, *, at: datetime) -> tuple[str, ...]:
    """Name the owners in the order in which to ask their people: those on shift first."""
    covering = covering_teams(playbook, queue, at=at)
    return tuple(dict.fromkeys((*covering, queue.team, queue.secondary)))
