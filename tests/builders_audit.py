"""Events on their way into the log, and the log itself at work, for tests of audit."""

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from hashlib import sha256
from pathlib import Path
from typing import Any
from uuid import UUID

import orjson
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncEngine

from audit.consumers import sink
from audit.domain.note import NoteSigner, origin
from audit.handlers.sequence_batch import Sequencer, sequence_batch
from audit.handlers.sign_head import STATE_FILE, Notary, sign_head
from chassis.cloudevents import RawRecord, to_headers
from chassis.consumer import store
from chassis.door import Journey, Pen, run
from chassis.ids import derived_uuid, from_uuid
from chassis.signing import Signer, sign_headers
from contracts.event import Envelope

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
) -> RawRecord:
    """Return a signed event as Kafka has it; of a type that this release does not know."""
    envelope = Envelope(
        id=event_id or derived_uuid(producer, about, str(sequence)),
        producer=producer,
        type=type_,
        subject=about,
        sequence=sequence,
        time=NOON + timedelta(seconds=sequence),
        schema_ref=f"{type_}#1",
        correlation_id=derived_uuid("intake", about, "1"),
        marketplace=marketplace,
        playbook="marketplace-core@1.0.0",
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
        self.notary = Notary(signer=LOG_SIGNER, state=self.folder / STATE_FILE)

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
