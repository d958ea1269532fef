"""How far a service has come with a case, for callers that have just acted elsewhere."""

import asyncio
import re
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Final

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from chassis.problems import CaseOnHold, FieldError, Invalid, NotCaughtUp
from contracts.catalogue import CASES

AFTER: Final = "SellerWorks-After"
POSITION: Final = "SellerWorks-Position"
PATIENCE: Final = 2.0
GUARD_PATIENCE: Final = 1.0
GUARD_LOOKS_EVERY: Final = 0.25
_LOOK_AGAIN: Final = 0.05  # news from another process of this service reach us by looking only
_ONE: Final = re.compile(r"([a-z][a-z-]{1,31})=([0-9]{1,9})")
_LONGEST: Final = 500

_PROGRESS = text("""
select producer, last_sequence from inbox_cursor
where consumer = :consumer and subject = :subject and topic = :topic
union all
select :service, last_sequence from stream_head where subject = :subject and topic = :topic
""")
_HELD = text("select blocked from inbox_subject where consumer = :consumer and subject = :subject")


@dataclass(frozen=True, slots=True, kw_only=True)
class Reader:
    """Whose progress it is: a service and the name of its consumer."""

    service: str
    consumer: str


class Changes:
    """Tells whoever waits in this process that a case has news. Misses nothing once listening."""

    def __init__(self) -> None:
        self._listening: dict[str, set[asyncio.Event]] = {}

    def tell(self, case_id: str) -> None:
        """Say that something was committed about the case."""
        for waiting in self._listening.get(case_id, ()):
            waiting.set()

    @contextmanager
    def listen(self, case_id: str) -> Iterator["News"]:
        """Hear of everything that is told from here on."""
        heard = asyncio.Event()
        listening = self._listening.setdefault(case_id, set())
        listening.add(heard)
        try:
            yield News(heard)
        finally:
            listening.discard(heard)
            if not listening:
                self._listening.pop(case_id, None)


@dataclass(frozen=True, slots=True)
class News:
    """What one listener has not looked at yet."""

    heard: asyncio.Event = field(default_factory=asyncio.Event)

    async def wait(self, seconds: float) -> bool:
        """Wait for news, at most so long; say whether there were any."""
        try:
            async with asyncio.timeout(seconds):
                await self.heard.wait()
        except TimeoutError:
            return False
        self.heard.clear()
        return True


def read_after(header: str | None) -> Mapping[str, int]:
    """
    Read `router=3,resolution=5`.

    Raises:
        Invalid: It is not like that.
    """
    if not header:
        return {}
    parts = [part.strip() for part in header.split(",")] if len(header) <= _LONGEST else [""]
    found = [_ONE.fullmatch(part) for part in parts]
    matches = [match for match in found if match]
    if len(matches) < len(parts):
        raise Invalid([FieldError(f"/header/{AFTER}", "position", "write router=3,resolution=5")])
    return {match[1]: int(match[2]) for match in matches}


async def wait_for(
    engine: AsyncEngine,
    wanted: Mapping[str, int],
    *,
    case_id: str,
    reader: Reader,
    changes: Changes,
) -> None:
    """
    Wait until the service has consumed the case as far as wanted, at most 2 s.

    Raises:
        NotCaughtUp: It has not. The caller may try again.
        CaseOnHold: It will not by itself: the case is parked here.
    """
    loop = asyncio.get_running_loop()
    until = loop.time() + PATIENCE
    with changes.listen(case_id) as news:
        while not await _has_come(engine, wanted, case_id, reader):
            left = until - loop.time()
            if left <= 0:
                raise NotCaughtUp
            await news.wait(min(left, _LOOK_AGAIN))


async def _has_come(
    engine: AsyncEngine, wanted: Mapping[str, int], case_id: str, reader: Reader
) -> bool:
    async with engine.connect() as connection:
        come = await _progress(connection, case_id, reader)
        if all(come.get(producer, 0) >= sequence for producer, sequence in wanted.items()):
            return True
        await check_not_held(connection, case_id, reader)
    return False


async def _progress(connection: AsyncConnection, case_id: str, reader: Reader) -> Mapping[str, int]:
    found = await connection.execute(
        _PROGRESS,
        {
            "consumer": reader.consumer,
            "service": reader.service,
            "subject": case_id,
            "topic": CASES,
        },
    )
    come: dict[str, int] = {}
    for producer, sequence in found:
        come[producer] = max(sequence, come.get(producer, 0))
    return come


async def is_held(connection: AsyncConnection, case_id: str, reader: Reader) -> bool:
    """Say whether the case is parked in this service: its fold is known to be incomplete."""
    blocked = await connection.scalar(_HELD, {"consumer": reader.consumer, "subject": case_id})
    return bool(blocked)


async def check_not_held(connection: AsyncConnection, case_id: str, reader: Reader) -> None:
    """
    Go on only with a case whose fold is complete here: what is said of it would build on less.

    Raises:
        CaseOnHold: The case is parked in this service.
    """
    if await is_held(connection, case_id, reader):
        raise CaseOnHold


async def last_position(connection: AsyncConnection, case_id: str) -> int | None:
    """Return this service's last sequence about the case."""
    found: int | None = await connection.scalar(
        text("select last_sequence from stream_head where topic = :topic and subject = :subject"),
        {"topic": CASES, "subject": case_id},
    )
    return found
