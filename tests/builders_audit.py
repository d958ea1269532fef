"""Events on their way into the log, and the log itself at work, for tests of audit."""

from base64 import b64encode
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from hashlib import sha256
from pathlib import Path
from typing import Any
from uuid import UUID

import httpx
import orjson
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncEngine

from audit.consumers import sink
from audit.domain.note import NoteSigner, origin
from audit.handlers.sequence_batch import Sequencer, sequence_batch
from audit.handlers.sign_head import STATE_FILE, Notary, sign_head, would_do_something
from audit.main import build
from audit.settings import Settings
from chassis.cloudevents import RawRecord, to_headers
from chassis.consumer import store
from chassis.door import Journey, Pen, run
from chassis.ids import derived_uuid, from_uuid
from chassis.service import create_app
from chassis.signing import Signer, sign_headers
from contracts.event import Contract, Envelope
from identities import AUDIENCE, ISSUER, Identities

CASE = from_uuid("case", UUID(int=1 << 100 | 7 << 76))
OTHER_CASE = from_uuid("case", UUID(int=2 << 100 | 7 << 76))
NOON = datetime(2026, 11, 22, 12, 0, tzinfo=UTC)
PRODUCERS = ("intake", "router", "resolution", "handoff", "sla-monitor", "vault", "audit")
SIGNERS = {
    name: Signer.of(
        Ed25519PrivateKey.from_private_bytes(sha256(name.encode()).digest()), service=name
    )
    for name in PRODUCERS
}
PUBLIC_KEYS = {signer.key_id: signer.public_key for signer in SIGNERS.values()}
LOG_SIGNER = NoteSigner(
    name=origin(host="audit.test", log="main", epoch=0),
    private=Ed25519PrivateKey.from_private_bytes(b"\x07" * 32),
)
PEN = Pen(service="audit", signer=SIGNERS["audit"])
BY_AUDIT = Journey(actor="service:audit")
PATIENCE = timedelta(minutes=15)


def record(  # noqa: PLR0913 - a test shows what it is about
    sequence: int = 1,
    *,
    producer: str = "router",
    about: str = CASE,
    type_: str = "case.told.v1",
    fact: dict[str, Any] | None = None,
    event_id: UUID | None = None,
    offset: int | None = None,
    marketplace: str = "harbour",
    signer: str | None = None,
    topic: str = "cases.v1",
    playbook: str = "marketplace-core@1.0.0",
    time: datetime | None = None,
) -> RawRecord:
    """Return a signed event as Kafka has it; of a type that this release does not know."""
    envelope = Envelope(
        id=event_id or derived_uuid(producer, about, str(sequence)),
        producer=producer,
        type=type_,
        subject=about,
        sequence=sequence,
        time=time or NOON + timedelta(seconds=sequence),
        schema_ref=f"{type_}#1",
        correlation_id=derived_uuid("intake", about, "1"),
        marketplace=marketplace,
        playbook=playbook,
        actor=f"service:{producer}",
    )
    value = orjson.dumps(fact or {"n": sequence})
    return RawRecord(
        topic=topic,
        partition=0,
        offset=sequence if offset is None else offset,
        key=about.encode(),
        headers=sign_headers(to_headers(envelope), value, SIGNERS[signer or producer]),
        value=value,
        timestamp_ms=1_795_348_923_601 + sequence,
    )


def journey(*facts: Contract, about: str = CASE) -> list[RawRecord]:
    """Return records of facts as their producers number them, in this order."""
    counts, records = dict[str, int](), list[RawRecord]()
    for offset, fact in enumerate(facts):
        counts[fact.producer] = counts.get(fact.producer, 0) + 1
        body = orjson.loads(fact.model_dump_json(by_alias=True, exclude_none=True))
        records.append(
            record(
                counts[fact.producer],
                producer=fact.producer,
                about=about,
                type_=fact.type,
                fact=body,
                offset=offset,
            )
        )
    return records


def changed(original: RawRecord, **headers: str) -> RawRecord:
    """Return the record with headers that its producer has not signed."""
    return replace(original, headers={**original.headers, **headers})


