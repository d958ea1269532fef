"""A vault whose database was restored from before an erasure, over a real Kafka."""

from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import asyncpg
import httpx
import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from pydantic import SecretStr
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncEngine

from builders_contracts import CASE, a_case_opened, a_route
from chassis.broker import Kafka
from chassis.clock import perform
from chassis.relay import publish_some
from chassis.service import create_app
from chassis.signing import Signer
from chassis.vault import seal
from conftest import EngineFor
from contracts.cases import Seller
from contracts.catalogue import CASES, GOVERNANCE
from contracts.resolution import CaseResolved
from contracts.sealed import SealedValue
from corner import corner_of
from identities import AUDIENCE, ISSUER, Identities
from service_house import House, Plan, open_house
from stack.kafka import Kafka as Broker
from stack.postgres import Postgres
from stack.waiting import until
from vault.api import ROUTERS
from vault.api.problems import PROBLEMS
from vault.clock import Recall, recalling
from vault.consumers import vault_consumer
from vault.main import build
from vault.settings import Settings

MASTER = bytes(range(32))
WORDS = "canary: my payout was paused on Monday."
RESOLVED = CaseResolved(outcome="released", root_cause="verification_expired", episode=0)
OF_THE_VAULT = Ed25519PrivateKey.from_private_bytes(bytes(32))  # with which houses sign


async def no_holds(*, marketplace: str, seller: str) -> Sequence[str]:
    return () if marketplace and seller else ("hld_1",)


