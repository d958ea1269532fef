"""What a service knows of its cases, built anew from the log: folded, and nothing done about it."""

from collections.abc import AsyncIterator, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final

import orjson
import structlog
from pydantic import ValidationError
from sqlalchemy.ext.asyncio import AsyncEngine

from chassis import application, inbox, views
from chassis.background import kafka_of
from chassis.broker import Kafka, look_back
from chassis.cloudevents import NotAnEvent, RawRecord, read_envelope
from chassis.door import Fold, Journey, Pen, Tx, run
from chassis.inbox import Stream
from chassis.settings import ServiceSettings
from chassis.signing import Signer
from chassis.single import fetch
from chassis.views import CaseView
from contracts import catalogue
from contracts.event import Contract, Event
from contracts.lifecycle import CaseState
from contracts.lifecycle.v1 import CaseNotOpened

_AT_ONCE: Final = 200
_NOWHERE: Final = -1
_CURSORS: Final = """
select producer, topic, subject, last_sequence from inbox_cursor
where consumer = $1 and topic = $2
"""
_HEADS: Final = "select topic, subject, last_sequence from stream_head where topic = $1"
# What this service has said and not published yet stands in no log; what is published again
# stands there already, and is passed over.
_UNPUBLISHED: Final = """
select o.key, o.headers::text, o.payload from outbox o join outbox_pending using (id)
where o.topic = $1 order by o.id
"""
_log = structlog.get_logger()


@dataclass(slots=True, kw_only=True)
class Refolded:
    """What became of it. `left` are cases that went on meanwhile, or lack a part of their log."""

    events: int = 0
    cases: int = 0
    changed: int = 0
    left: list[str] = field(default_factory=list)


@dataclass(slots=True)
class _Case:
    """A case as the log tells it, as far as the service had taken it in."""

    state: CaseState | None = None
    come: dict[Stream, int] = field(default_factory=dict)
    early: dict[Stream, dict[int, RawRecord]] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class _Work:
    consumer: str
    engine: AsyncEngine
    pen: Pen


async def refold(
    log: AsyncIterator[RawRecord], *, consumer: str, engine: AsyncEngine, pen: Pen
) -> Refolded:
    """
    Fold every case anew, as far as this consumer has come with it, and write what differs.

    No handler runs and nothing is said. Parked records stay out, as they are; skipped ones are
    folded if they can be read, as they were. A case that goes on meanwhile is left alone and
    named: run it again. Holds one state for each case in memory.
    """
    known = await _positions(engine, consumer, pen.service)
    cases: dict[str, _Case] = {}
    done = Refolded()
    async for record in log:
        done.events += _take(cases, record, known, pen.fold)
    for row in await fetch(engine, _UNPUBLISHED, views.FOLDED_TOPIC):
        done.events += _take(cases, _own_record(row), known, pen.fold)
    work, ids = _Work(consumer, engine, pen), sorted(cases)
    for start in range(0, len(ids), _AT_ONCE):
        await _write({id_: cases[id_] for id_ in ids[start : start + _AT_ONCE]}, work, done)
    _log.info("refolded", cases=done.cases, changed=done.changed, left=len(done.left))
    return done


async def refold_from_topic(settings: ServiceSettings) -> Refolded:
    """
    Refold the cases of the service that the settings are for.

    Raises:
        NoKafka: The settings name none.
        BrokerAway: Begin again later.
    """
    kafka = kafka_of(settings)
    if kafka is None:
        raise application.NoKafka("set SELLERWORKS_KAFKA")
    name = settings.service
    pen = Pen(service=name, signer=Signer.load(settings.signing_key_file, name))
    engine = application.create_engine(settings)
    try:
        return await refold(_everything(kafka), consumer=name, engine=engine, pen=pen)
    finally:
        await engine.dispose()


async def _everything(kafka: Kafka) -> AsyncIterator[RawRecord]:
    async with kafka.looking_back() as reader:
        async for records in look_back(reader, views.FOLDED_TOPIC, since_ms=0):
            for record in records:
                yield record


