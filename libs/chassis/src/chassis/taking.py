"""What becomes of one event inside a batch: judged, then applied or put aside."""

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from functools import partial
from typing import TypeVar

import structlog
from opentelemetry import propagate, trace
from prometheus_client import Counter
from pydantic import ValidationError
from sqlalchemy.ext.asyncio import AsyncEngine

from chassis import failpoint, ids, inbox, outcome, parking, views
from chassis.cloudevents import RawRecord
from chassis.door import Journey, Pen, Tx, run
from chassis.failures import Permanent
from chassis.inbox import Cursor, Stream, Verdict
from chassis.outcome import Outcome
from chassis.parking import Parked, Reason
from chassis.subscriptions import Consumer
from chassis.telemetry import trace_id_in
from contracts.event import AnyEvent, Contract, Envelope, Event

T = TypeVar("T")

_log = structlog.get_logger()
_tracer = trace.get_tracer("chassis")


@dataclass(frozen=True, slots=True, kw_only=True)
class Arrival:
    """An event that has come; `attempts` counts earlier failures of a parked one."""

    record: RawRecord
    envelope: Envelope
    attempts: int = 0

    @property
    def stream(self) -> Stream:
        return Stream(self.envelope.producer, self.record.topic, self.envelope.subject)

    @property
    def place(self) -> parking.Place:
        return (self.record.topic, self.record.partition, self.record.offset)


@dataclass(frozen=True, slots=True, kw_only=True)
class Reader:
    """Who takes a batch, and from where: live from the topic, or `draining` parked records."""

    to: Consumer
    engine: AsyncEngine
    pen: Pen
    draining: bool = False

    async def run(self, work: Callable[[Tx], Awaitable[T]]) -> T:
        """Do work of this consumer behind a door."""
        journey = Journey(actor=f"service:{self.to.name}")
        return await run(self.engine, work, pen=self.pen, journey=journey)


@dataclass(slots=True, kw_only=True)
class Batch:
    tx: Tx
    reader: Reader
    blocked: dict[str, bool]
    cursors: dict[Stream, Cursor]
    heads: Mapping[tuple[str, str], int]
    born_at: datetime | None = None
    """Of a consumer that begins an older case wherever it first hears of it."""
    moved: dict[Stream, Cursor] = field(default_factory=dict)
    held: set[str] = field(default_factory=set)
    parked: list[Parked] = field(default_factory=list)
    refused: list[tuple[RawRecord, str]] = field(default_factory=list)
    taken: list[Arrival] = field(default_factory=list)
    outcome: Outcome = field(default_factory=Outcome)


async def take(batch: Batch, arrival: Arrival) -> None:
    """Apply an event, or put it aside. An error of its handler means: roll back."""
    verdict = _judge(batch, arrival)
    if verdict is Verdict.APPLY:
        await _apply(batch, arrival)
    else:
        _put_aside(batch, arrival, verdict)


def _judge(batch: Batch, arrival: Arrival) -> Verdict:
    envelope, cursor = arrival.envelope, batch.cursors.get(arrival.stream)
    if envelope.producer == batch.reader.pen.service:
        head = batch.heads.get((arrival.record.topic, envelope.subject), 0)
        return inbox.decide_echo(envelope, cursor, head=head)
    verdict = inbox.decide_verdict(envelope, cursor, blocked=batch.blocked[envelope.subject])
    if verdict is Verdict.GAP and cursor is None and _is_older_than_we(batch, arrival):
        return Verdict.APPLY
    return Verdict.GAP if verdict is Verdict.APPLY and _lacks_opening(batch, arrival) else verdict


def _lacks_opening(batch: Batch, arrival: Arrival) -> bool:
    """
    Tell what cannot be folded yet because the first event of its case is missing here.

    If that has been given up, or was before this consumer's time, nothing is waited for.
    """
    opening = Stream(views.OPENER, arrival.record.topic, arrival.envelope.subject)
    return (
        not _is_opening(arrival)
        and _is_unopened(batch, arrival)
        and opening not in batch.cursors
        and not _is_older_than_we(batch, arrival)
    )


def _is_opening(arrival: Arrival) -> bool:
    return (arrival.envelope.producer, arrival.envelope.sequence) == (views.OPENER, 1)


def _is_unopened(batch: Batch, arrival: Arrival) -> bool:
    is_folded = arrival.record.topic == views.FOLDED_TOPIC
    return is_folded and views.is_unopened(batch.tx, arrival.envelope.subject)


def _is_older_than_we(batch: Batch, arrival: Arrival) -> bool:
    """Tell a subject that was named before this consumer began to listen."""
    if batch.born_at is None:
        return False
    try:
        return ids.created_at(arrival.envelope.subject) < batch.born_at
    except ids.NotAnId:
        return False


def _put_aside(batch: Batch, arrival: Arrival, verdict: Verdict) -> None:
    match verdict:
        case Verdict.APPLY:
            raise AssertionError("applied elsewhere")
        case Verdict.DUPLICATE:
            batch.outcome.duplicates += 1
            _count(batch, outcome.DUPLICATES, arrival)
        case Verdict.ECHO:
            batch.outcome.echoes += 1
            _count(batch, outcome.ECHOES, arrival)
            _move(batch, arrival)
        case Verdict.CONFLICT:
            _refuse_conflict(batch, arrival)
        case Verdict.GAP:
            _park(batch, arrival, Reason.GAP)
        case Verdict.BEHIND:
            _note_filler(batch, arrival)
            _park(batch, arrival, Reason.BEHIND)
        case Verdict.UNWRITTEN:
            _log.error("producer_behind_own_topic", **_names(arrival))
            fail(batch, arrival, Permanent("this service has no record of having said this"))


