"""Notices a Kafka client that has gone silent, has it rebuilt, and in the end the process."""

import asyncio
import os
import sys
from collections import deque
from collections.abc import Callable, Coroutine, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Final, Protocol

import structlog
from prometheus_client import Counter

from chassis.broker import BrokerAway, Partition
from chassis.clock import wait_or_stop

EXIT: Final = 70
LIMIT: Final = 3  # rebuilds within the window: then the process itself is not to be trusted
WINDOW: Final = 600.0  # seconds
PATIENCE: Final = 30  # ticks without an answer to any poll, although Kafka answers others
DOUBT: Final = 10  # ticks after which Kafka is asked by somebody else
_ASK_EVERY: Final = 5  # ticks, from then on
_TICK: Final = 1.0  # seconds

AWAY: Final = "the broker does not answer"
_REBUILDS = Counter(
    "chassis_consumer_rebuilds", "Clients that were made anew, and why.", ("consumer", "why")
)
_log = structlog.get_logger()


class ClientSilent(Exception):
    """The client takes nothing in although Kafka answers others. Make a new one."""


class Watched(Protocol):
    """What is looked at of a client that reads in a group."""

    def assigned(self) -> set[Partition]: ...

    def last_polled(self) -> float | None:
        """Return when any partition was last answered for, by the client's own clock."""

    def is_coordinated(self) -> bool:
        """Say whether the client still speaks with its group."""


def exit_for_restart() -> None:
    """End this process at once: whoever started it starts another. Nothing is lost by it."""
    sys.stdout.flush()
    sys.stderr.flush()
    # The orderly end waits for clients, and it is a client that does not do what it should.
    os._exit(EXIT)


def _ignore(_trouble: str | None) -> None:
    """Tell nobody."""


@dataclass(slots=True, kw_only=True)
class Watchdog:
    """
    Watches over one consumer's client.

    Time is counted in ticks of the event loop, so that a loop that stood still for a minute has
    aged by one tick: a blocked loop is no fault of the client. Kafka being away is none either.
    """

    consumer: str
    answers: Callable[[], Coroutine[None, None, bool]]
    """Asks Kafka by a client of its own."""
    stopping: asyncio.Event
    tell: Callable[[str | None], None] = _ignore
    """Hears what is wrong, for `/readyz`; None: nothing any more."""
    give_up: Callable[[], None] = exit_for_restart
    tick: float = _TICK
    _busy: int = 0
    _rebuilt: deque[float] = field(default_factory=deque)

    @contextmanager
    def handling(self) -> Iterator[None]:
        """Say that the consumer works on what it has: it asks for nothing meanwhile."""
        self._busy += 1
        try:
            yield
        finally:
            self._busy -= 1

    async def over(self, reader: Watched, work: Coroutine[None, None, None]) -> None:
        """
        Do work with a client until it ends, or the client has gone silent.

        Raises:
            ClientSilent: It has. Whatever was begun was rolled back.
            Exception: What the work itself has raised.
        """
        working = asyncio.create_task(work)
        watching = asyncio.create_task(self._watch(reader))
        try:
            await asyncio.wait({working, watching}, return_when=asyncio.FIRST_COMPLETED)
            ended = working if working.done() else watching
        finally:
            await _end(working, watching)
        self._note(ended)
        ended.result()

    def _note(self, ended: asyncio.Task[None]) -> None:
        if (why := _why(ended)) is None or self.stopping.is_set():
            return
        _REBUILDS.labels(self.consumer, why).inc()
        _log.error("consumer_rebuilt", consumer=self.consumer, why=why)
        if why not in _COUNTED:
            return
        now = asyncio.get_running_loop().time()
        self._rebuilt.append(now)
        while self._rebuilt[0] < now - WINDOW:
            self._rebuilt.popleft()
        if len(self._rebuilt) >= LIMIT:
            _log.critical("consumer_given_up", consumer=self.consumer, exit=EXIT)
            self.give_up()

    async def _watch(self, reader: Watched) -> None:
        quiet, newest = 0, None
        while not await wait_or_stop(self.stopping, self.tick):
            if not reader.is_coordinated():
                raise ClientSilent("it has left its group without a word")
            polled = reader.last_polled()
            if self._busy or polled != newest:
                quiet, newest = 0, polled
                self.tell(None)
                continue
            quiet += 1
            if quiet >= DOUBT and quiet % _ASK_EVERY == 0:
                await self._doubt(reader, quiet)
        await asyncio.Event().wait()  # the work ends by itself

    async def _doubt(self, reader: Watched, quiet: int) -> None:
        answers = await self.answers()
        self.tell(None if answers else AWAY)
        # A replica without partitions has nothing to poll for.
        if answers and quiet >= PATIENCE and reader.assigned():
            raise ClientSilent("none of its polls is answered, and others are")


_COUNTED: Final = frozenset({"silent", "cut_off"})


def _why(ended: asyncio.Task[None]) -> str | None:
    """Name the end of a task; None: it has done its work."""
    if ended.cancelled():
        return "cut_off"  # by the client: its own tasks have ended under it
    match ended.exception():
        case None:
            return None
        case ClientSilent():
            return "silent"
        case BrokerAway():
            return "broker_away"
        case _:
            return "failed"


async def _end(*tasks: asyncio.Task[None]) -> None:
    for task in tasks:
        task.cancel()
    await asyncio.wait(tasks)
    for task in tasks:
        if not task.cancelled():
            task.exception()  # the one that counts is raised by its `result`