async def _positions(engine: AsyncEngine, consumer: str, service: str) -> dict[Stream, int]:
    """Say how far this service has come: with others by cursors, with itself by what it said."""
    topic = views.FOLDED_TOPIC
    cursors = await fetch(engine, _CURSORS, consumer, topic)
    heads = await fetch(engine, _HEADS, topic)
    return {
        Stream(producer, topic, subject): sequence
        for producer, topic, subject, sequence in cursors
        if producer != service
    } | {Stream(service, topic, subject): sequence for topic, subject, sequence in heads}


def _own_record(row: Sequence[Any]) -> RawRecord:
    key, headers, payload = row
    return RawRecord(
        topic=views.FOLDED_TOPIC,
        partition=_NOWHERE,
        offset=_NOWHERE,
        key=key,
        headers=orjson.loads(headers),
        value=payload,
        timestamp_ms=0,
    )


def _take(
    cases: dict[str, _Case], record: RawRecord, known: Mapping[Stream, int], fold: Fold
) -> int:
    """Fold a record, and what has come too early before it, as far as the service has come."""
    try:
        envelope = read_envelope(record)
    except NotAnEvent:
        return 0
    stream = Stream(envelope.producer, record.topic, envelope.subject)
    case = cases.setdefault(envelope.subject, _Case())
    if not case.come.get(stream, 0) < envelope.sequence <= known.get(stream, 0):
        return 0
    early = case.early.setdefault(stream, {})
    early.setdefault(envelope.sequence, record)  # of two in one place, the first is the one
    taken = 0
    while following := early.pop(case.come.get(stream, 0) + 1, None):
        case.come[stream] = case.come.get(stream, 0) + 1
        case.state = _fold(case.state, following, fold)
        taken += 1
    return taken


def _fold(state: CaseState | None, record: RawRecord, fold: Fold) -> CaseState | None:
    """Fold what can be read, as when it was taken; a type of a later release is neutral."""
    envelope = read_envelope(record)
    contract = catalogue.find(envelope.type)
    is_foreign = state is not None and state.marketplace != envelope.marketplace
    if contract is None or is_foreign:
        return state
    try:
        return fold(state, Event(envelope, _read(contract, record))).state
    except (ValidationError, CaseNotOpened):
        return state


def _read(contract: type[Contract], record: RawRecord) -> Contract:
    return contract.model_validate_json(record.value or b"")


async def _write(some: Mapping[str, _Case], work: "_Work", done: Refolded) -> None:
    async def compare(tx: Tx) -> tuple[int, list[str]]:
        await inbox.lock_subjects(tx, work.consumer, some)
        known = await views.lock_many(tx, some)
        # Only now: a command of this service may have said something until the view was ours.
        now = await _come(tx, work.consumer, some)
        whole = {id_: case for id_, case in some.items() if case.come == now.get(id_, {})}
        changed = [_renew(tx, id_, known.get(id_), case.state) for id_, case in whole.items()]
        return sum(changed), sorted(some.keys() - whole.keys())

    journey = Journey(actor=f"service:{work.consumer}")
    changed, left = await run(work.engine, compare, pen=work.pen, journey=journey)
    done.cases += len(some) - len(left)
    done.changed += changed
    done.left += left


async def _come(tx: Tx, consumer: str, cases: Iterable[str]) -> dict[str, dict[Stream, int]]:
    """Say under the lock how far the service has come with each case."""
    subjects = list(cases)
    come: dict[str, dict[Stream, int]] = {}
    for stream, cursor in (await inbox.read_cursors(tx, consumer, subjects)).items():
        if stream.topic == views.FOLDED_TOPIC and stream.producer != tx.service:
            come.setdefault(stream.subject, {})[stream] = cursor.sequence
    for (topic, subject), last in (await inbox.read_heads(tx, subjects)).items():
        if topic == views.FOLDED_TOPIC:
            come.setdefault(subject, {})[Stream(tx.service, topic, subject)] = last
    return come


def _renew(tx: Tx, case_id: str, view: CaseView | None, state: CaseState | None) -> bool:
    """Put the state into the view, made if there is none; say whether it differs."""
    if state is None or (view is not None and view.holds(state)):
        return False
    if view is None:
        view = tx.views[case_id] = CaseView(state=state, version=0)
    view.state, view.changed, view.folded = state, True, True
    return True
