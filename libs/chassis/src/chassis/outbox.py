"""Events leave a service through a table, in the transaction of the change."""

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Final
from uuid import UUID

import orjson
from opentelemetry import propagate

from chassis import ids, views
from chassis.cloudevents import to_headers
from chassis.signing import Signer, sign_headers
from contracts.catalogue import schema_ref
from contracts.event import Contract, Envelope, Event
from contracts.writing import check_words

if TYPE_CHECKING:
    from chassis.door import Pen, Tx

LARGEST_PAYLOAD: Final = 64 * 1024
_ONE_TICK: Final = timedelta(milliseconds=1)

# Streams come sorted, so that two transactions never wait for each other. The time is asked
# for when the row is locked: it cannot run backwards against the sequence. `last_time` is that
# of the last of `count` events, each a millisecond after the one before.
_TAKE_PLACES = """
insert into stream_head as head (topic, subject, last_sequence, last_time)
select topic, subject, count,
       date_trunc('milliseconds', clock_timestamp()) + (count - 1) * interval '1 ms'
from unnest($1::text[], $2::text[], $3::int[]) with ordinality as asked (topic, subject, count, nth)
order by nth
on conflict (topic, subject) do update
    set last_sequence = head.last_sequence + excluded.last_sequence,
        last_time = greatest(
            head.last_time + interval '1 ms', date_trunc('milliseconds', clock_timestamp())
        ) + (excluded.last_sequence - 1) * interval '1 ms'
returning topic, subject, last_sequence, last_time
"""
# The views go along: one round trip less, and no transaction that says something lacks it.
_ADD = f"""
with viewed as ({views.WRITE}), added as (
    insert into outbox (event_id, topic, subject, sequence, key, headers, payload, created_at)
    select event_id, topic, subject, sequence, key, headers, payload, created_at
    from unnest(
        $7::uuid[], $8::text[], $9::text[], $10::int[], $11::bytea[], $12::jsonb[], $13::bytea[],
        $14::timestamptz[]
    ) with ordinality
        as a (event_id, topic, subject, sequence, key, headers, payload, created_at, nth)
    order by nth
    returning id, topic, subject
)
insert into outbox_pending (id, topic, subject) select id, topic, subject from added
"""  # noqa: S608 - of constants


class PayloadTooLarge(Exception):
    """A fact is more than 64 KiB of JSON: no topic takes it, so no outbox may hold it."""


class MayNotSpeak(Exception):
    """This service must not say anything now; `Pen.permit` knows why. Nothing was written."""


