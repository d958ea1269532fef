"""Events in: at least once from Kafka, once and in order in effect."""

from collections.abc import Iterable, Sequence

from sqlalchemy.ext.asyncio import AsyncEngine

from chassis import draining, outcome, partner, quarantine
from chassis.batch import commit_some
from chassis.cloudevents import NotAnEvent, RawRecord, read_envelope
from chassis.door import Journey, Pen, Tx, run
from chassis.failures import Permanent
from chassis.outcome import Gap, Outcome
from chassis.subscriptions import (
    CaughtUp,
    Consumer,
    Handler,
    RawHandler,
    RawSubscription,
    Sink,
    Subscription,
    subscribe,
    subscribe_raw,
)
from chassis.taking import Arrival, Reader

__all__ = [
    "CaughtUp",
    "Consumer",
    "Gap",
    "Handler",
    "NotAnEvent",
    "Outcome",
    "Permanent",
    "RawHandler",
    "RawRecord",
    "RawSubscription",
    "Sink",
    "Subscription",
    "deliver",
    "store",
    "subscribe",
    "subscribe_raw",
]


async def deliver(
    records: Sequence[RawRecord], *, to: Consumer, engine: AsyncEngine, pen: Pen
) -> Outcome:
    """
    Hand records of one partition to a consumer, once in effect however often they arrive.

    Cursors, folds, work and outgoing events of a batch share one transaction, so a crash at any
    line leaves all of them or none. What fails is parked and holds its case; the others go on.
    Commit the Kafka offsets only after this returns.

    Raises:
        Exception: Something that would meet any record: the database is gone. Nothing of the
            failing batch was done; pause, and hand over the same records again.
    """
    whole = Outcome()
    raw = [record for record in records if to.find_raw(record.topic)]
    for record in raw:
        whole.add(await partner.receive(record, to=to, engine=engine, pen=pen))
    events = [record for record in records if not to.find_raw(record.topic)]
    reader = Reader(to=to, engine=engine, pen=pen)
    rest, refused = decode(events)
    if refused:
        await _quarantine(refused, reader)
        whole.quarantined += len(refused)
    while rest:
        taken, part = await commit_some(rest, by=reader)
        whole.add(part)
        rest = rest[taken:]
    for subject in sorted(whole.filled):
        whole.add(await draining.drain(subject, by=reader))
    return whole


def decode(
    records: Iterable[RawRecord],
) -> tuple[list[Arrival], list[tuple[RawRecord, str]]]:
    """Read envelopes; tell events from garbage."""
    arrivals: list[Arrival] = []
    refused: list[tuple[RawRecord, str]] = []
    for record in records:
        try:
            arrivals.append(Arrival(record=record, envelope=read_envelope(record)))
        except NotAnEvent as error:
            refused.append((record, str(error)))
    return arrivals, refused


async def _quarantine(refused: list[tuple[RawRecord, str]], reader: Reader) -> None:
    async def keep(tx: Tx) -> None:
        await quarantine.keep(tx, refused)

    await reader.run(keep)
    for record, _error in refused:
        outcome.QUARANTINED.labels(reader.to.name, record.topic).inc()


async def store(records: Sequence[RawRecord], *, to: Sink, engine: AsyncEngine, pen: Pen) -> None:
    """Hand at most 500 records to a sink, in one transaction."""

    async def keep(tx: Tx) -> None:
        await to.store(records, tx=tx)

    await run(engine, keep, pen=pen, journey=Journey(actor=f"service:{to.name}"))
