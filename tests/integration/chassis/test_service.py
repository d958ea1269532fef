"""A whole service: its application, its background work, how it says what is wrong."""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import httpx
import pytest
from fastapi import FastAPI
from sqlalchemy.ext.asyncio import AsyncEngine

from bells import BellRung, written
from chassis.clock import Duty
from chassis.door import Tx
from chassis.outbox import announce
from chassis.service import Service, create_app
from chassis.settings import ServiceSettings
from chassis.signing import write_new_key
from conftest import EngineFor
from stack.waiting import until

PATIENCE = 15


async def ring(tx: Tx) -> None:
    announce(tx, BellRung(), subject="front")


# The package is the router's: a service is ready only with the migrations of its package.
PORCH = Service(
    name="porch",
    package="router",
    title="Porch",
    summary="Where bells are rung.",
    routers=(),
    problems={},
    duties=(Duty(name="ring", every=timedelta(hours=1), work=ring),),
)

SettingsOf = Callable[..., ServiceSettings]


@pytest.fixture
async def database(engine_for: EngineFor) -> AsyncEngine:
    return await engine_for("router")


@pytest.fixture
def settings_of(database: AsyncEngine, tmp_path: Path) -> SettingsOf:
    write_new_key(tmp_path / "porch.pem")
    (tmp_path / "tag.key").touch(0o600)
    (tmp_path / "tag.key").write_bytes(bytes(32))

    def make(**changes: object) -> ServiceSettings:
        given = {
            "service": "porch",
            "port": 0,
            "database_url": database.url.render_as_string(hide_password=False),
            "issuer": "http://127.0.0.1:9",
            "audience": "sellerworks",
            "jwks_url": "http://127.0.0.1:9/jwks.json",
            "signing_key_file": tmp_path / "porch.pem",
            "tag_key_file": tmp_path / "tag.key",
            "data": tmp_path,
        }
        return ServiceSettings.model_validate(given | changes)

    return make


@asynccontextmanager
async def running(app: FastAPI) -> AsyncIterator[httpx.AsyncClient]:
    transport = httpx.ASGITransport(app=app)
    async with (
        app.router.lifespan_context(app),
        httpx.AsyncClient(transport=transport, base_url="http://porch") as client,
    ):
        yield client


class TestService:
    async def test_is_ready_and_does_its_duties(
        self, database: AsyncEngine, settings_of: SettingsOf
    ) -> None:
        async with running(create_app(PORCH, settings_of())) as client:
            ready = await client.get("/readyz")

            async def rung() -> bool:
                return len(await written(database)) == 1

            await until(rung, within=PATIENCE)

        assert (ready.status_code, ready.json()["status"]) == (200, "ready")

    async def test_serves_while_kafka_is_away_and_says_so(self, settings_of: SettingsOf) -> None:
        app = create_app(PORCH, settings_of(kafka="127.0.0.1:9"))
        async with running(app) as client:

            async def degraded() -> bool:
                answer = await client.get("/readyz")
                assert answer.status_code == 200
                problems: dict[str, str] = answer.json()["problems"]
                return "BrokerAway" in problems.get("background", "")

            await until(degraded, within=PATIENCE)

    async def test_is_not_ready_without_its_schema(
        self, engine: AsyncEngine, settings_of: SettingsOf
    ) -> None:
        elsewhere = settings_of(database_url=engine.url.render_as_string(hide_password=False))
        async with running(create_app(PORCH, elsewhere)) as client:
            answer = await client.get("/readyz")

        assert answer.status_code == 503
        assert "migrate" in answer.json()["problems"]["schema"]

    async def test_leaves_the_work_to_others_when_it_only_serves(
        self, database: AsyncEngine, settings_of: SettingsOf
    ) -> None:
        async with running(create_app(PORCH, settings_of(role="api"))) as client:
            assert (await client.get("/readyz")).status_code == 200

        assert await written(database) == []

    async def test_goes_on_with_other_work_when_some_fails(
        self, database: AsyncEngine, settings_of: SettingsOf
    ) -> None:
        async def fail(tx: Tx) -> None:
            raise LookupError("no such bell")

        failing = Duty(name="fail", every=timedelta(hours=1), work=fail)
        both = replace(PORCH, duties=(failing, *PORCH.duties))
        async with running(create_app(both, settings_of())) as client:

            async def told() -> bool:
                said = (await client.get("/readyz")).json()["problems"].get("background", "")
                return "duty:fail" in said and len(await written(database)) == 1

            await until(told, within=PATIENCE)

    async def test_stops_what_it_does_in_the_middle(self, settings_of: SettingsOf) -> None:
        begun = asyncio.Event()

        async def dawdle(tx: Tx) -> bool:
            begun.set()
            return True

        busy = replace(PORCH, duties=(Duty(name="d", every=timedelta(0), work=dawdle),))
        async with asyncio.timeout(PATIENCE), running(create_app(busy, settings_of())):
            await begun.wait()
