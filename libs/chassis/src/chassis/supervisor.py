"""Background work that is begun again whenever it fails, and says so."""

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from typing import Final

import structlog
from prometheus_client import Counter

from chassis.clock import wait_or_stop
from chassis.failures import describe

# The longest pause is what every recovery waits for at most, once what was away is back.
FIRST_PAUSE, LONGEST_PAUSE = 0.25, 4.0
_SETTLED: Final = 30.0  # seconds of work after which an earlier failure is forgotten

_CUT_OFF: Final = "CancelledError: something that it waited for was given up"

_RESTARTS = Counter("chassis_background_failures", "Background work that failed.", ("work",))
_log = structlog.get_logger()


@dataclass(slots=True, kw_only=True)
class Supervisor:
    """The background work of one process."""

    stopping: asyncio.Event = field(default_factory=asyncio.Event)
    ailing: dict[str, str] = field(default_factory=dict)
    """What does not work right now, and why: `/readyz` says it."""

    def tell(self, name: str, trouble: str | None) -> None:
        """Show what is wrong with a piece of work, or that nothing is any more."""
        if trouble is None:
            self.ailing.pop(name, None)
        else:
            self.ailing[name] = trouble

    async def keep(
        self, name: str, work: Callable[[], Awaitable[None]], *, tells: bool = False
    ) -> None:
        """
        Run work until told to stop; begin it again after each failure, with growing pauses.

        Nothing is swallowed: a failure is logged, counted, and shown as `ailing` until the work
        has gone well for a while; or, if the work `tells`, until it says so itself: connecting
        to a broker that does not answer takes longer than a while.
        """
        clock = asyncio.get_running_loop().time
        pause = FIRST_PAUSE
        while not self.stopping.is_set():
            began = clock()
            failure = await self._attempt(name, work, tells=tells)
            if failure is None:
                continue
            settled = clock() - began > _SETTLED
            pause = FIRST_PAUSE if settled else min(pause * 2, LONGEST_PAUSE)
            _RESTARTS.labels(name).inc()
            _log.error("background_work_failed", work=name, error=failure, pause=pause)
            await wait_or_stop(self.stopping, pause)

    async def _attempt(
        self, name: str, work: Callable[[], Awaitable[None]], *, tells: bool
    ) -> str | None:
        well = asyncio.get_running_loop().call_later(FIRST_PAUSE * 4, self.tell, name, None)
        if tells:
            well.cancel()
        try:
            await work()
        except asyncio.CancelledError:
            if _is_cancelled():
                raise
            self.ailing[name] = _CUT_OFF
            return _CUT_OFF
        except Exception as error:  # noqa: BLE001 - whatever it is, it is logged and tried again
            self.ailing[name] = describe(error)
            return self.ailing[name]
        finally:
            well.cancel()
        return None


def _is_cancelled() -> bool:
    """Tell our own end from a future that a library has cancelled: that ends no work of ours."""
    task = asyncio.current_task()
    return task is not None and task.cancelling() > 0