class CaseNotLocked(Exception):
    """An event of a case was announced without its view: lock it before deciding on it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Outgoing:
    """An event that waits for its place and its time."""

    event_id: UUID
    topic: str
    subject: str
    key: bytes
    fact: Contract
    payload: bytes
    correlation_id: UUID
    causation_id: UUID | None
    request_id: str | None
    marketplace: str | None
    playbook: str | None
    actor: str
    traceparent: str | None


def announce(  # noqa: PLR0913 - the optional parts of an envelope; a parcel of them helps nobody
    tx: "Tx",
    fact: Contract,
    *,
    subject: str,
    case: str | None = None,
    marketplace: str | None = None,
    playbook: str | None = None,
    actor: str | None = None,
    topic: str | None = None,
    event_id: UUID | None = None,
    key: str | None = None,
) -> UUID:
    """
    Say a fact with this transaction. Only collects: it is numbered, signed and written last.

    `case` names the case of an event about something else (a letter): marketplace, playbook and
    correlation come from that case's locked view, else from the subject's.

    Raises:
        PayloadTooLarge: More than 64 KiB.
        UnknownWord: A field holds a word outside of its list.
        CaseNotLocked: An event of a case whose view this transaction has not locked.
    """
    view = tx.views.get(case or subject)
    topic = topic or fact.topic
    if topic == views.FOLDED_TOPIC and view is None and fact.type != views.OPENING:
        raise CaseNotLocked(f"{fact.type} about {subject}")
    event_id = event_id or ids.uuid7(tx.now)
    state = view.state if view else None
    cause = tx.journey.cause
    following = state.correlation_id if state else cause.correlation_id if cause else event_id
    tx.outgoing.append(
        Outgoing(
            event_id=event_id,
            topic=topic,
            subject=subject,
            key=(key or subject).encode(),
            fact=fact,
            payload=_payload(fact),
            correlation_id=following,
            causation_id=cause.id if cause else None,
            request_id=tx.journey.request_id,
            marketplace=marketplace or (state.marketplace if state else None),
            playbook=playbook or (state.playbook if state else None),
            actor=actor or tx.journey.actor,
            traceparent=tx.journey.traceparent or _current_traceparent(),
        )
    )
    return event_id


def _payload(fact: Contract) -> bytes:
    check_words(fact)
    payload = fact.model_dump_json(by_alias=True, exclude_none=True).encode()
    if len(payload) > LARGEST_PAYLOAD:
        raise PayloadTooLarge(f"{fact.type}: {len(payload)} bytes, {LARGEST_PAYLOAD} allowed")
    return payload


def _current_traceparent() -> str | None:
    carrier: dict[str, str] = {}
    propagate.inject(carrier)
    return carrier.get("traceparent")


async def flush(tx: "Tx", pen: "Pen") -> None:
    """
    Write what was announced, and the views: two round trips, however many events.

    The service folds its own events of cases here, so that its next command sees them.
    """
    if not tx.outgoing:
        await views.write_back(tx)
        return
    pen.permit()
    ends = await _take_places(tx)
    events = list(_number(tx.outgoing, ends, pen))
    for event, outgoing in zip(events, tx.outgoing, strict=True):
        if outgoing.topic == views.FOLDED_TOPIC:
            views.project(tx, event, pen.fold)
    await _add(tx, events, pen.signer)
    tx.positions |= {stream: sequence for stream, (sequence, _) in ends.items()}
    tx.outgoing.clear()


_Ends = dict[tuple[str, str], tuple[int, datetime]]


async def _take_places(tx: "Tx") -> _Ends:
    counts = sorted(Counter((one.topic, one.subject) for one in tx.outgoing).items())
    topics, subjects = [s[0] for s, _ in counts], [s[1] for s, _ in counts]
    connection = await tx.raw()
    rows = await connection.fetch(_TAKE_PLACES, topics, subjects, [n for _, n in counts])
    return {(topic, subject): (last, time) for topic, subject, last, time in rows}


def _number(outgoing: list[Outgoing], ends: _Ends, pen: "Pen") -> Iterator[Event[Contract]]:
    """Give each event its place: the last of its stream is known, the others come before."""
    left = Counter((one.topic, one.subject) for one in outgoing)
    for one in outgoing:
        stream = (one.topic, one.subject)
        left[stream] -= 1
        sequence, time = ends[stream]
        yield Event(
            _envelope(one, sequence - left[stream], time - left[stream] * _ONE_TICK, pen), one.fact
        )


def _envelope(one: Outgoing, sequence: int, time: datetime, pen: "Pen") -> Envelope:
    return Envelope(
        id=one.event_id,
        producer=pen.service,
        type=one.fact.type,
        subject=one.subject,
        sequence=sequence,
        time=time,
        schema_ref=schema_ref(type(one.fact)),
        correlation_id=one.correlation_id,
        causation_id=one.causation_id,
        request_id=one.request_id,
        marketplace=one.marketplace,
        playbook=one.playbook,
        actor=one.actor,
        key_id=pen.signer.key_id,
    )


async def _add(tx: "Tx", events: list[Event[Contract]], signer: Signer) -> None:
    rows = [
        (
            event.id,
            one.topic,
            one.subject,
            event.envelope.sequence,
            one.key,
            orjson.dumps(_headers(event.envelope, one, signer)).decode(),
            one.payload,
            event.time,
        )
        for event, one in zip(events, tx.outgoing, strict=True)
    ]
    connection = await tx.raw()
    await connection.execute(_ADD, *views.take_changed(tx), *map(list, zip(*rows, strict=True)))


def _headers(envelope: Envelope, one: Outgoing, signer: Signer) -> dict[str, str]:
    headers = sign_headers(to_headers(envelope), one.payload, signer)
    return headers | ({"traceparent": one.traceparent} if one.traceparent else {})
