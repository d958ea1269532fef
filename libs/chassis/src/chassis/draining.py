"""Parked records go on: when what was missing has come, or a failed one may be tried again."""

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import asdict, dataclass, replace
from datetime import datetime
from typing import Final

import structlog

from chassis import inbox, line, parking, partner, views
from chassis.batch import commit_some
from chassis.cloudevents import read_envelope
from chassis.door import Tx
from chassis.inbox import Stream
from chassis.outcome import Gap, Outcome
from chassis.parking import Held, State
from chassis.taking import Arrival, Reader

Ask = Callable[[Gap], Awaitable[None]]
"""Asks a producer to publish again. Raises `ProducerSilent` when nobody answered."""

_AT_ONCE: Final = 50
_log = structlog.get_logger()


class ProducerSilent(Exception):
    """The producer of a gap could not be asked. Ask again later; that does not count."""


@dataclass(frozen=True, slots=True, kw_only=True)
class _Plan:
    arrivals: list[Arrival]
    gap: tuple[Held, Gap] | None  # what waits, and what is to be asked for


async def drain(subject: str, *, by: Reader) -> Outcome:
    """Take parked records of a subject in their order, as far as they go."""
    reader, whole = replace(by, draining=True), Outcome()
    while True:
        plan = await _plan(subject, reader)
        if not plan.arrivals:
            return whole
        _taken, part = await commit_some(plan.arrivals, by=reader)
        whole.add(part)


async def drain_due(*, by: Reader, ask: Ask) -> Outcome:
    """Try again whatever is due; ask for what is missing."""
    whole = Outcome()
    for subject in await by.run(lambda tx: parking.list_due(tx, by.to.name)):
        if partner.is_place(subject, by.to):
            whole.add(await partner.retry(subject, by=by))
            continue
        whole.add(await drain(subject, by=by))
        plan = await _plan(subject, by)
        if plan.gap:
            await _repair(*plan.gap, by=by, ask=ask)
    return whole


async def _plan(subject: str, reader: Reader) -> _Plan:
    async def look(tx: Tx) -> _Plan:
        name = reader.to.name
        await inbox.lock_subjects(tx, name, [subject])
        held = await parking.list_held(tx, name, subject)
        if not held:
            await inbox.set_blocked(tx, name, [subject], blocked=False)
            return _Plan(arrivals=[], gap=None)
        cursors = await inbox.read_cursors(tx, name, [subject])
        opener = await _opener(tx, held[0], cursors)
        chosen = line.next_in_line(held, cursors, now=tx.now, limit=_AT_ONCE, opener=opener)
        missing = None if chosen else line.missing_before(held, cursors, opener=opener)
        gap = (held[0], missing) if missing and _may_ask(held[0], tx.now) else None
        if not chosen and gap is None and held[0].next_attempt_at <= tx.now:
            await parking.postpone(tx, name, held[0], line.look_again_at(held, now=tx.now))
        return _Plan(arrivals=await _arrivals(tx, name, chosen), gap=gap)

    return await reader.run(look)


async def _opener(tx: Tx, first: Held, cursors: Mapping[Stream, inbox.Cursor]) -> Stream | None:
    """Name the stream that opens the case, if this service has not heard that yet."""
    topic, subject = first.stream.topic, first.stream.subject
    opener = Stream(views.OPENER, topic, subject)
    is_known = opener in cursors or await views.find(tx, subject) is not None
    return None if topic != views.FOLDED_TOPIC or is_known else opener


def _may_ask(first: Held, now: datetime) -> bool:
    return first.state == State.WAITING and first.next_attempt_at <= now


async def _arrivals(tx: Tx, consumer: str, chosen: list[Held]) -> list[Arrival]:
    if not chosen:
        return []
    records = await parking.read_records(tx, consumer, [one.place for one in chosen])
    return [
        Arrival(
            record=records[one.place],
            envelope=read_envelope(records[one.place]),
            attempts=one.attempts,
        )
        for one in chosen
    ]


async def _repair(first: Held, missing: Gap, *, by: Reader, ask: Ask) -> None:
    """Ask the producer; after the third answer without the record a person must look."""
    is_lost = first.attempts >= parking.REPAIRS
    answered = False
    if is_lost:
        _log.error("gap_stays", **asdict(missing))
    else:
        answered = await _asked(missing, ask)

    async def note(tx: Tx) -> None:
        await parking.note_repair(tx, by.to.name, first, counts=answered, lost=is_lost)

    await by.run(note)


async def _asked(gap: Gap, ask: Ask) -> bool:
    try:
        await ask(gap)
    except ProducerSilent:
        _log.warning("producer_silent", producer=gap.producer, subject=gap.subject)
        return False
    _log.info("republication_asked", producer=gap.producer, subject=gap.subject)
    return True
