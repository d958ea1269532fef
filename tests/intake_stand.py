"""Intake over HTTP, in process, beside a vault in memory."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any
from uuid import uuid4

import httpx
import orjson
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey
from fastapi import FastAPI
from pydantic import SecretStr
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncEngine

from builders_intake import NOON, news
from chassis import door, ids
from chassis.auth import ServiceTokens
from chassis.consumer import deliver
from chassis.door import Journey, Pen
from chassis.service import create_app
from chassis.signing import Signer, write_new_key
from chassis.vault import new_key_pair, open_value
from chassis.vault_client import VaultClient
from contracts.event import Contract
from contracts.sealed import SealedValue
from identities import AUDIENCE, ISSUER, Identities
from intake.consumers import CONSUMER
from intake.main import put_together
from intake.settings import Settings
from intake.store import sellers

PLAYBOOKS = Path(__file__).parents[1] / "playbooks"
FRONT_END, SELLER = "harbour-front-end", "seller-clay-and-co"
PEN = Pen(
    service="intake",
    signer=Signer.of(Ed25519PrivateKey.from_private_bytes(bytes(32)), service="intake"),
)


def a_case(**changes: Any) -> dict[str, Any]:  # noqa: ANN401 - any JSON
    """Return the filing of api.md §4, with other members on top; None removes one."""
    filing = {
        "marketplace": "harbour",
        "external_ref": "HB-20931",
        "seller": {"ref": "clay-and-co", "tier": "smb", "region": "UK", "language": "en"},
        "channel": "portal",
        "issue_type": "payout_hold",
        "subject": "Payout paused",
        "description": "My payout was paused on Monday. I need it by Friday.",
        "facts": {
            "payout_ref": "PO-88121",
            "amount": {"amount_minor": 184050, "currency": "GBP"},
            "hold_code": "verification_expired",
            "hold_since": "2026-11-16",
        },
        "evidence_on_file": [
            {"kind": "identity_document", "valid_until": "2031-04-01"},
            {"kind": "business_registration", "valid_until": "2026-10-31"},
        ],
    }
    return {name: value for name, value in (filing | changes).items() if value is not None}


def own_case(**changes: Any) -> dict[str, Any]:  # noqa: ANN401 - any JSON
    """Return the filing as the seller itself may write it: it cannot say what others hold."""
    return a_case(**({"evidence_on_file": None} | changes))


@dataclass
class FakeVault:
    """Private keys in memory, and who asked for what; answers 503 while it is stopped."""

    keys: dict[str, X25519PrivateKey] = field(default_factory=dict)
    bearers: list[str] = field(default_factory=list)
    stopped: bool = False

    def make(self, count: int) -> dict[str, str]:
        made = {}
        for _ in range(count):
            key = ids.new_id("key", NOON)
            self.keys[key], made[key] = new_key_pair()
        return made

    def client(self) -> VaultClient:
        http_client = httpx.AsyncClient(transport=httpx.MockTransport(self._answer))
        tokens = ServiceTokens(
            http_client, url="http://issuer.test/token", client_id="service-intake"
        )
        return VaultClient(http_client, "http://vault.test", tokens)

    def _answer(self, request: httpx.Request) -> httpx.Response:
        if self.stopped:
            return httpx.Response(503)
        if request.url.path == "/token":
            return httpx.Response(200, json={"access_token": "own", "expires_in": 600})
        self.bearers.append(request.headers["authorization"])
        asked = orjson.loads(request.content)
        if request.url.path == "/v1/keys":
            made = self.make(asked["count"])
            return httpx.Response(200, json=[{"key": k, "public_key": p} for k, p in made.items()])
        return httpx.Response(200, json=[self._open(value, asked) for value in asked["values"]])

    def _open(self, value: dict[str, str], asked: dict[str, Any]) -> dict[str, Any]:
        sealed = SealedValue.model_validate(value)
        opened = open_value(self.keys[sealed.key], sealed, subject=asked["case"])
        return {"commitment": sealed.commitment, "value": opened.value}

    def read(self, value: dict[str, str], *, case: str) -> Any:  # noqa: ANN401 - any JSON
        sealed = SealedValue.model_validate(value)
        return open_value(self.keys[sealed.key], sealed, subject=case).value


@dataclass
class Stand:
    """What a test talks to."""

    app: FastAPI
    client: httpx.AsyncClient
    engine: AsyncEngine
    vault: FakeVault
    identities: Identities
    folder: Path

    def headers(self, who: str, **more: str) -> dict[str, str]:
        names = {name.replace("_", "-"): value for name, value in more.items()}
        return {**self.identities.headers(who), **names}

    async def stock(self, count: int = 20) -> None:
        async with door.open_door(self.engine, pen=PEN, journey=Journey(actor="test:1")) as tx:
            await sellers.add_spare_keys(tx, self.vault.make(count))

    async def post(
        self, body: dict[str, Any], *, who: str = FRONT_END, key: str | None = None
    ) -> httpx.Response:
        headers = self.headers(who, Idempotency_Key=key or uuid4().hex)
        return await self.client.post("/v1/cases", json=body, headers=headers)

    async def filed(self, **changes: Any) -> str:  # noqa: ANN401 - any JSON
        response = await self.post(a_case(**changes))
        assert response.status_code == 201, response.text
        case: str = response.json()["id"]
        return case

    async def get(self, path: str, *, who: str = FRONT_END) -> httpx.Response:
        return await self.client.get(path, headers=self.headers(who))

    async def hear(self, case: str, *facts: Contract, start: int = 1, at: datetime = NOON) -> None:
        records = news(case, *facts, start=start, at=at)
        await deliver(records, to=CONSUMER, engine=self.engine, pen=PEN)
        self.app.state.desk.changes.tell(case)

    async def events(self, *types: str) -> list[dict[str, Any]]:
        """Return the payloads that were announced, of these types only if any are named."""
        async with self.engine.connect() as connection:
            rows = await connection.execute(
                text("select headers->>'ce_type' as type, payload from outbox order by id")
            )
            return [orjson.loads(row.payload) for row in rows if not types or row.type in types]


@asynccontextmanager
async def running(
    engine: AsyncEngine, folder: Path, *, text_model: Path | None = None
) -> AsyncIterator[Stand]:
    vault, identities = FakeVault(), Identities()
    url = engine.url.render_as_string(hide_password=False)
    settings = settings_for(folder, url, text_model=text_model)
    service = put_together(settings, vault.client())
    app = create_app(service, settings, verifier=identities.verifier())
    async with (
        app.router.lifespan_context(app),
        httpx.AsyncClient(
            transport=httpx.ASGITransport(app, raise_app_exceptions=False),
            base_url="http://intake.test",
        ) as client,
    ):
        stand = Stand(app, client, engine, vault, identities, folder)
        await stand.stock()
        yield stand


def settings_for(folder: Path, database_url: str, *, text_model: Path | None = None) -> Settings:
    tag_key, signing_key = folder / "tag.key", folder / "signing.pem"
    tag_key.write_bytes(bytes(range(32)))
    tag_key.chmod(0o600)
    write_new_key(signing_key)
    return Settings(
        service="intake",
        port=0,
        role="api",
        database_url=SecretStr(database_url),
        issuer=ISSUER,
        audience=AUDIENCE,
        jwks_url=f"{ISSUER}/jwks.json",
        signing_key_file=signing_key,
        tag_key_file=tag_key,
        guard_patience=0.1,
        playbooks=PLAYBOOKS,
        text_model=text_model,
        data=folder / "data",
    )
