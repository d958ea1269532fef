"""One transaction over a batch of events: verdicts, folds, handlers, cursors, all or nothing."""

import asyncio
from collections.abc import Mapping, Sequence
from typing import Final

from chassis import failpoint, inbox, parking, quarantine, views
from chassis.door import ATTEMPTS, Journey, Tx, open_door, wants_another_try
from chassis.failures import Kind, classify
from chassis.outcome import Outcome
from chassis.subscriptions import Start
from chassis.taking import Arrival, Batch, Reader, fail, take

_NOBODY: Final = -1
LONGEST: Final = 0.05  # seconds: a batch holds locks that commands wait for


class RecordFailed(Exception):
    """A record of the batch could not be taken; its cause says why."""

    def __init__(self, index: int) -> None:
        super().__init__(index)
        self.index = index


async def commit_some(arrivals: Sequence[Arrival], *, by: Reader) -> tuple[int, Outcome]:
    """
    Take arrivals in order and commit; say how many were dealt with, at least one.

    If one fails, those before it are committed with it parked: two transactions, not one a
    record. What would meet any record (the database is gone) is raised, and nothing is parked.
    """
    stop, known, tries = len(arrivals), dict[int, BaseException](), 1
    while True:
        try:
            return await _commit(arrivals[:stop], by, known)
        except RecordFailed as failure:
            error, index = failure.__cause__ or failure, failure.index
        except Exception as flush_error:  # noqa: BLE001 - sorted below; whatever it is, it is met
            # It names no record: the first is taken alone, and then it is the one.
            error, index = flush_error, 0 if stop == 1 else _NOBODY
        if wants_another_try(error) and tries < ATTEMPTS:
            tries += 1
            continue
        if _is_hopeless(error) or index in known:
            raise error
        known = known if index == _NOBODY else {**known, index: error}
        stop = 1 if index == _NOBODY else index + 1


def _is_hopeless(error: BaseException) -> bool:
    return classify(error) is Kind.SYSTEMIC or wants_another_try(error)


async def _commit(
    arrivals: Sequence[Arrival], reader: Reader, known: Mapping[int, BaseException]
) -> tuple[int, Outcome]:
    journey = Journey(actor=f"service:{reader.to.name}")
    async with open_door(reader.engine, pen=reader.pen, journey=journey) as tx:
        batch = await _open(tx, arrivals, reader)
        await _take_all(batch, arrivals, known)
        await _write(batch)
    failpoint.reach("batch_committed")
    return len(batch.taken), batch.outcome


async def _open(tx: Tx, arrivals: Sequence[Arrival], reader: Reader) -> Batch:
    """Lock and read, in the order of all locks: subjects, then views."""
    name, own = reader.to.name, reader.pen.service
    subjects = sorted({arrival.envelope.subject for arrival in arrivals})
    echoing = {a.envelope.subject for a in arrivals if a.envelope.producer == own}
    blocked = await inbox.lock_subjects(tx, name, subjects)
    cursors = await inbox.read_cursors(tx, name, subjects)
    heads = await inbox.read_heads(tx, echoing) if echoing else {}
    cases = {
        arrival.envelope.subject
        for arrival in arrivals
        if arrival.record.topic == views.FOLDED_TOPIC and arrival.envelope.producer != own
    }
    await views.lock_many(tx, cases)
    if reader.draining:
        blocked = dict.fromkeys(blocked, False)
    born = await inbox.born_at(tx, name) if reader.to.start is Start.FIRST_SEEN else None
    return Batch(tx=tx, reader=reader, blocked=blocked, cursors=cursors, heads=heads, born_at=born)


async def _take_all(
    batch: Batch, arrivals: Sequence[Arrival], known: Mapping[int, BaseException]
) -> None:
    clock = asyncio.get_running_loop().time
    end = clock() + LONGEST
    for index, arrival in enumerate(arrivals):
        if index and (clock() > end or _must_wait_for_flush(batch, arrival)):
            return
        if index in known:
            fail(batch, arrival, known[index])
        else:
            await _take_one(batch, arrival, index)
        batch.taken.append(arrival)


async def _take_one(batch: Batch, arrival: Arrival, index: int) -> None:
    try:
        await take(batch, arrival)
    except Exception as error:
        raise RecordFailed(index) from error


def _must_wait_for_flush(batch: Batch, arrival: Arrival) -> bool:
    """
    Tell whether a handler would miss what this service has just said about the same case.

    Own events are folded at the flush: the next handler of that case begins after it.
    """
    subject = arrival.envelope.subject
    return batch.reader.to.find(arrival.envelope.type) is not None and any(
        one.subject == subject and one.topic == views.FOLDED_TOPIC for one in batch.tx.outgoing
    )


async def _write(batch: Batch) -> None:
    tx, name = batch.tx, batch.reader.to.name
    await inbox.move_cursors(tx, name, batch.moved)
    await quarantine.keep(tx, batch.refused)
    await parking.park(tx, name, batch.parked)
    if batch.reader.draining:
        await _let_go(batch)
    else:
        await inbox.set_blocked(tx, name, batch.held, blocked=True)


async def _let_go(batch: Batch) -> None:
    """Close what was drained; a subject of which nothing waits any more is free again."""
    tx, name = batch.tx, batch.reader.to.name
    still = {(p.record.topic, p.record.partition, p.record.offset) for p in batch.parked}
    await parking.mark_done(tx, name, [a.place for a in batch.taken if a.place not in still])
    for subject in {arrival.envelope.subject for arrival in batch.taken}:
        if not await parking.list_held(tx, name, subject):
            await inbox.set_blocked(tx, name, [subject], blocked=False)
