"""Going on without a record that holds its case: one person asks, another one approves."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

import structlog
from pydantic import ValidationError

from chassis import inbox, line, parking, views
from chassis.cloudevents import NotAnEvent, RawRecord, read_envelope
from chassis.door import Fold, Tx
from chassis.ids import NotAnId
from chassis.inbox import GIVEN_UP, Cursor, Stream
from chassis.outbox import announce
from chassis.outcome import Gap
from chassis.parking import Held, Place, Reason, State
from contracts import catalogue
from contracts.delivery import MISSING, RECORD, DeliverySkipped
from contracts.event import Envelope, Event
from contracts.lifecycle.v1 import CaseNotOpened

# A partner's records have no sequence: the cursors know nothing of them.
_UNNUMBERED: Final = 0
_REQUEST = """
update parked_event
set skip_reason = $5, skip_requested_by = $6, skip_requested_at = $7
where (consumer, src_topic, src_partition, src_offset) = ($1, $2, $3, $4)
  and state in ('waiting', 'dead') and reason <> 'behind'
returning subject
"""
_READ = """
select subject, state, reason, producer, headers ->> 'ce_type' as type,
       headers ->> 'ce_marketplace' as marketplace, skip_reason, skip_requested_by
from parked_event
where (consumer, src_topic, src_partition, src_offset) = ($1, $2, $3, $4)
"""
_SETTLE = """
update parked_event
set state = $5, skip_approved_by = $6, skip_approved_at = $7, next_attempt_at = $7
where (consumer, src_topic, src_partition, src_offset) = ($1, $2, $3, $4)
"""
_FOLLOWERS_DUE = """
update parked_event set next_attempt_at = $3
where consumer = $1 and subject = $2 and state = 'waiting' and reason <> 'failed'
"""
_log = structlog.get_logger()


class NotParked(Exception):
    """There is no such record, or it holds nothing any more."""


class NothingToSkip(Exception):
    """The record waits behind another, or what it waited for has come: that one is the obstacle."""


class NotRequested(Exception):
    """Nobody has asked for this yet."""


class SamePerson(Exception):
    """Whoever asked may not approve."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Skipped:
    """What was gone on without: of one stream, from and to which sequence."""

    subject: str
    what: str
    stream: Stream
    first: int
    last: int
    folded: bool = False
    event: Envelope | None = None


async def request(tx: Tx, consumer: str, place: Place, *, reason: str, by: str) -> str:
    """
    Note that someone wants to go on without a record, or without what is missing before it.

    Returns its subject.

    Raises:
        NotParked: No such record waits.
        NothingToSkip: It waits behind another.
    """
    connection = await tx.raw()
    subject: str | None = await connection.fetchval(_REQUEST, consumer, *place, reason, by, tx.now)
    if subject is None:
        await _refuse(await _read(tx, consumer, place))
        raise NotParked
    return subject


async def approve(tx: Tx, consumer: str, place: Place, *, by: str, fold: Fold) -> Skipped:
    """
    Go on without it: its case flows again, and the audit log says who decided so.

    A record that can be read is still folded: what is left out is this service's reaction, and
    its picture of the case stays that of the others.

    Raises:
        NotParked: No such record waits.
        NothingToSkip: It waits behind another.
        NotRequested: Nobody has asked.
        SamePerson: The same person has asked.
    """
    subject = (await _read(tx, consumer, place))["subject"]
    await inbox.lock_subjects(tx, consumer, [subject])
    row = await _read(tx, consumer, place)  # under the lock: it may have gone on meanwhile
    await _refuse(row)
    if row["skip_requested_by"] is None:
        raise NotRequested
    if _person(row["skip_requested_by"]) == _person(by):
        raise SamePerson
    skipped = await _skip(tx, consumer, place, fold)
    await _settle(tx, consumer, place, skipped, by=by)
    _tell(tx, consumer, place, skipped, row=row, by=by)
    return skipped


async def _read(tx: Tx, consumer: str, place: Place) -> Mapping[str, Any]:
    connection = await tx.raw()
    row: Mapping[str, Any] | None = await connection.fetchrow(_READ, consumer, *place)
    if row is None:
        raise NotParked
    return row


async def _refuse(row: Mapping[str, Any]) -> None:
    if row["state"] not in {State.WAITING, State.DEAD}:
        raise NotParked
    if row["reason"] == Reason.BEHIND:
        raise NothingToSkip


def _person(pseudonym: str) -> str:
    """Return who it is, whatever role they act in: `operator:mem_…`."""
    return pseudonym.rpartition(":")[2]


