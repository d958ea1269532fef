"""A service: what it is made of, the application it becomes, its life from start to stop."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field, replace
from importlib.metadata import version
from typing import Any, Final, Protocol

import orjson
from fastapi import APIRouter, FastAPI
from sqlalchemy.ext.asyncio import AsyncEngine, create_async_engine

from chassis import http, migrate
from chassis.auth import Verifier
from chassis.background import Background, kafka_of, roles_of
from chassis.clock import Duty
from chassis.door import Pen, Tx
from chassis.http import Check
from chassis.positions import Changes
from chassis.problems import ProblemTable
from chassis.restored import Speaker, Standing
from chassis.settings import ServiceSettings
from chassis.signing import Signer
from chassis.subscriptions import Consumer, Sink
from contracts.catalogue import CASES

_POOL: Final = 10
_STATEMENT_WITHIN: Final = "5000"  # ms
# A process that was stopped in the middle must not hold its cases for ever.
_IDLE_IN_TRANSACTION_FOR: Final = "30000"  # ms


class NoKafka(Exception):
    """A command needs Kafka, and the settings name none."""


class Command(Protocol):
    """A one-shot command of a service: `python -m router seed FILE`."""

    async def __call__(
        self, arguments: Sequence[str], /, *, engine: AsyncEngine, pen: Pen
    ) -> None: ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Service:
    """What one service is made of."""

    name: str
    package: str
    title: str
    summary: str
    routers: tuple[APIRouter, ...]
    problems: ProblemTable
    consumers: tuple[Consumer | Sink, ...] = ()
    duties: tuple[Duty, ...] = ()
    state: Mapping[str, object] = field(default_factory=dict)
    """Lands in `app.state`, for endpoints."""
    commands: Mapping[str, Command] = field(default_factory=dict)
    checks: Mapping[str, Check] = field(default_factory=dict)
    """What else `/readyz` asks about."""


def create_app(
    service: Service, settings: ServiceSettings, *, verifier: Verifier | None = None
) -> FastAPI:
    """
    Make a service's application. Engine and background work live as long as its lifespan.

    `settings.role` chooses what this process does: `api` serves the service's own routes,
    `worker` consumes, publishes and keeps time. Health and `/ops` are always served.
    """

    @asynccontextmanager
    async def lifespan(app: FastAPI) -> AsyncIterator[None]:
        async with run(service, settings, app, verifier):
            yield

    options = http.fastapi_options(
        title=service.title, summary=service.summary, version=version("sellerworks-chassis")
    )
    app = FastAPI(lifespan=lifespan, **options)
    routers = service.routers if "api" in roles_of(settings) else ()
    http.install(app, routers=routers, problems=service.problems)
    for name, value in service.state.items():
        setattr(app.state, name, value)
    return app


@asynccontextmanager
async def run(
    service: Service, settings: ServiceSettings, app: FastAPI, verifier: Verifier | None = None
) -> AsyncIterator[None]:
    """Open what the service needs; close it in the opposite order."""
    async with AsyncExitStack() as stack:
        engine = create_engine(settings)
        stack.push_async_callback(engine.dispose)
        changes, wake = Changes(), asyncio.Event()
        standing = Standing(forced=settings.write_although_restored)
        pen = create_pen(service, settings, committed=_teller(changes, wake))
        pen = replace(pen, permit=standing.permit)
        background = Background(
            settings=settings,
            engine=engine,
            pen=pen,
            changed=changes.tell,
            wake=wake,
            consumers=service.consumers,
            duties=service.duties,
            standing=standing,
        )
        app.state.desk = await stack.enter_async_context(
            http.open_desk(
                settings,
                engine=engine,
                pen=pen,
                changes=changes,
                checks=_checks(service, engine, background),
                verifier=verifier,
                consumer=_reader_of_cases(service),
            )
        )
        await stack.enter_async_context(background.at_work())
        yield


def create_engine(settings: ServiceSettings) -> AsyncEngine:
    """Make the pool of a service: ten connections, no statement longer than 5 s."""
    return create_async_engine(
        settings.database_url.get_secret_value(),
        pool_size=_POOL,
        max_overflow=0,
        pool_timeout=5,
        hide_parameters=True,
        json_serializer=lambda value: orjson.dumps(value).decode(),
        json_deserializer=orjson.loads,
        connect_args={
            "command_timeout": 30,
            "server_settings": {
                "application_name": settings.service,
                "statement_timeout": _STATEMENT_WITHIN,
                "idle_in_transaction_session_timeout": _IDLE_IN_TRANSACTION_FOR,
            },
        },
    )


def create_pen(
    service: Service,
    settings: ServiceSettings,
    *,
    committed: Callable[[Tx], None] = lambda _tx: None,
) -> Pen:
    signer = Signer.load(settings.signing_key_file, service.name)
    return Pen(service=service.name, signer=signer, committed=committed)


def create_speaker(service: Service, settings: ServiceSettings, engine: AsyncEngine) -> Speaker:
    """
    Name the service as one whose words stand in Kafka.

    Raises:
        NoKafka: The settings name none.
    """
    kafka = kafka_of(settings)
    if kafka is None:
        raise NoKafka("set SELLERWORKS_KAFKA")
    signer = Signer.load(settings.signing_key_file, service.name)
    return Speaker(service=service.name, signer=signer, engine=engine, kafka=kafka)


def _teller(changes: Changes, wake: asyncio.Event) -> Callable[[Tx], None]:
    """Wake the relay, and whoever waits for news of a case, right after a commit."""

    def tell(tx: Tx) -> None:
        if tx.positions:
            wake.set()
        for topic, subject in tx.positions:
            if topic == CASES:
                changes.tell(subject)

    return tell


def _reader_of_cases(service: Service) -> str | None:
    readers = (c for c in service.consumers if isinstance(c, Consumer) and CASES in c.topics)
    return next((reader.name for reader in readers), None)


def _checks(service: Service, engine: AsyncEngine, background: Background) -> Mapping[str, Check]:
    return {
        "schema": Check(ask=_schema_check(service.package, engine), required=True),
        "standing": Check(ask=background.standing.ask, required=True),
        "background": Check(ask=background.ask, required=False),
        **service.checks,
    }


def _schema_check(package: str, engine: AsyncEngine) -> Callable[[], Awaitable[str | None]]:
    """Ask until the schema is right; then it stays right."""
    right = asyncio.Event()

    async def ask() -> str | None:
        if not right.is_set():
            async with engine.connect() as connection:
                if not await connection.run_sync(migrate.is_at_head, package):
                    return "is not at its newest version: run `migrate`"
            right.set()
        return None

    return ask


def openapi(service: Service, settings: ServiceSettings) -> dict[str, Any]:
    """Describe a service's routes. Opens nothing."""
    return create_app(service, settings).openapi()
