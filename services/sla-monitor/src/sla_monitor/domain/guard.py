"""When firing waits for an operator: too much falls due at once, and nobody knows why."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import Enum
from typing import Final

SHARE: Final = 0.2
"""Of the armed steps: more of them in one tick is no ordinary day (timers.md §4)."""

FEWEST: Final = 200
"""Fewer cases, or steps, are no mass: a small stack may well fire all it has."""

TOLERANCE: Final = timedelta(seconds=5)
"""How far the database's clock and the host's may drift apart between two ticks."""


AWAY: Final = timedelta(seconds=10)
"""Nobody looked for so long: what fell due meanwhile is no surprise."""


class Mode(Enum):
    """What is known about why steps are due."""

    STEADY = "steady"
    CATCHING_UP = "catching_up"
    CLOCK_JUMPED = "clock_jumped"


@dataclass(frozen=True, slots=True, kw_only=True)
class Seen:
    """
    What is kept of a tick: `at` is the database's time, `host` the host's (s since 1970).

    Kept outside of the process: a replica that takes over must not take a jump of the clock for a
    catch-up, nor a catch-up for a jump.
    """

    at: datetime
    host: float
    mode: Mode

    def next_tick(self, now: datetime, host: float, *, lag: timedelta) -> "Tick":
        passed = timedelta(seconds=host - self.host)
        return Tick(elapsed=now - self.at, elapsed_here=passed, lag=lag)


@dataclass(frozen=True, slots=True, kw_only=True)
class Tick:
    """
    What a tick saw.

    `elapsed` is the database's time since the tick before, of whichever replica, `elapsed_here`
    the host's; `lag` is how far the log that was read stays behind the database's clock.
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
    Learn from a tick; `due` counts cases. The first of all is a catch-up: there was none before.

    A clock that jumped forward makes the log look behind: what came first explains the rest, until
    less is due than anyone would wonder about. A long time without ticks explains what is due only
    if both clocks have seen it pass.
    """
    if tick is None:
        return Mode.CATCHING_UP
    if tick.elapsed - tick.elapsed_here > TOLERANCE:
        return Mode.CLOCK_JUMPED
    if mode is Mode.CLOCK_JUMPED and due >= FEWEST:
        return Mode.CLOCK_JUMPED
    if tick.lag > TOLERANCE or tick.elapsed > AWAY:
        return Mode.CATCHING_UP
    return mode if due >= FEWEST else Mode.STEADY


def may_fire(mode: Mode, load: Load) -> bool:
    """Say whether a tick may fire: few steps, a small share of all, or a known catch-up."""
    few = load.due < FEWEST or load.due <= SHARE * load.armed
    return few or mode is Mode.CATCHING_UP
