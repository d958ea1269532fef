"""Waits for rest, then reads every table, every topic and the log of a stack into a dump."""

from harness.dump import Dump
from harness.facts import Rest, Setting
from harness.history import History
from harness.monitor import Monitor
from stack.stacks import Stack


async def quiesce(stack: Stack, *, within: float = 120.0) -> Rest:
    """Wait until nothing is on its way, for at most so many seconds; say what still is."""
    raise NotImplementedError


async def collect(
    stack: Stack,
    history: History,
    *,
    rest: Rest,
    monitor: Monitor | None = None,
    setting: Setting | None = None,
) -> Dump:
    """Read all facts. The stack must be healed and, better, at rest."""
    raise NotImplementedError