async def _skip(tx: Tx, consumer: str, place: Place, fold: Fold) -> Skipped:
    """Move the cursor past what is skipped; fold it if that can be done."""
    topic, subject = place[0], (await _read(tx, consumer, place))["subject"]
    if topic == views.FOLDED_TOPIC:
        await views.lock_many(tx, [subject])
    held = await parking.list_held(tx, consumer, subject)
    cursors = await inbox.read_cursors(tx, consumer, [subject])
    (one,) = [each for each in held if each.place == place]
    if one.sequence == _UNNUMBERED:
        return Skipped(subject=subject, what=RECORD, stream=one.stream, first=0, last=0)
    if one.reason != Reason.GAP:
        return await _pass_over(tx, consumer, one, cursors.get(one.stream), fold)
    others = [each for each in held if each.place != place]
    gap = _missing(tx, [one, *others], cursors)
    if gap is None:
        raise NothingToSkip  # it has come meanwhile: the record goes on by itself
    return await _give_up(tx, consumer, one, gap)


def _missing(tx: Tx, held: Sequence[Held], cursors: Mapping[Stream, Cursor]) -> Gap | None:
    """
    Say what the first record waits for: of its own stream, or the first word about its case.

    None if that has come and waits too: then it is that one which holds the case.
    """
    stream = held[0].stream
    opener = Stream(views.OPENER, stream.topic, stream.subject)
    is_case = stream.topic == views.FOLDED_TOPIC
    if is_case and views.is_unopened(tx, stream.subject) and opener not in cursors:
        return line.missing_before(held, cursors, opener=opener)
    return line.missing_before(held, cursors)


async def _give_up(tx: Tx, consumer: str, one: Held, gap: Gap) -> Skipped:
    """Go on as if what is missing had come; the record itself is taken next."""
    stream = Stream(gap.producer, gap.topic, gap.subject)
    last = one.sequence - 1 if stream == one.stream else gap.from_sequence
    await inbox.move_cursors(tx, consumer, {stream: Cursor(last, GIVEN_UP)})
    return Skipped(
        subject=gap.subject, what=MISSING, stream=stream, first=gap.from_sequence, last=last
    )


async def _pass_over(
    tx: Tx, consumer: str, one: Held, cursor: Cursor | None, fold: Fold
) -> Skipped:
    record = (await parking.read_records(tx, consumer, [one.place]))[one.place]
    envelope, folded = read_envelope(record), False
    if cursor is None or cursor.sequence < one.sequence:
        folded = _project(tx, record, envelope, fold)
        here = Cursor(one.sequence, envelope.id, envelope.time)
        await inbox.move_cursors(tx, consumer, {one.stream: here})
    return Skipped(
        subject=one.stream.subject,
        what=RECORD,
        stream=one.stream,
        first=one.sequence,
        last=one.sequence,
        folded=folded,
        event=envelope,
    )


def _project(tx: Tx, record: RawRecord, envelope: Envelope, fold: Fold) -> bool:
    """Fold a record if it can be read; say whether it could."""
    contract = catalogue.find(envelope.type)
    is_ours = envelope.producer == tx.service  # folded when it was said
    if record.topic != views.FOLDED_TOPIC or contract is None or is_ours:
        return False
    view = tx.views.get(envelope.subject)
    if view and view.state.marketplace != envelope.marketplace:
        return False
    try:
        views.project(tx, Event(envelope, contract.model_validate_json(record.value or b"")), fold)
    except (ValidationError, NotAnEvent, NotAnId, CaseNotOpened) as error:
        _log.warning("skipped_unfolded", event_type=envelope.type, error=type(error).__name__)
        return False
    return True


async def _settle(tx: Tx, consumer: str, place: Place, skipped: Skipped, *, by: str) -> None:
    """Close the record, or let it be taken next; what waited behind it is due."""
    connection = await tx.raw()
    state = State.SKIPPED if skipped.what == RECORD else State.WAITING
    await connection.execute(_SETTLE, consumer, *place, state, by, tx.now)
    await connection.execute(_FOLLOWERS_DUE, consumer, skipped.subject, tx.now)
    if not await parking.list_held(tx, consumer, skipped.subject):
        await inbox.set_blocked(tx, consumer, [skipped.subject], blocked=False)


def _tell(
    tx: Tx, consumer: str, place: Place, skipped: Skipped, *, row: Mapping[str, Any], by: str
) -> None:
    topic, partition, offset = place
    fact = DeliverySkipped(
        consumer=consumer,
        src_topic=topic,
        src_partition=partition,
        src_offset=offset,
        skipped=skipped.what,
        said_by=skipped.stream.producer,
        first_sequence=skipped.first,
        last_sequence=skipped.last,
        event=str(skipped.event.id) if skipped.event else None,
        event_type=skipped.event.type if skipped.event else None,
        folded=skipped.folded,
        reason=row["skip_reason"],
        requested_by=row["skip_requested_by"],
        approved_by=by,
    )
    is_known = skipped.subject in tx.views
    announce(
        tx,
        fact,
        subject=skipped.subject,
        topic=catalogue.CASES if is_known else catalogue.GOVERNANCE,
        marketplace=row["marketplace"],
        actor=by,
    )
    _log.warning("delivery_skipped", consumer=consumer, subject=skipped.subject, by=by)
