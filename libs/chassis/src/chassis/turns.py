"""Many things are due: they are done together, and one that fails keeps no other waiting."""

import asyncio
from collections.abc import Awaitable, Iterable, Sequence
from datetime import timedelta
from functools import partial
from typing import Final, Protocol

import structlog
from prometheus_client import Gauge

from chassis.clock import Behind, Duty
from chassis.door import Tx
from chassis.failures import Kind, classify, describe, pause_after
from chassis.lease import LeaseLost

_NEVER: Final = (0, 0.0)
_FAILING: Final = Gauge(
    "chassis_duty_failing", "Things of a duty that cannot be done: an alarm.", ("duty",)
)
_log = structlog.get_logger()


class Find(Protocol):
    """Names at most `limit` things that are due, the longest due first, none of `without`."""

    async def __call__(self, tx: Tx, /, *, limit: int, without: Sequence[str]) -> Sequence[str]: ...


class Do(Protocol):
    """Does some of them in one transaction; looks first whether each is still due."""

    def __call__(self, tx: Tx, names: Sequence[str], /) -> Awaitable[None]: ...


class Turns:
    """
    Does what is due, `at_once` of it in one transaction; if that fails, each in one of its own.

    What fails alone is written down and tried again, ever later: 1 s, doubling, at most an hour.
    That is kept in this process: whoever takes over the duty tries at once. What is the fault of
    none of them (no database, the lease lost) is raised.
    """

    def __init__(self, name: str, *, find: Find, do: Do, at_once: int) -> None:
        self._name, self._find, self._do, self._at_once = name, find, do, at_once
        self._failed: dict[str, tuple[int, float]] = {}
        _FAILING.labels(name)

    @property
    def failing(self) -> frozenset[str]:
        """Name what failed when it was last tried."""
        return frozenset(self._failed)

    def duty(self, *, every: timedelta) -> Duty:
        """Make the duty that does it, so often."""
        return Duty(name=self._name, every=every, work=self.take, opens=True, lost=self._forget_all)

    async def take(self, behind: Behind) -> bool:
        """Do some of what is due, for a duty that `opens`; True: there may be more."""
        now = asyncio.get_running_loop().time()
        waiting = [name for name, (_, until) in self._failed.items() if until > now]
        found = await behind(partial(self._find, limit=self._at_once, without=waiting))
        if len(found) < self._at_once:
            self._forget(self._failed.keys() - {*found, *waiting})

        await self._do_all(found, behind)

        _FAILING.labels(self._name).set(len(self._failed))
        return len(found) == self._at_once

    async def _do_all(self, names: Sequence[str], behind: Behind) -> None:
        if not names:
            return
        try:
            await behind(lambda tx: self._do(tx, names))
        except Exception as error:
            if isinstance(error, LeaseLost) or classify(error) is Kind.SYSTEMIC:
                raise
            await self._meet(error, names, behind)
        else:
            self._forget(names)

    async def _meet(self, error: Exception, names: Sequence[str], behind: Behind) -> None:
        if len(names) > 1:
            for name in names:
                await self._do_all([name], behind)
            return
        attempts = self._failed.get(names[0], _NEVER)[0] + 1
        pause = pause_after(attempts).total_seconds()
        self._failed[names[0]] = (attempts, asyncio.get_running_loop().time() + pause)
        _log.error(
            "not_done", duty=self._name, name=names[0], attempts=attempts, error=describe(error)
        )

    def _forget_all(self) -> None:
        self._failed.clear()
        _FAILING.labels(self._name).set(0)

    def _forget(self, names: Iterable[str]) -> None:
        for name in names:
            self._failed.pop(name, None)