async def _apply(batch: Batch, arrival: Arrival) -> None:
    contract = batch.reader.to.find_contract(arrival.envelope.type)
    if not _is_opening(arrival) and _is_unopened(batch, arrival):
        _count(batch, outcome.UNFOLLOWED, arrival)
        _move(batch, arrival)
        return
    if contract is None:
        _count(batch, outcome.UNKNOWN, arrival)
        _move(batch, arrival)
        return
    try:
        event = _read(batch, arrival, contract)
    except (ValidationError, Permanent) as error:
        fail(batch, arrival, error)  # nothing was written yet: no need to roll back
        return
    if arrival.record.topic == views.FOLDED_TOPIC:
        views.project(batch.tx, event, batch.reader.pen.fold)
    await _handle(batch, arrival, event)
    failpoint.reach("after_handler")
    batch.outcome.applied += 1
    _count(batch, outcome.APPLIED, arrival)
    _move(batch, arrival)


def _read(batch: Batch, arrival: Arrival, contract: type[Contract]) -> AnyEvent:
    if not contract.may_be_said_by(arrival.envelope.producer):
        raise Permanent(f"only {contract.producer} says {contract.type}")
    view = batch.tx.views.get(arrival.envelope.subject)
    if view and view.state.marketplace != arrival.envelope.marketplace:
        raise Permanent("the case belongs to another marketplace")
    fact = contract.model_validate_json(arrival.record.value or b"")
    return Event(arrival.envelope, fact)


async def _handle(batch: Batch, arrival: Arrival, event: AnyEvent) -> None:
    subscription = batch.reader.to.find(arrival.envelope.type)
    if subscription is None:
        return
    tx, envelope = batch.tx, arrival.envelope
    tx.journey = Journey(
        actor=f"service:{batch.reader.to.name}",
        request_id=envelope.request_id,
        cause=envelope,
        partition=arrival.record.partition,
    )
    context = propagate.extract(arrival.record.headers)
    kind = trace.SpanKind.CONSUMER
    with _tracer.start_as_current_span(f"handle {envelope.type}", context=context, kind=kind):
        await subscription.handle(event, tx)
    tx.after_commit.append(partial(_log.info, "event_handled", **_names(arrival)))


def fail(batch: Batch, arrival: Arrival, error: BaseException) -> None:
    """Park an event that failed, and hold its subject."""
    waiting = _waiting(batch, arrival, Reason.FAILED)
    batch.parked.append(parking.failed(waiting, error, now=batch.tx.now))
    _log.error("record_failed", error=batch.parked[-1].error, **_names(arrival))
    _hold(batch, arrival, Reason.FAILED)


def _park(batch: Batch, arrival: Arrival, reason: Reason) -> None:
    batch.parked.append(_waiting(batch, arrival, reason))
    if reason is Reason.GAP:
        _log.warning("gap_found", **_names(arrival))
    _hold(batch, arrival, reason)


def _waiting(batch: Batch, arrival: Arrival, reason: Reason) -> Parked:
    envelope = arrival.envelope
    return Parked(
        record=arrival.record,
        producer=envelope.producer,
        subject=envelope.subject,
        sequence=envelope.sequence,
        event_id=envelope.id,
        reason=reason,
        attempts=arrival.attempts,
        next_attempt_at=batch.tx.now,
    )


def _hold(batch: Batch, arrival: Arrival, reason: Reason) -> None:
    subject = arrival.envelope.subject
    batch.outcome.parked += 1
    outcome.PARKED.labels(batch.reader.to.name, arrival.record.topic, reason).inc()
    if not batch.blocked[subject]:
        batch.blocked[subject] = True
        batch.held.add(subject)


def _note_filler(batch: Batch, arrival: Arrival) -> None:
    cursor = batch.cursors.get(arrival.stream)
    if arrival.envelope.sequence == (cursor.sequence if cursor else 0) + 1:
        batch.outcome.filled.add(arrival.envelope.subject)


def _refuse_conflict(batch: Batch, arrival: Arrival) -> None:
    batch.outcome.conflicts += 1
    _count(batch, outcome.CONFLICTS, arrival)
    batch.refused.append((arrival.record, "conflict: another event has this sequence"))
    _log.error("sequence_conflict", **_names(arrival))


def _move(batch: Batch, arrival: Arrival) -> None:
    envelope = arrival.envelope
    cursor = Cursor(envelope.sequence, envelope.id, envelope.time)
    batch.cursors[arrival.stream] = batch.moved[arrival.stream] = cursor
    batch.outcome.subjects.add(envelope.subject)


def _count(batch: Batch, counter: Counter, arrival: Arrival) -> None:
    counter.labels(batch.reader.to.name, arrival.record.topic).inc()


def _names(arrival: Arrival) -> dict[str, str | int | None]:
    envelope = arrival.envelope
    return {
        "trace_id": trace_id_in(arrival.record.headers),
        "event_type": envelope.type,
        "event_id": str(envelope.id),
        "producer": envelope.producer,
        "subject": envelope.subject,
        "sequence": envelope.sequence,
        "topic": arrival.record.topic,
        "partition": arrival.record.partition,
        "offset": arrival.record.offset,
    }