@dataclass(slots=True, kw_only=True)
class RunningLog:
    """Audit's stages, a call each, on one database."""

    engine: AsyncEngine
    folder: Path
    sequencer: Sequencer = field(default_factory=Sequencer)
    notary: Notary = field(init=False)

    def __post_init__(self) -> None:
        self.notary = Notary(signers=[LOG_SIGNER], state=self.folder / STATE_FILE)

    async def take(self, *records: RawRecord) -> None:
        """Hand records to ingest, as the loop does: one transaction."""
        to = sink(keys=lambda: PUBLIC_KEYS, signer=lambda: SIGNERS["audit"])
        await store(records, to=to, engine=self.engine, pen=PEN)

    async def sequence(
        self, *, by: Sequencer | None = None, patience: timedelta = PATIENCE
    ) -> None:
        """Let the sequencer work until it has nothing more to do."""
        while await self._batch(by or self.sequencer, patience):
            pass

    async def _batch(self, by: Sequencer, patience: timedelta) -> bool:
        return await run(
            self.engine,
            lambda tx: sequence_batch(tx, by=by, signer=SIGNERS["audit"], patience=patience),
            pen=PEN,
            journey=BY_AUDIT,
        )

    async def sign(self) -> None:
        """Glance first, as the duty does: what it overlooks is not signed here either."""
        if await would_do_something(self.engine, by=self.notary):
            await self.sign_at_once()

    async def sign_at_once(self) -> None:
        await run(self.engine, lambda tx: sign_head(tx, by=self.notary), pen=PEN, journey=BY_AUDIT)

    async def log(self, *records: RawRecord) -> None:
        """Take records all the way: staged, sequenced, signed."""
        await self.take(*records)
        await self.sequence()
        await self.sign()

    async def rows(self, query: str) -> Sequence[tuple[Any, ...]]:
        async with self.engine.connect() as connection:
            return [tuple(row) for row in await connection.execute(text(query))]

    async def do(self, *statements: str) -> None:
        async with self.engine.begin() as connection:
            for statement in statements:
                await connection.execute(text(statement))

    async def leaves(self) -> list[tuple[str, str, int]]:
        """List (producer, type, sequence) in the log's order."""
        found = await self.rows("select producer, type, sequence from leaves order by idx")
        return [(row[0], row[1], row[2]) for row in found]


def settings_for(log: RunningLog, *, role: str = "api", **changes: Any) -> Settings:  # noqa: ANN401 - settings of any type
    """Return settings of a process on the log's database, with its key files."""
    folder = log.folder
    pem = SIGNERS["audit"].key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    public = {
        key_id: b64encode(key.public_bytes_raw()).decode() for key_id, key in PUBLIC_KEYS.items()
    }
    (folder / "audit.pem").write_bytes(pem)
    (folder / "public.json").write_bytes(orjson.dumps(public))
    (folder / "tag.key").write_bytes(bytes(32))
    (folder / "tag.key").chmod(0o600)
    given: dict[str, Any] = {
        "service": "audit",
        "port": 0,
        "database_url": log.engine.url.render_as_string(hide_password=False),
        "issuer": ISSUER,
        "audience": AUDIENCE,
        "jwks_url": f"{ISSUER}/jwks.json",
        "signing_key_file": folder / "audit.pem",
        "tag_key_file": folder / "tag.key",
        "public_keys_file": folder / "public.json",
        "data": folder,
        "role": role,
    }
    return Settings(**(given | changes))


@dataclass(slots=True, kw_only=True)
class Desk:
    """Audit's door 1 in process, over a log."""

    log: RunningLog
    client: httpx.AsyncClient
    identities: Identities

    async def get(self, path: str, *, by: str = "ines", **headers: str) -> httpx.Response:
        named = {name.replace("_", "-"): value for name, value in headers.items()}
        return await self.client.get(path, headers=self.identities.headers(by) | named)

    async def export(self, case: str, *, by: str = "ines", key: str = "k1") -> httpx.Response:
        return await self._export({"case": case}, by=by, key=key)

    async def export_range(
        self, begin: int, end: int | None, *, by: str = "ines", key: str = "k1", of: str = "harbour"
    ) -> httpx.Response:
        wanted = {"from": begin} if end is None else {"from": begin, "to": end}
        return await self._export({"range": wanted, "marketplace": of}, by=by, key=key)

    async def _export(self, body: dict[str, Any], *, by: str, key: str) -> httpx.Response:
        headers = self.identities.headers(by) | {"idempotency-key": key}
        return await self.client.post("/v1/exports", json=body, headers=headers)


@asynccontextmanager
async def open_desk(log: RunningLog) -> AsyncIterator[Desk]:
    settings, identities = settings_for(log), Identities()
    app = create_app(build(settings), settings, verifier=identities.verifier())
    transport = httpx.ASGITransport(app)
    async with (
        app.router.lifespan_context(app),
        httpx.AsyncClient(transport=transport, base_url="http://audit.test") as client,
    ):
        yield Desk(log=log, client=client, identities=identities)


@asynccontextmanager
async def open_process(settings: Settings) -> AsyncIterator[httpx.AsyncClient]:
    """Run a process of audit; yield a client of it."""
    app = create_app(build(settings), settings, verifier=Identities().verifier())
    transport = httpx.ASGITransport(app)
    async with (
        app.router.lifespan_context(app),
        httpx.AsyncClient(transport=transport, base_url="http://audit.test") as client,
    ):
        yield client
