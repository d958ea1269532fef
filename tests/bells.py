"""A small world to try the chassis on: a porch where bells are rung, and a hall that answers."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime
from typing import ClassVar
from uuid import UUID

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncEngine

from chassis.cloudevents import RawRecord, to_headers
from chassis.consumer import Consumer, Subscription, subscribe
from chassis.door import Journey, Pen, Tx
from chassis.outbox import announce
from chassis.signing import Signer
from contracts.event import Contract, Envelope, Event

BELLS = "bells.v1"
NOON = datetime(2026, 11, 22, 12, 0, tzinfo=UTC)
BY_TEST = Journey(actor="service:porch", request_id="req_test")


class BellRung(Contract):
    type: ClassVar[str] = "bell.rung.v1"
    producer: ClassVar[str] = "porch"
    topic: ClassVar[str] = BELLS

    times: int = 1


class LampLit(Contract):
    type: ClassVar[str] = "lamp.lit.v1"
    producer: ClassVar[str] = "street"
    topic: ClassVar[str] = BELLS


class BellAnswered(Contract):
    type: ClassVar[str] = "bell.answered.v1"
    producer: ClassVar[str] = "hall"
    topic: ClassVar[str] = "answers.v1"

    times: int


_KNOWN: dict[str, type[Contract]] = {c.type: c for c in (BellRung, LampLit, BellAnswered)}


async def answer(event: Event[BellRung], /, *, tx: Tx) -> None:
    announce(tx, BellAnswered(times=event.fact.times), subject=event.subject)


def hall(*subscriptions: Subscription) -> Consumer:
    """Return a consumer that answers bells, or does what is given instead."""
    return Consumer(
        name="hall",
        topics=(BELLS,),
        subscriptions=subscriptions or (subscribe(BellRung, answer),),
        find_contract=_KNOWN.get,
    )


def pen_of(service: str) -> Pen:
    key = Ed25519PrivateKey.from_private_bytes(service.encode().ljust(32)[:32])
    return Pen(service=service, signer=Signer.of(key, service=service))


def a_record(
    fact: Contract | None = None,
    *,
    sequence: int = 1,
    about: str = "front",
    offset: int | None = None,
    event_id: UUID | None = None,
    marketplace: str = "harbour",
) -> RawRecord:
    """Return a record as Kafka has it. Its offset is its sequence unless another is given."""
    fact = fact or BellRung(times=sequence)
    identity = f"{fact.producer}/{about}/{sequence}"
    envelope = Envelope(
        id=event_id or UUID(int=int.from_bytes(identity.encode()[:16].ljust(16))),
        producer=fact.producer,
        type=fact.type,
        subject=about,
        sequence=sequence,
        time=NOON,
        schema_ref=f"{fact.type}#1",
        correlation_id=UUID(int=9),
        marketplace=marketplace,
    )
    return RawRecord(
        topic=fact.topic,
        partition=0,
        offset=sequence if offset is None else offset,
        key=about.encode(),
        headers=to_headers(envelope),
        value=fact.model_dump_json().encode(),
        timestamp_ms=0,
    )


def as_type(record: RawRecord, event_type: str) -> RawRecord:
    return replace(record, headers={**record.headers, "ce_type": event_type})


async def written(engine: AsyncEngine) -> list[RawRecord]:
    """Return every record of the outbox in the order of its commit, as Kafka would have it."""
    async with engine.connect() as connection:
        rows = await connection.execute(
            text("select id, topic, key, headers, payload from outbox order by id")
        )
        return [
            RawRecord(
                topic=row.topic,
                partition=0,
                offset=row.id,
                key=row.key,
                headers=row.headers,
                value=row.payload,
                timestamp_ms=0,
            )
            for row in rows
        ]


async def answered(engine: AsyncEngine, *, about: str | None = None) -> list[int]:
    """Return which bells the hall has answered, in order."""
    return [
        BellAnswered.model_validate_json(record.value or b"").times
        for record in await written(engine)
        if record.topic == "answers.v1" and about in {None, (record.key or b"").decode()}
    ]


async def rows(engine: AsyncEngine, query: str) -> Sequence[tuple[object, ...]]:
    async with engine.connect() as connection:
        return [tuple(row) for row in await connection.execute(text(query))]
