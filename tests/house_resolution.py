"""Resolution's door 1 in process: real database, an issuer in memory, a vault that has the key."""

import json
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import date, timedelta
from pathlib import Path
from typing import Any
from uuid import uuid4

import httpx
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from fastapi import FastAPI
from sqlalchemy.ext.asyncio import AsyncEngine

from builders_contracts import a_case_opened, an_id, event, numbered
from builders_resolution import ANSWERED, record_of, records, said, the_playbook
from chassis import http
from chassis.auth import ServiceTokens
from chassis.clock import perform
from chassis.consumer import deliver
from chassis.door import Pen
from chassis.ids import to_uuid
from chassis.positions import Changes
from chassis.signing import Signer
from chassis.vault import new_key_pair, open_value, seal
from chassis.vault_client import VaultClient
from contracts.event import Contract
from contracts.routing import CaseAssigned
from contracts.sealed import SealedValue
from identities import AUDIENCE, ISSUER, MEMBERS, Identities
from resolution.api import ROUTERS
from resolution.api.letters import Opener
from resolution.api.problems import PROBLEMS
from resolution.clock import duties
from resolution.consumers import resolution_consumer
from resolution.settings import Settings

CASE = an_id("case")
PEN = Pen(
    service="resolution",
    signer=Signer.of(Ed25519PrivateKey.from_private_bytes(bytes(32)), service="resolution"),
)
PLAYBOOKS = {the_playbook().pin: the_playbook()}
CONSUMER = resolution_consumer(PLAYBOOKS)
PRIVATE, PUBLIC = new_key_pair()
SELLER = a_case_opened().seller.model_copy(update={"public_key": PUBLIC})
HANDLE = seal("clay-and-co", public_key=PUBLIC, key=SELLER.key, class_="contact", subject=CASE)


LAST_WEEK = (date.today() - timedelta(days=7)).isoformat()  # noqa: DTZ011 - any day not long ago
ACCEPT_ADDRESS = {"outcome": "accepted", "issued_on": LAST_WEEK}
ACCEPT_REGISTRATION = {"outcome": "accepted", "valid_until": "2031-04-01"}


def judgement(evidence: str) -> str:
    return f"evidence/{evidence}/judgement"


def a_road(**changes: object) -> tuple[Contract, ...]:
    """Say what others say before mara works the case: filed, routed, answered, assigned to her."""
    opened = a_case_opened(**{"seller": SELLER, "handle": HANDLE, **changes})
    theirs = [fact for fact in ANSWERED[1:] if fact.producer != "resolution"]
    return (opened, *theirs, assigned_to("mara"))


def assigned_to(name: str) -> CaseAssigned:
    return CaseAssigned(
        assignment=an_id("asg"),
        member=MEMBERS[name],
        team="verification",
        queue="verification",
        lead=True,
    )


@dataclass(slots=True)
class Vault:
    """Opens what it is given, and notes for whom."""

    bearers: list[str] = field(default_factory=list)
    purposes: list[str] = field(default_factory=list)
    is_away: bool = False

    def answer(self, request: httpx.Request) -> httpx.Response:
        if self.is_away:
            raise httpx.ConnectError("away")
        if request.url.path == "/token":
            return httpx.Response(200, json={"access_token": "our-own", "expires_in": 600})
        asked = json.loads(request.content)
        self.bearers.append(request.headers["authorization"].removeprefix("Bearer "))
        self.purposes.append(asked["purpose"])
        values = [SealedValue.model_validate(value) for value in asked["values"]]
        opened = [open_value(PRIVATE, value, subject=asked["case"]) for value in values]
        return httpx.Response(
            200,
            json=[
                {"commitment": value.commitment, "value": one.value}
                for value, one in zip(values, opened, strict=True)
            ],
        )


@dataclass(slots=True, kw_only=True)
class House:
    """The service, and who may knock."""

    engine: AsyncEngine
    client: httpx.AsyncClient
    identities: Identities
    vault: Vault

    async def hear(self, facts: Sequence[Contract], *, marketplace: str = "harbour") -> None:
        given = records(facts, marketplace=marketplace)
        await deliver(given, to=CONSUMER, engine=self.engine, pen=PEN)

    async def hear_of(self, case: str, facts: Sequence[Contract]) -> None:
        """Hear one of many cases: like `hear`, with a subject of its own."""
        given = [
            record_of(
                event(one.fact, sequence=one.envelope.sequence, subject=case, event_id=uuid4()),
                offset=to_uuid(case).int % 10**6 * 100 + place,
            )
            for place, one in enumerate(numbered(facts))
        ]
        await deliver(given, to=CONSUMER, engine=self.engine, pen=PEN)

    async def tick(self) -> None:
        """Let the clock's duties work until nothing is left to do."""
        for duty in duties():
            while await perform(duty, engine=self.engine, pen=PEN):
                pass

    async def get(self, path: str, *, by: str = "mara") -> httpx.Response:
        return await self.client.get(path, headers=self.identities.headers(by))

    async def post(
        self, path: str, body: object, *, by: str = "mara", key: str | None = None
    ) -> httpx.Response:
        headers = self.identities.headers(by) | {"idempotency-key": key or uuid4().hex}
        return await self.client.post(path, json=body, headers=headers)

    async def on_case(self, place: str, body: object, *, by: str = "mara") -> httpx.Response:
        return await self.post(f"/v1/cases/{CASE}/{place}", body, by=by)

    async def new(self, before: int) -> list[str]:
        """Name the types of what was said after the first `before` events."""
        return [one.type for one in (await said(self.engine))[before:]]

    async def count(self) -> int:
        return len(await said(self.engine))


@asynccontextmanager
async def open_house(engine: AsyncEngine, folder: Path) -> AsyncIterator[House]:
    identities, vault = Identities(), Vault()
    app = FastAPI(**http.fastapi_options(title="Resolution", summary="-", version="1"))
    http.install(app, routers=ROUTERS, problems=PROBLEMS)
    async with (
        httpx.AsyncClient(transport=httpx.MockTransport(vault.answer)) as outside,
        http.open_desk(
            _settings(folder),
            engine=engine,
            pen=PEN,
            changes=Changes(),
            verifier=identities.verifier(),
        ) as desk,
        httpx.AsyncClient(
            transport=httpx.ASGITransport(app), base_url="http://resolution.test"
        ) as client,
    ):
        tokens = ServiceTokens(outside, url="http://issuer.test/token", client_id="resolution")
        app.state.desk = desk
        app.state.playbooks = PLAYBOOKS
        app.state.opener = Opener(VaultClient(outside, "http://vault.test", tokens), tokens)
        yield House(engine=engine, client=client, identities=identities, vault=vault)


def _settings(folder: Path) -> Settings:
    key = folder / "tag.key"
    key.write_bytes(bytes(32))
    key.chmod(0o600)
    given: dict[str, Any] = {
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
