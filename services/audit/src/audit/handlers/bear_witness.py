"""Audit's own events: numbered and signed like any other, but straight into the log."""

from datetime import datetime
from hashlib import sha256
from typing import Final
from uuid import UUID

from audit.domain.arrivals import Arrival, Place
from audit.domain.leaf import leaf_of
from audit.store import staged
from chassis import ids
from chassis.cloudevents import to_headers
from chassis.door import Tx
from chassis.signing import Signer, sign_headers, signed_bytes
from contracts.catalogue import AUDIT, schema_ref
from contracts.event import Contract, Envelope

PRODUCER: Final = "audit"

# As the chassis numbers what goes to Kafka: under the lock of the stream, which is held until the
# commit, so that times and numbers run together and a number that is seen has all before it.
_NEXT_PLACE = """
insert into stream_head as head (topic, subject, last_sequence, last_time)
values ($1, $2, 1, date_trunc('milliseconds', clock_timestamp()))
on conflict (topic, subject) do update
    set last_sequence = head.last_sequence + 1,
        last_time = greatest(
            head.last_time + interval '1 ms', date_trunc('milliseconds', clock_timestamp())
        )
returning last_sequence, last_time
"""


async def bear_witness(  # noqa: PLR0913 - the optional parts of an envelope; a parcel of them helps nobody
    tx: Tx,
    fact: Contract,
    *,
    signer: Signer,
    subject: str,
    marketplace: str | None = None,
    correlation_id: UUID | None = None,
    event_id: UUID | None = None,
) -> UUID:
    """
    Stage an event of audit's own in the transaction of what it tells; it never goes to Kafka.

    `subject` is the case concerned, else the log. Commits or rolls back with the read or verdict
    itself, so there is none without its leaf.
    """
    event_id = event_id or ids.uuid7(tx.now)
    sequence, at = await _take_place(tx, subject)
    envelope = Envelope(
        id=event_id,
        producer=PRODUCER,
        type=fact.type,
        subject=subject,
        sequence=sequence,
        time=at,
        schema_ref=schema_ref(type(fact)),
        correlation_id=correlation_id or event_id,
        request_id=tx.journey.request_id,
        marketplace=marketplace,
        actor=tx.journey.actor,
    )
    await staged.add(tx, [_arrival(envelope, fact, signer)])
    return event_id


async def _take_place(tx: Tx, subject: str) -> tuple[int, datetime]:
    connection = await tx.raw()
    row = await connection.fetchrow(_NEXT_PLACE, AUDIT, subject)
    return row["last_sequence"], row["last_time"]


def _arrival(envelope: Envelope, fact: Contract, signer: Signer) -> Arrival:
    payload = fact.model_dump_json(by_alias=True, exclude_none=True).encode()
    headers = sign_headers(to_headers(envelope), payload, signer)
    return Arrival(
        event_id=envelope.id,
        digest=sha256(signed_bytes(headers, payload)).digest(),
        place=Place(PRODUCER, AUDIT, envelope.subject, envelope.sequence),
        partition=None,
        offset=None,
        type=envelope.type,
        marketplace=envelope.marketplace,
        occurred_at=envelope.time,
        headers=headers,
        payload=payload,
        leaf=leaf_of(
            headers,
            payload_sha256=sha256(payload).digest(),
            src=None,
            recorded_at=envelope.time,
        ),
        received_at=envelope.time,
    )
