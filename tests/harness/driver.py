"""The load: cases filed and worked over HTTP, every operation on record in a history."""

import asyncio
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from harness.history import History


@dataclass(frozen=True, slots=True, kw_only=True)
class Pace:
    """How much is asked for: cases begun a second, at most so many at once."""

    per_second: float = 2.0
    at_once: int = 8
    gives_up_after: float = 40.0
    """Seconds that one operation is tried again before it stays `info`."""


@dataclass(slots=True, kw_only=True)
class Load:
    """Files cases and works them: evidence, messages, assignment, judgement, decision."""

    urls: Mapping[str, Sequence[str]]
    """Where each service answers; several are taken in turn."""
    token: Callable[[str], str]
    history: History
    pace: Pace
    seed: int

    async def run(self, *, cases: int | None = None, stop: asyncio.Event | None = None) -> None:
        """Begin cases until so many were begun or `stop` is set; return when all have ended."""
        raise NotImplementedError
