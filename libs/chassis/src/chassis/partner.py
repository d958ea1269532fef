"""Records of partner topics: no sequence, so each stands for itself."""

from typing import Final

import structlog
from sqlalchemy.ext.asyncio import AsyncEngine

from chassis import failpoint, outcome, parking, quarantine
from chassis.cloudevents import NotAnEvent, RawRecord
from chassis.door import Pen, Tx
from chassis.failures import Kind, classify
from chassis.outcome import Outcome
from chassis.parking import Parked, Place, Reason
from chassis.subscriptions import Consumer, RawSubscription
from chassis.taking import Reader

_LONGEST_ID: Final = 255
# What stands before a partner's own words: none of them is ever taken for a place.
_AT, _SAID_BY = "at", "said by "
_SEEN = """
insert into inbox_seen (consumer, source, event_id, seen_at) values ($1, $2, $3, $4)
on conflict do nothing returning true
"""
_log = structlog.get_logger()


async def receive(record: RawRecord, *, to: Consumer, engine: AsyncEngine, pen: Pen) -> Outcome:
    """
    Hand one record to its topic's handler; once in effect if it has a `ce_id`.

    Garbage goes to the quarantine. What fails is parked by itself: partners number nothing, so
    nothing waits behind it.
    """
    return await _receive(record, by=Reader(to=to, engine=engine, pen=pen), attempts=0)


async def retry(subject: str, *, by: Reader) -> Outcome:
    """Try a parked record of a partner topic again; `subject` is where it stood."""
    name = by.to.name

    async def look(tx: Tx) -> tuple[RawRecord, int]:
        (held,) = await parking.list_held(tx, name, subject)
        records = await parking.read_records(tx, name, [held.place])
        return records[held.place], held.attempts

    record, attempts = await by.run(look)
    return await _receive(record, by=by, attempts=attempts)


def is_place(subject: str, consumer: Consumer) -> bool:
    """Tell whether a parked record's subject is its place on a partner topic."""
    return consumer.find_raw(subject.partition("/")[0]) is not None


async def _receive(record: RawRecord, *, by: Reader, attempts: int) -> Outcome:
    subscription = by.to.find_raw(record.topic)
    if subscription is None:
        raise LookupError(record.topic)
    try:
        return await _handle(record, subscription, by)
    except NotAnEvent as refusal:
        return await _refuse(record, str(refusal), by)
    except Exception as error:
        if classify(error) is Kind.SYSTEMIC:
            raise
        return await _park(record, error, by, attempts)


async def _handle(record: RawRecord, subscription: RawSubscription, by: Reader) -> Outcome:
    async def handle(tx: Tx) -> Outcome:
        if not await _is_first(tx, record, by.to.name):
            return Outcome(duplicates=1)
        await subscription.handle(record, tx=tx)
        await parking.mark_done(tx, by.to.name, [_place(record)])
        return Outcome(applied=1)

    if record.defect:
        raise NotAnEvent(record.defect)
    done = await by.run(handle)
    failpoint.reach("batch_committed")
    outcome.APPLIED.labels(by.to.name, record.topic).inc(done.applied)
    return done


async def _is_first(tx: Tx, record: RawRecord, consumer: str) -> bool:
    """
    Note a record as seen, by its own id, else by its place: it may be read again after a crash.

    Raises:
        NotAnEvent: An id that no table takes.
    """
    source, id_ = _AT, f"{record.topic}/{record.partition}/{record.offset}"
    if given := record.headers.get("ce_id"):
        source, id_ = _SAID_BY + record.headers.get("ce_source", record.topic), given
    if "\x00" in id_ + source or len(id_) + len(source) > _LONGEST_ID:
        raise NotAnEvent("ce_id or ce_source: too long or not plain")
    connection = await tx.raw()
    return bool(await connection.fetchval(_SEEN, consumer, source, id_, tx.now))


async def _refuse(record: RawRecord, reason: str, by: Reader) -> Outcome:
    async def keep(tx: Tx) -> None:
        await quarantine.keep(tx, [(record, reason)])
        await parking.mark_done(tx, by.to.name, [_place(record)])

    await by.run(keep)
    outcome.QUARANTINED.labels(by.to.name, record.topic).inc()
    return Outcome(quarantined=1)


async def _park(record: RawRecord, error: Exception, by: Reader, attempts: int) -> Outcome:
    async def keep(tx: Tx) -> None:
        waiting = Parked(
            record=record,
            producer="partner",
            subject="/".join(map(str, _place(record))),
            sequence=0,
            event_id=None,
            reason=Reason.FAILED,
            attempts=attempts,
            next_attempt_at=tx.now,
        )
        parked = parking.failed(waiting, error, now=tx.now)
        await parking.park(tx, by.to.name, [parked])
        _log.error("record_failed", topic=record.topic, offset=record.offset, error=parked.error)

    await by.run(keep)
    outcome.PARKED.labels(by.to.name, record.topic, Reason.FAILED).inc()
    return Outcome(parked=1)


def _place(record: RawRecord) -> Place:
    return (record.topic, record.partition, record.offset)