PLAN = Plan(
    name="vault",
    routers=ROUTERS,
    problems=PROBLEMS,
    consumer=vault_consumer(),
    state={"master_key": lambda: MASTER, "check_recall": lambda: None, "holds": no_holds},
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Erased:
    """A seller who was erased: the event is on the topic, the key is in the backup."""

    seller: Seller
    backup: AsyncEngine
    kafka: Kafka

    @property
    def value(self) -> SealedValue:
        whose = {"public_key": self.seller.public_key, "key": self.seller.key}
        return seal(WORDS, **whose, class_="narrative", subject=CASE)

    async def wrapped(self) -> bytes | None:
        async with self.backup.connect() as connection:
            found: bytes | None = await connection.scalar(text("select wrapped from keys"))
            return found


@pytest.fixture
async def house(engine_for: EngineFor, tmp_path: Path) -> AsyncIterator[House]:
    async with open_house(PLAN, await engine_for("vault"), tmp_path) as house:
        yield house


@pytest.fixture
async def erased(house: House, engine_for: EngineFor, server: Postgres, broker: Broker) -> Erased:
    kafka = await corner_of(broker, GOVERNANCE, CASES)
    [spare] = (await house.post("/v1/keys", {"count": 1}, by="service-intake")).json()
    seller = a_case_opened().seller.model_copy(update=spare)
    await house.hear((a_case_opened(seller=seller), a_route(), RESOLVED))

    backup = await engine_for("vault")
    await _copy(house.engine, backup, server)
    for who in ("ines", "ivo"):
        answer = await house.post(f"/v1/sellers/{seller.id}/erasure", by=who)
        assert answer.is_success, answer.text
    async with kafka.writer() as writer:
        while await publish_some(house.engine, writer):
            pass
    return Erased(seller=seller, backup=backup, kafka=kafka)


_END_SESSIONS = "select pg_terminate_backend(pid) from pg_stat_activity where datname = $1"


async def _copy(of: AsyncEngine, to: AsyncEngine, server: Postgres) -> None:
    """Back a database up into another, which is there already."""
    await of.dispose()
    await to.dispose()
    admin = await asyncpg.connect(server.url())

    async def copied() -> bool:
        """A session that was closed just now is still counted until the server has ended it."""
        await admin.execute(_END_SESSIONS, of.url.database)
        with suppress(asyncpg.ObjectInUseError):
            await admin.execute(f"create database {to.url.database} template {of.url.database}")
            return True
        return False

    try:
        await admin.execute(f"drop database {to.url.database} with (force)")
        await until(copied, within=60)
    finally:
        await admin.close()
        await of.dispose()  # of what was ended above, nothing may be used again


def keys(private: Ed25519PrivateKey = OF_THE_VAULT) -> Any:  # noqa: ANN401 - keys by id
    signer = Signer.of(private, service="vault")
    return {signer.key_id: signer.public_key}


class TestRecall:
    async def test_destroys_again_what_a_backup_brought_back(self, erased: Erased) -> None:
        assert await erased.wrapped() is not None
        recall = Recall(erased.kafka, keys=keys)

        await perform(recalling(recall), engine=erased.backup, pen=PLAN.pen)

        assert await erased.wrapped() is None
        assert await recall.ask() is None

    async def test_destroys_a_key_that_the_backup_knows_as_spare(self, erased: Erased) -> None:
        async with erased.backup.begin() as connection:
            await connection.execute(
                text("update keys set state = 'spare', seller = null, marketplace = null")
            )

        await perform(
            recalling(Recall(erased.kafka, keys=keys)), engine=erased.backup, pen=PLAN.pen
        )

        assert await erased.wrapped() is None

    async def test_says_nothing_of_it_again(self, erased: Erased) -> None:
        recall = Recall(erased.kafka, keys=keys)

        for _ in range(2):
            await perform(recalling(recall), engine=erased.backup, pen=PLAN.pen)

        async with erased.backup.connect() as connection:
            assert await connection.scalar(text("select count(*) from outbox")) == 0
            assert await connection.scalar(text("select count(*) from erasures")) == 1

    async def test_believes_the_vault_alone(self, erased: Erased) -> None:
        """Whoever can write to the topic could destroy any key otherwise."""
        others = Ed25519PrivateKey.from_private_bytes(b"\x01" * 32)
        recall = Recall(erased.kafka, keys=lambda: keys(others))

        await perform(recalling(recall), engine=erased.backup, pen=PLAN.pen)

        assert await erased.wrapped() is not None

    async def test_destroys_what_is_brought_back_under_a_running_vault(
        self, erased: Erased, server: Postgres, engine_for: EngineFor
    ) -> None:
        recall = Recall(erased.kafka, keys=keys)
        second = await engine_for("vault")
        await _copy(erased.backup, second, server)
        await perform(recalling(recall), engine=erased.backup, pen=PLAN.pen)

        await _copy(second, erased.backup, server)
        await perform(recalling(recall), engine=erased.backup, pen=PLAN.pen)

        assert await erased.wrapped() is None


@asynccontextmanager
async def running(
    engine: AsyncEngine, kafka: Kafka, folder: Path
) -> AsyncIterator[tuple[httpx.AsyncClient, Identities]]:
    """Run the vault itself on a database."""
    identities = Identities()
    settings = _settings(engine, kafka, folder)
    app = create_app(build(settings), settings, verifier=identities.verifier())
    async with (
        app.router.lifespan_context(app),
        httpx.AsyncClient(
            transport=httpx.ASGITransport(app), base_url="http://vault.test", timeout=30
        ) as client,
    ):
        yield client, identities


def _settings(engine: AsyncEngine, kafka: Kafka, folder: Path) -> Settings:
    for name in ("tag.key", "master.key"):
        (folder / name).write_bytes(MASTER)
        (folder / name).chmod(0o600)
    pem = OF_THE_VAULT.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    (folder / "vault.pem").write_bytes(pem)
    return Settings(
        service="vault",
        port=0,
        database_url=SecretStr(engine.url.render_as_string(hide_password=False)),
        kafka=kafka.servers,
        topic_prefix=kafka.prefix,
        issuer=ISSUER,
        audience=AUDIENCE,
        jwks_url=f"{ISSUER}/jwks.json",
        signing_key_file=folder / "vault.pem",
        tag_key_file=folder / "tag.key",
        master_key_file=folder / "master.key",
        data=folder,
    )


async def open_by(
    client: httpx.AsyncClient, identities: Identities, value: SealedValue
) -> httpx.Response:
    body = {"values": [value.model_dump(by_alias=True)], "purpose": "audit", "case": CASE}
    return await client.post("/v1/openings", json=body, headers=identities.headers("ines"))


async def problems(client: httpx.AsyncClient) -> dict[str, str]:
    found: dict[str, str] = (await client.get("/readyz")).json()["problems"]
    return found


class TestRestoredVault:
    @pytest.mark.fault(77)
    async def test_opens_nothing_of_an_erased_seller_from_its_first_answer_on(
        self, erased: Erased, tmp_path: Path
    ) -> None:
        async with running(erased.backup, erased.kafka, tmp_path) as (client, identities):
            answers = [await open_by(client, identities, erased.value)]

            async def applied() -> bool:
                answers.append(await open_by(client, identities, erased.value))
                return "erasures" not in await problems(client)

            await until(applied, within=30)
            last = await open_by(client, identities, erased.value)

        assert {answer.status_code for answer in answers} <= {410, 503}
        assert (last.status_code, last.json()["code"]) == (410, "erased")
        assert all(WORDS not in answer.text for answer in [*answers, last])
        assert await erased.wrapped() is None

    @pytest.mark.fault(77)
    async def test_is_not_ready_and_opens_nothing_before_it_has_heard_who_was_erased(
        self, erased: Erased, tmp_path: Path
    ) -> None:
        away = Kafka(servers="127.0.0.1:9", prefix=erased.kafka.prefix)

        async with running(erased.backup, away, tmp_path) as (client, identities):
            ready = await client.get("/readyz")
            refused = await open_by(client, identities, erased.value)

        assert ready.status_code == 503
        assert "erasures" in ready.json()["problems"]
        assert (refused.status_code, refused.json()["code"]) == (503, "vault-unavailable")
