"""From the outbox over Kafka to the cursors: nothing lost, made up, doubled or out of order."""

from collections.abc import Iterator, Sequence
from itertools import pairwise

from harness.anomalies import Anomaly, Name
from harness.checker_index import AUDIT, Index, Stream, stream_of
from harness.facts import Cursor, Record, Written


def numbering(ix: Index) -> Iterator[Anomaly]:
    """I4: a producer counts 1, 2, 3 … and its times, ids and numbers rise together."""
    for stream, rows in ix.streams.items():
        yield from _numbers(stream, rows)
        yield from _rises(stream, rows)
    for head in ix.dump.heads:
        stream = Stream(head.service, head.topic, head.subject)
        # What audit says of itself has no outbox: it is written as a leaf and nothing else.
        own = ix.logged.get(stream, ()) if head.topic == AUDIT else ix.streams.get(stream, ())
        last = own[-1].sequence if own else 0
        if head.last_sequence > last:
            yield Anomaly(
                name=Name.GAP,
                invariant="I4",
                about=str(stream),
                says=f"numbered up to {head.last_sequence}, written up to {last}",
                slice=(head, *own[-1:]),
            )
        elif head.last_sequence < last:
            yield Anomaly(
                name=Name.CONFLICT,
                invariant="I4",
                about=str(stream),
                says=f"the next event would be number {head.last_sequence + 1}, which is taken",
                slice=(head, *own[-1:]),
            )


def _numbers(stream: Stream, rows: Sequence[Written]) -> Iterator[Anomaly]:
    for before, row in zip([None, *rows], rows, strict=False):
        last = before.sequence if before else 0
        shown = (before, row) if before else (row,)
        if row.sequence == last:
            yield Anomaly(
                name=Name.CONFLICT,
                invariant="I4",
                about=str(stream),
                says=f"two events have number {last}",
                slice=shown,
            )
        elif row.sequence != last + 1:
            yield Anomaly(
                name=Name.GAP,
                invariant="I4",
                about=str(stream),
                says=f"the producer never wrote {last + 1} to {row.sequence - 1}",
                slice=shown,
            )


def _rises(stream: Stream, rows: Sequence[Written]) -> Iterator[Anomaly]:
    for before, row in pairwise(rows):
        if row.id < before.id or row.time < before.time:
            what = "id" if row.id < before.id else "time"
            yield Anomaly(
                name=Name.OUT_OF_ORDER,
                invariant="I4",
                about=str(stream),
                says=f"number {row.sequence} has an earlier {what} than {before.sequence}",
                slice=(before, row),
            )


def publishing(ix: Index) -> Iterator[Anomaly]:
    """I7: what was committed is in its topic."""
    for row in ix.dump.written:
        if row.late:
            continue
        if row.pending:
            yield _of(Name.UNSEEN, "I7", row, "still waits to be published")
        elif not row.sent:
            yield _of(Name.LOST_WRITE, "I7", row, "neither published nor waiting for it")
        elif row.topic in ix.dump.setting.topics and row.event_id not in ix.records:
            yield _of(Name.LOST_WRITE, "I7", row, "marked as published, and not in its topic")


def _of(name: Name, invariant: str, row: Written, says: str) -> Anomaly:
    return Anomaly(
        name=name,
        invariant=invariant,
        about=f"{stream_of(row)}#{row.sequence}",
        says=f"{row.type} {says}",
        slice=(row,),
    )


def authenticity(ix: Index) -> Iterator[Anomaly]:
    """I3: what stands in a topic was committed, once, and stands there as it was written."""
    for event_id, rows in ix.events.items():
        if len(rows) > 1:
            yield Anomaly(
                name=Name.DUPLICATE,
                invariant="I2",
                about=event_id,
                says=f"written {len(rows)} times",
                slice=tuple(rows),
            )
    for event_id, records in ix.records.items():
        yield from _authentic(ix.event(event_id), records)


def _authentic(row: Written | None, records: Sequence[Record]) -> Iterator[Anomaly]:
    if row is None:
        yield Anomaly(
            name=Name.PHANTOM,
            invariant="I3",
            about=str(records[0].event_id),
            says=f"{records[0].type} was published and never committed",
            slice=tuple(records),
        )
        return
    told = (row.service, row.topic, row.subject, row.sequence, row.type, row.digest)
    for one in records:
        if (one.producer, one.topic, one.subject, one.sequence, one.type, one.digest) != told:
            yield Anomaly(
                name=Name.CONFLICT,
                invariant="I3",
                about=f"{stream_of(row)}#{row.sequence}",
                says="its topic has it otherwise than its outbox",
                slice=(row, one),
            )


def topic_order(ix: Index) -> Iterator[Anomaly]:
    """I4: in its topic a stream is told 1, 2, 3 …; later copies of earlier ones do no harm."""
    told: dict[Stream, Record] = {}
    firsts = sorted(
        (records[0] for records in ix.records.values()),
        key=lambda one: (one.topic, one.partition, one.offset),
    )
    for one in firsts:
        stream = Stream(one.producer, one.topic, one.subject)
        before = told.get(stream)
        last = before.sequence if before else 0
        shown = (before, one) if before else (one,)
        if before and before.partition != one.partition:
            yield _disorder(stream, "it stands in two partitions", shown)
        elif one.sequence != last + 1:
            yield _disorder(stream, f"number {one.sequence} was published after {last}", shown)
        told[stream] = one


def _disorder(stream: Stream, says: str, shown: Sequence[Record]) -> Anomaly:
    return Anomaly(
        name=Name.OUT_OF_ORDER, invariant="I4", about=str(stream), says=says, slice=tuple(shown)
    )


def hearing(ix: Index) -> Iterator[Anomaly]:
    """I7: every consumer has come to the end of every stream, or has parked what it has not."""
    for stream, rows in ix.streams.items():
        for service in ix.dump.setting.readers.get(stream.topic, ()):
            cursor = ix.cursors.get((service, stream))
            yield from _unheard(ix, service, stream, rows[cursor.last_sequence if cursor else 0 :])
    for (service, stream), cursor in ix.cursors.items():
        yield from _misheard(service, cursor, ix.streams.get(stream, ()))


def _unheard(
    ix: Index, service: str, stream: Stream, missing: Sequence[Written]
) -> Iterator[Anomaly]:
    parked = {one.sequence for one in ix.parked.get((service, stream), ())}
    unheard = [row for row in missing if row.sequence not in parked and not row.late]
    if unheard:
        yield Anomaly(
            name=Name.UNSEEN,
            invariant="I7",
            about=f"{service} of {stream}",
            says=f"has not heard {', '.join(str(row.sequence) for row in unheard)}",
            slice=(ix.cursors.get((service, stream)), *unheard[:3]),
        )


def _misheard(service: str, cursor: Cursor, rows: Sequence[Written]) -> Iterator[Anomaly]:
    at = [row for row in rows if row.sequence == cursor.last_sequence]
    about = f"{service} of {cursor.producer}/{cursor.topic}/{cursor.subject}"
    if not at:
        yield Anomaly(
            name=Name.PHANTOM,
            invariant="I3",
            about=about,
            says=f"has heard number {cursor.last_sequence}, which was never written",
            slice=(cursor, *rows[-1:]),
        )
    elif at[0].event_id != cursor.last_event_id:
        yield Anomaly(
            name=Name.CONFLICT,
            invariant="I4",
            about=about,
            says=f"has heard another event as number {cursor.last_sequence}",
            slice=(cursor, at[0]),
        )
