"""A clock as it is held here, and how far one transition moved it."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from playbook.clock import Announcement, Clock, Interval

FIRED: Final = frozenset({"sla.warned", "sla.breached", "sla.window_ended"})
"""What a clock says because time passed."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Held:
    """A clock of a case. `row` is the row of the playbook that gave it its target."""

    marketplace: str
    case_id: str
    row: str
    clock: Clock


@dataclass(frozen=True, slots=True, kw_only=True)
class Move:
    """A clock after a transition, and what has to be said and kept of it."""

    held: Held
    announcements: tuple[Announcement, ...] = ()
    intervals: tuple[Interval, ...] = ()
    clamped: bool = False
    """The event came from before the clock's last one: it counted from there."""

    @property
    def clock(self) -> Clock:
        return self.held.clock


def next_due(clocks: Iterable[Clock]) -> datetime | None:
    """Say when the next step of any of them is due: None while nothing runs."""
    dues = (clock.next_due_at for clock in clocks if clock.is_live)
    return min((due for due in dues if due is not None), default=None)


def next_due_after(held: Iterable[Held], moves: Iterable[Move]) -> datetime | None:
    """Say when the next step of a case is due once its clocks have moved."""
    newest = {one.clock.clock_id: one.clock for one in held}
    newest |= {move.clock.clock_id: move.clock for move in moves}
    return next_due(newest.values())


def in_order(moves: Sequence[Move]) -> list[tuple[Held, Announcement]]:
    """Put what several clocks of a case say in the order in which it came to be."""
    said = [(move.held, one) for move in moves for one in move.announcements]
    return sorted(said, key=_when)


def _when(said: tuple[Held, Announcement]) -> datetime:
    announcement = said[1]
    fell_due = announcement.event in FIRED and announcement.due_at
    return fell_due or announcement.at
