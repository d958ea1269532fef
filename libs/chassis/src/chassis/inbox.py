"""Events enter a service once and in order, however Kafka delivers them."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import Enum, auto
from typing import Final, NamedTuple
from uuid import UUID

from chassis.door import Tx
from contracts.event import Envelope

_LOCK = """
select subject, blocked from inbox_subject
where consumer = $1 and subject = any($2) order by subject for update
"""
# An update that changes nothing: unlike DO NOTHING it locks and returns the row.
_MAKE = """
insert into inbox_subject as held (consumer, subject, blocked)
select $1, subject, false from unnest($2::text[]) with ordinality as u (subject, nth) order by nth
on conflict (consumer, subject) do update set blocked = held.blocked
returning subject, blocked
"""
_READ = """
select producer, topic, subject, last_sequence, last_event_id, last_time from inbox_cursor
where consumer = $1 and subject = any($2)
"""
_HEADS = "select topic, subject, last_sequence from stream_head where subject = any($1)"
_MOVE = """
insert into inbox_cursor
    (consumer, producer, topic, subject, last_sequence, last_event_id, last_time)
select $1, * from unnest(
    $2::text[], $3::text[], $4::text[], $5::int[], $6::uuid[], $7::timestamptz[]
)
on conflict (consumer, subject, producer, topic) do update
    set last_sequence = excluded.last_sequence, last_event_id = excluded.last_event_id,
        last_time = excluded.last_time
"""
_BLOCK = """
update inbox_subject set blocked = $3 where consumer = $1 and subject = any($2)
"""

GIVEN_UP: Final = UUID(int=0)
"""Stands for an event that never came, and that people have decided to go on without."""

# The update changes nothing: it makes the row of the first time come back.
_BORN = """
insert into consumer_birth as held (consumer, born_at) values ($1, $2)
on conflict (consumer) do update set born_at = held.born_at returning born_at
"""


class Stream(NamedTuple):
    """What one producer says about one subject on one topic: numbered 1, 2, 3 … without a gap."""

    producer: str
    topic: str
    subject: str


@dataclass(frozen=True, slots=True)
class Cursor:
    """How far a consumer has come in a stream."""

    sequence: int
    event_id: UUID
    time: datetime | None = None
    """Of the last event. Unknown where an earlier release moved the cursor."""


class Verdict(Enum):
    """What an event is to a consumer that has come this far."""

    APPLY = auto()  # the next one, seen for the first time
    DUPLICATE = auto()  # seen before
    CONFLICT = auto()  # this place was taken by another event
    GAP = auto()  # too early: one before it is missing
    BEHIND = auto()  # its case waits here
    ECHO = auto()  # our own, folded when it was written
    UNWRITTEN = auto()  # our own, and we have no record of having written it


def decide_verdict(envelope: Envelope, cursor: Cursor | None, *, blocked: bool) -> Verdict:
    """Judge another service's event by the cursor of its stream (none before the first)."""
    last = cursor.sequence if cursor else 0
    if cursor and _contradicts(envelope, cursor):
        return Verdict.CONFLICT
    if envelope.sequence <= last:
        return Verdict.DUPLICATE
    if blocked:
        return Verdict.BEHIND
    return Verdict.APPLY if envelope.sequence == last + 1 else Verdict.GAP


def decide_echo(envelope: Envelope, cursor: Cursor | None, *, head: int) -> Verdict:
    """
    Judge an event of our own that comes back: it was folded when it was written.

    One beyond the head of its stream means that our database is older than the topic: it was
    restored from a backup, or somebody else writes in our name.
    """
    if envelope.sequence > head:
        return Verdict.UNWRITTEN
    if cursor and _contradicts(envelope, cursor):
        return Verdict.CONFLICT
    if cursor and envelope.sequence <= cursor.sequence:
        return Verdict.DUPLICATE
    return Verdict.ECHO


def _contradicts(envelope: Envelope, cursor: Cursor) -> bool:
    """
    Tell an event in a place that another has taken from one that was seen before.

    Only the last event of a stream is kept by name. Before it, time tells: within a stream it
    grows with the sequence, so an older place with a newer time was said a second time, by a
    producer restored from a backup or by somebody in its name.
    """
    if envelope.sequence == cursor.sequence:
        return cursor.event_id not in {envelope.id, GIVEN_UP}
    is_older = envelope.sequence < cursor.sequence
    return is_older and cursor.time is not None and envelope.time > cursor.time


async def lock_subjects(tx: Tx, consumer: str, subjects: Iterable[str]) -> dict[str, bool]:
    """Lock the subjects of a batch, sorted; say of each whether it is blocked."""
    wanted = sorted(set(subjects))
    connection = await tx.raw()
    held = dict(await connection.fetch(_LOCK, consumer, wanted))
    if new := [subject for subject in wanted if subject not in held]:
        held |= dict(await connection.fetch(_MAKE, consumer, new))
    return held


async def read_cursors(tx: Tx, consumer: str, subjects: Iterable[str]) -> dict[Stream, Cursor]:
    """Read all cursors of subjects whose lock this transaction holds."""
    connection = await tx.raw()
    rows = await connection.fetch(_READ, consumer, list(subjects))
    return {
        Stream(producer, topic, subject): Cursor(sequence, event_id, time)
        for producer, topic, subject, sequence, event_id, time in rows
    }


async def born_at(tx: Tx, consumer: str) -> datetime:
    """Say when a consumer began to listen; the first time that is asked is the day."""
    connection = await tx.raw()
    found: datetime = await connection.fetchval(_BORN, consumer, tx.now)
    return found


async def read_heads(tx: Tx, subjects: Iterable[str]) -> dict[tuple[str, str], int]:
    """Read how far this service itself has written about subjects."""
    connection = await tx.raw()
    rows = await connection.fetch(_HEADS, list(subjects))
    return {(topic, subject): sequence for topic, subject, sequence in rows}


async def move_cursors(tx: Tx, consumer: str, cursors: Mapping[Stream, Cursor]) -> None:
    if not cursors:
        return
    rows = [
        (*stream, one.sequence, one.event_id, one.time)
        for stream, one in sorted(cursors.items(), key=_stream)
    ]
    connection = await tx.raw()
    await connection.execute(_MOVE, consumer, *map(list, zip(*rows, strict=True)))


def _stream(item: tuple[Stream, Cursor]) -> Stream:
    return item[0]


async def set_blocked(tx: Tx, consumer: str, subjects: Iterable[str], *, blocked: bool) -> None:
    """Hold subjects, or let them go; their locks are held already."""
    if named := sorted(subjects):
        connection = await tx.raw()
        await connection.execute(_BLOCK, consumer, named, blocked)
