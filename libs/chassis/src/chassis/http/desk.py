"""What the endpoints of one service share while it runs."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field
from typing import Final, TypeAlias

import asyncpg
import httpx
import structlog
from sqlalchemy import text
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.ext.asyncio import AsyncEngine

from chassis.auth import Issuer, KeyRing, Principal, Verifier
from chassis.auth.issuers import over_http
from chassis.door import Pen
from chassis.outgoing import http_client
from chassis.positions import GUARD_PATIENCE, Changes, Reader
from chassis.settings import ServiceSettings, read_tag_key

log = structlog.get_logger()

_ISSUER_PATIENCE: Final = 5.0
_COUNT_EVERY: Final = 1.0
_COUNT = text("select count(*) from (select 1 from outbox_pending limit :enough) as pending")

SellersOf: TypeAlias = Callable[[Principal, AsyncEngine], Awaitable[frozenset[str]]]
"""Finds the pseudonyms of a seller; only the service that keeps sellers has one."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Check:
    """
    Something that `/readyz` asks about: None when it is well, else one sentence.

    What is `required` takes the service out of rotation; anything else only degrades it.
    """

    ask: Callable[[], Awaitable[str | None]]
    required: bool


@dataclass(slots=True)
class Shed:
    """Whether so much waits to be published that more work must be refused."""

    limit: int
    waiting: int = 0

    @property
    def is_over(self) -> bool:
        return self.waiting >= self.limit

    async def count(self, engine: AsyncEngine) -> None:
        """Count what waits, no further than the limit: 50,000 index entries at worst."""
        async with engine.connect() as connection:
            self.waiting = await connection.scalar(_COUNT, {"enough": self.limit}) or 0

    async def watch(self, engine: AsyncEngine) -> None:
        """Count every second, for ever. Without the database the last count stands."""
        while True:
            try:
                await self.count(engine)
            except (SQLAlchemyError, asyncpg.PostgresError, asyncpg.InterfaceError, OSError) as err:
                log.warning("pending_events_uncounted", error=type(err).__name__)
            await asyncio.sleep(_COUNT_EVERY)


@dataclass(frozen=True, slots=True, kw_only=True)
class Desk:
    """Engine, keys and neighbours of the endpoints. Lies in `app.state.desk`."""

    service: str
    engine: AsyncEngine
    pen: Pen
    verifier: Verifier
    tag_key: bytes = field(repr=False)
    changes: Changes
    shed: Shed
    reader: Reader
    checks: Mapping[str, Check]
    guard_patience: float = GUARD_PATIENCE


@asynccontextmanager
async def open_desk(  # noqa: PLR0913 - all of it is given by whoever puts the service together
    settings: ServiceSettings,
    *,
    engine: AsyncEngine,
    pen: Pen,
    changes: Changes,
    checks: Mapping[str, Check] | None = None,
    verifier: Verifier | None = None,
    consumer: str | None = None,
) -> AsyncIterator[Desk]:
    """
    Yield what endpoints need, as long as the service runs.

    Without a `verifier` the issuer of the settings is believed. `consumer` is the name that the
    service reads `cases.v1` by, if that is not its own.
    """
    async with http_client(timeout=_ISSUER_PATIENCE) as http:
        desk = Desk(
            service=pen.service,
            engine=engine,
            pen=pen,
            verifier=verifier or _verifier(settings, http),
            tag_key=read_tag_key(settings.tag_key_file),
            changes=changes,
            shed=Shed(settings.shed_limit),
            reader=Reader(service=pen.service, consumer=consumer or pen.service),
            checks=checks or {},
            guard_patience=settings.guard_patience,
        )
        watching = asyncio.create_task(desk.shed.watch(engine), name="shed")
        try:
            yield desk
        finally:
            watching.cancel()
            with suppress(asyncio.CancelledError):
                await watching


def _verifier(settings: ServiceSettings, http: httpx.AsyncClient) -> Verifier:
    issuer = Issuer(url=settings.issuer, audience=settings.audience)
    return Verifier(issuer, KeyRing(over_http(http, settings.jwks_url)))
