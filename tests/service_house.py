"""A service's door 1 in process: its routes, a real database, an issuer in memory."""

from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from uuid import uuid4

import httpx
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from fastapi import APIRouter, FastAPI
from sqlalchemy.ext.asyncio import AsyncEngine

from builders_resolution import Said, records, said
from chassis import http
from chassis.consumer import Outcome, deliver
from chassis.door import Pen
from chassis.positions import Changes
from chassis.problems import ProblemTable
from chassis.settings import ServiceSettings
from chassis.signing import Signer
from chassis.subscriptions import Consumer
from contracts.event import Contract
from identities import AUDIENCE, ISSUER, Identities


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """What a service is made of, as its main puts it together."""

    name: str
    routers: tuple[APIRouter, ...]
    problems: ProblemTable
    consumer: Consumer
    state: Mapping[str, object]

    @property
    def pen(self) -> Pen:
        key = Ed25519PrivateKey.from_private_bytes(bytes(32))
        return Pen(service=self.name, signer=Signer.of(key, service=self.name))


@dataclass(slots=True, kw_only=True)
class House:
    """The service, and who may knock."""

    plan: Plan
    engine: AsyncEngine
    client: httpx.AsyncClient
    identities: Identities

    async def hear(self, facts: Sequence[Contract], *, marketplace: str = "harbour") -> Outcome:
        given = records(facts, marketplace=marketplace)
        return await deliver(given, to=self.plan.consumer, engine=self.engine, pen=self.plan.pen)

    async def get(self, path: str, *, by: str, **claims: object) -> httpx.Response:
        return await self.client.get(path, headers=self.identities.headers(by, **claims))

    async def post(
        self,
        path: str,
        body: object = None,
        *,
        by: str,
        key: str | None = None,
        **claims: object,
    ) -> httpx.Response:
        headers = self.identities.headers(by, **claims) | {"idempotency-key": key or uuid4().hex}
        content: dict[str, Any] = {} if body is None else {"json": body}
        return await self.client.post(path, headers=headers, **content)

    async def said(self) -> list[Said]:
        return await said(self.engine)

    async def types(self) -> list[str]:
        return [one.type for one in await self.said()]


@asynccontextmanager
async def open_house(plan: Plan, engine: AsyncEngine, folder: Path) -> AsyncIterator[House]:
    identities = Identities()
    app = FastAPI(**http.fastapi_options(title=plan.name, summary="-", version="1"))
    http.install(app, routers=plan.routers, problems=plan.problems)
    async with (
        http.open_desk(
            _settings(plan.name, folder),
            engine=engine,
            pen=plan.pen,
            changes=Changes(),
            verifier=identities.verifier(),
        ) as desk,
        httpx.AsyncClient(
            transport=httpx.ASGITransport(app), base_url=f"http://{plan.name}.test"
        ) as client,
    ):
        app.state.desk = desk
        for name, value in plan.state.items():
            setattr(app.state, name, value)
        yield House(plan=plan, engine=engine, client=client, identities=identities)


def _settings(service: str, folder: Path) -> ServiceSettings:
    key = folder / "tag.key"
    key.write_bytes(bytes(32))
    key.chmod(0o600)
    given: dict[str, Any] = {
        "service": service,
        "port": 0,
        "database_url": "postgresql://unused",
        "issuer": ISSUER,
        "audience": AUDIENCE,
        "jwks_url": "http://issuer.test/jwks.json",
        "signing_key_file": key,
        "tag_key_file": key,
        "guard_patience": 0.1,
        "data": folder,
    }
    return ServiceSettings(**given)
