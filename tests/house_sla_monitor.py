"""The SLA monitor's door 1 in process: a real database, an issuer in memory."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from uuid import uuid4

import httpx
from fastapi import FastAPI
from sqlalchemy.ext.asyncio import AsyncEngine

from builders_contracts import CASE, a_case_opened
from builders_sla_monitor import DEMO, OPENED, PEN, World, enrolled, the_rules
from chassis import http
from chassis.positions import Changes
from chassis.vault import new_key_pair
from contracts.event import Contract
from identities import AUDIENCE, ISSUER, MEMBERS, Identities
from sla_monitor.api.clocks import router as clocks
from sla_monitor.api.council import router as council
from sla_monitor.api.escalations import router as escalations
from sla_monitor.api.firing import router as firing
from sla_monitor.api.problems import PROBLEMS
from sla_monitor.settings import Settings

PRIVATE, PUBLIC = new_key_pair()
SELLER = a_case_opened().seller.model_copy(update={"public_key": PUBLIC})
FILED: tuple[Contract, ...] = (a_case_opened(seller=SELLER), *OPENED[1:])


@dataclass(slots=True, kw_only=True)
class House:
    """The service, and who may knock."""

    world: World
    client: httpx.AsyncClient
    identities: Identities

    async def breach(self, *, case: str = CASE) -> str:
        """Let a case of the demonstration marketplace be too late; return its escalation."""
        await self.world.hear(*FILED, case=case, marketplace=DEMO)
        await self.world.read_to(8)
        await self.world.fire()
        raised = await self.world.said("escalation.raised")
        return str(raised[-1].fact["escalation"])

    async def get(self, path: str, *, by: str = "sofia", **query: str | int) -> httpx.Response:
        return await self.client.get(path, params=query, headers=self.identities.headers(by))

    async def post(
        self, path: str, body: object = None, *, by: str = "jonas", **claims: object
    ) -> httpx.Response:
        headers = self.identities.headers(by, **claims) | {"idempotency-key": uuid4().hex}
        return await self.client.post(path, json=body, headers=headers)


@asynccontextmanager
async def open_house(engine: AsyncEngine, folder: Path) -> AsyncIterator[House]:
    identities, world = Identities(), World(engine)
    await world.enrol(
        enrolled(MEMBERS["jonas"], "senior_agent"), enrolled(MEMBERS["sofia"], "supervisor")
    )
    app = FastAPI(**http.fastapi_options(title="SLA monitor", summary="-", version="1"))
    http.install(app, routers=(clocks, escalations, council, firing), problems=PROBLEMS)
    async with (
        http.open_desk(
            _settings(folder),
            engine=engine,
            pen=PEN,
            changes=Changes(),
            verifier=identities.verifier(),
        ) as desk,
        httpx.AsyncClient(
            transport=httpx.ASGITransport(app), base_url="http://sla-monitor.test"
        ) as client,
    ):
        app.state.desk = desk
        app.state.rules = the_rules()
        yield House(world=world, client=client, identities=identities)


def _settings(folder: Path) -> Settings:
    key = folder / "tag.key"
    key.write_bytes(bytes(32))
    key.chmod(0o600)
    given: dict[str, Any] = {
        "service": "sla-monitor",
        "port": 0,
        "database_url": "postgresql://unused",
        "issuer": ISSUER,
        "audience": AUDIENCE,
        "jwks_url": "http://issuer.test/jwks.json",
        "signing_key_file": key,
        "tag_key_file": key,
        "guard_patience": 0.1,
        "data": folder,
        "playbooks": folder,
    }
    return Settings(**given)
