"""A door opens one transaction, asks once what time it is, and flushes once, last."""

from collections.abc import AsyncIterator, Awaitable, Callable, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Final, TypeVar

import asyncpg
import structlog
from sqlalchemy import CursorResult, Executable, func, select
from sqlalchemy.exc import DBAPIError
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from chassis import failpoint, outbox
from chassis.outbox import Outgoing
from chassis.signing import Signer
from chassis.views import CaseView
from contracts.event import Contract, Envelope, Event
from contracts.lifecycle import CaseState, Folded, fold

T = TypeVar("T")
Parameters = Mapping[str, object] | Sequence[Mapping[str, object]] | None
Fold = Callable[[CaseState | None, Event[Contract]], Folded]

ATTEMPTS: Final = 3
# serialization_failure, deadlock_detected: nothing happened, and trying again may help.
_TRY_AGAIN: Final = frozenset({"40001", "40P01"})

# Made once: SQLAlchemy then compiles it once.
_NOW: Final = select(func.clock_timestamp())
_log = structlog.get_logger()


@dataclass(frozen=True, slots=True, kw_only=True)
class Journey:
    """Who acts, and because of what: lands in every event of the transaction."""

    actor: str
    request_id: str | None = None
    cause: Envelope | None = None  # consumers only: an event this service has consumed
    traceparent: str | None = None  # None: that of the current span
    partition: int | None = None  # consumers only: where the case's log is


@dataclass(slots=True, kw_only=True)
class Tx:
    """One open transaction. Doors make it; handlers get it."""

    connection: AsyncConnection
    now: datetime
    journey: Journey
    service: str
    outgoing: list[Outgoing] = field(default_factory=list)
    views: dict[str, CaseView] = field(default_factory=dict)
    positions: dict[tuple[str, str], int] = field(default_factory=dict)
    """After the flush: the last sequence written of each (topic, subject)."""
    before_commit: list[Callable[[], Awaitable[None]]] = field(default_factory=list)
    """Run after the flush, before the commit: for what has to know the last sequences."""
    after_commit: list[Callable[[], None]] = field(default_factory=list)
    """Called right after the commit, in the process: only wakes; a crash before it loses it."""
    _driver: asyncpg.Connection | None = field(default=None, init=False, repr=False)

    async def execute(
        self, statement: Executable, parameters: Parameters = None
    ) -> CursorResult[Any]:
        return await self.connection.execute(statement, parameters)

    async def scalar(
        self, statement: Executable, parameters: Mapping[str, object] | None = None
    ) -> Any:  # noqa: ANN401 - a column of any type
        return await self.connection.scalar(statement, parameters)

    async def raw(self) -> asyncpg.Connection:
        """
        Return the driver's connection of the same transaction, for hot paths.

        SQLAlchemy begins the driver's transaction with its first statement; the door has
        made that one, so what is written here is rolled back with the rest.
        """
        if self._driver is None:
            self._driver = (await self.connection.get_raw_connection()).driver_connection
        return self._driver


def _nothing(tx: Tx) -> None:
    """Do nothing after a commit."""


def _anything() -> None:
    """Let everything be said."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Pen:
    """What writes events for one service: its name, its key, and the fold of its own events."""

    service: str
    signer: Signer
    fold: Fold = fold
    committed: Callable[[Tx], None] = _nothing
    """Called right after each commit, in the process: wakes the relay, tells who waits."""
    permit: Callable[[], None] = _anything
    """Raises when this service must not say anything now: its database is not the newest."""


@asynccontextmanager
async def open_door(engine: AsyncEngine, *, pen: Pen, journey: Journey) -> AsyncIterator[Tx]:
    """
    Open a transaction; flush and commit it at the end, or roll it back after an error.

    `now` is the database's, in UTC, and the first statement asks for it.
    """
    async with engine.begin() as connection:
        now = (await connection.execute(_NOW)).scalar_one()
        tx = Tx(connection=connection, now=now, journey=journey, service=pen.service)
        yield tx
        await outbox.flush(tx, pen)
        for act in tx.before_commit:
            await act()
        failpoint.reach("before_commit")
    failpoint.reach("after_commit")
    pen.committed(tx)
    for call in tx.after_commit:
        call()


async def run(
    engine: AsyncEngine, work: Callable[[Tx], Awaitable[T]], *, pen: Pen, journey: Journey
) -> T:
    """Do work behind a door; again, at most twice, when the database asks for it."""
    for attempt in range(1, ATTEMPTS + 1):
        try:
            async with open_door(engine, pen=pen, journey=journey) as tx:
                result = await work(tx)
        except (DBAPIError, asyncpg.PostgresError) as error:
            if attempt == ATTEMPTS or not wants_another_try(error):
                raise
            _log.info("transaction_tried_again", sqlstate=sqlstate(error), attempt=attempt)
        else:
            return result
    raise AssertionError("the last attempt returns or raises")


def wants_another_try(error: BaseException) -> bool:
    return sqlstate(error) in _TRY_AGAIN


def sqlstate(error: BaseException) -> str | None:
    """Return PostgreSQL's code of an error, whether SQLAlchemy or the driver raised it."""
    inner = error.orig if isinstance(error, DBAPIError) else error
    code = getattr(inner, "sqlstate", None)
    return code if isinstance(code, str) else None
