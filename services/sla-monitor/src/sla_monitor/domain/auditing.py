"""The escalation auditor: what must not stay silent about firing."""

from dataclasses import dataclass
from datetime import timedelta
from enum import StrEnum
from typing import Final

PATIENCE: Final = timedelta(seconds=60)
"""So long the log may be out of reach, or the firer late, before it is an alarm (timers.md §4)."""


class Alarm(StrEnum):
    """What is wrong; `/readyz`, the log and a runbook page call it so."""

    NOT_CAUGHT_UP = "clocks_not_caught_up"
    LATE = "clocks_not_fired"
    HELD = "firing_held"
    FAILING = "cases_not_fired"


@dataclass(frozen=True, slots=True, kw_only=True)
class Sight:
    """
    How firing stands.

    `behind`: how far the partition furthest behind was not read. `late`: for how long the oldest
    step that may fire has waited for it. `failing`: cases put aside. `held`: an operator is asked.
    """

    behind: timedelta
    late: timedelta
    failing: int
    held: bool


def find_alarms(sight: Sight, *, patience: timedelta = PATIENCE) -> frozenset[Alarm]:
    """Name what somebody has to look at. Late because it is held is one thing, not two."""
    wrong = {
        Alarm.NOT_CAUGHT_UP: sight.behind > patience,
        Alarm.LATE: sight.late > patience and not sight.held,
        Alarm.HELD: sight.held,
        Alarm.FAILING: sight.failing > 0,
    }
    return frozenset(alarm for alarm, is_wrong in wrong.items() if is_wrong)
