"""When firing waits for an operator: too much falls due at once, and nobody knows why."""

from dataclasses import dataclass
from datetime import timedelta
from enum import Enum
from typing import Final

SHARE: Final = 0.2
"""Of the armed steps: more of them in one tick is no ordinary day (timers.md §4)."""

FEWEST: Final = 200
"""A small stack may well fire all it has."""

TOLERANCE: Final = timedelta(seconds=5)
"""How far the database's clock and the host's may drift apart between two ticks."""


class Mode(Enum):
    """What is known about why steps are due."""

    STEADY = "steady"
    CATCHING_UP = "catching_up"
    CLOCK_JUMPED = "clock_jumped"


@dataclass(frozen=True, slots=True, kw_only=True)
class Tick:
    """
    What a tick saw.

    `elapsed` is the database's time since the tick before, `elapsed_here` the host's; `lag` is how
    far the log that was read stays behind the database's clock.
    """

    elapsed: timedelta
    elapsed_here: timedelta
    lag: timedelta


@dataclass(frozen=True, slots=True, kw_only=True)
class Load:
    """Steps that are due now, of all that are armed."""

    due: int
    armed: int


def next_mode(mode: Mode, tick: Tick | None, *, due: int) -> Mode:
    """
    Learn from a tick. The first of a process is a catch-up: whatever is due was missed.

    A clock that jumped forward makes the log look behind: what came first explains the rest, until
    less is due than anyone would wonder about.
    """
    if tick is None:
        return Mode.CATCHING_UP
    if tick.elapsed - tick.elapsed_here > TOLERANCE:
        return Mode.CLOCK_JUMPED
    if mode is Mode.CLOCK_JUMPED and due >= FEWEST:
        return Mode.CLOCK_JUMPED
    if tick.lag > TOLERANCE:
        return Mode.CATCHING_UP
    return mode if due >= FEWEST else Mode.STEADY


def may_fire(mode: Mode, load: Load) -> bool:
    """Say whether a tick may fire: few steps, a small share of all, or a known catch-up."""
    few = load.due < FEWEST or load.due <= SHARE * load.armed
    return few or mode is Mode.CATCHING_UP
