"""A dump, arranged so that questions about one event, stream or case are look-ups."""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Final, NamedTuple, TypeVar

from typing_extensions import override

from harness.dump import Dump
from harness.facts import Cursor, Gap, Leaf, Parked, Record, Written

CASES: Final = "cases.v1"
AUDIT: Final = "audit"
T = TypeVar("T")


class Stream(NamedTuple):
    """What one producer says about one subject on one topic."""

    producer: str
    topic: str
    subject: str

    @override
    def __str__(self) -> str:
        return f"{self.producer}/{self.topic}/{self.subject}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Index:
    """Look-ups over one dump."""

    dump: Dump
    events: Mapping[str, Sequence[Written]]
    """Outbox rows by event id: one each, unless something is wrong."""
    streams: Mapping[Stream, Sequence[Written]]
    """By sequence."""
    records: Mapping[str, Sequence[Record]]
    """By event id, without those that are none of ours; by partition and offset."""
    leaves: Mapping[str, Sequence[Leaf]]
    logged: Mapping[Stream, Sequence[Leaf]]
    """By index."""
    cursors: Mapping[tuple[str, Stream], Cursor]
    parked: Mapping[tuple[str, Stream], Sequence[Parked]]
    """Still held: waiting or dead, and those that two people skipped."""
    asked: Mapping[str, Sequence[Written]]
    """By request id."""
    named_gaps: frozenset[tuple[Stream, int]]

    def event(self, event_id: str | None) -> Written | None:
        found = self.events.get(event_id or "", ())
        return found[0] if found else None


def index(dump: Dump) -> Index:
    foreign = {(one.topic, one.partition, one.offset) for one in dump.foreign}
    ours = [one for one in dump.records if (one.topic, one.partition, one.offset) not in foreign]
    held = [one for one in dump.parked if one.state != "done"]
    return Index(
        dump=dump,
        events=_grouped((one.event_id, one) for one in dump.written),
        streams=_grouped(
            (stream_of(one), one) for one in sorted(dump.written, key=lambda one: one.sequence)
        ),
        records=_grouped(
            (one.event_id, one) for one in sorted(ours, key=_place) if one.event_id is not None
        ),
        leaves=_grouped((one.event_id, one) for one in dump.leaves),
        logged=_grouped(
            (Stream(one.producer, one.topic, one.subject), one)
            for one in sorted(dump.leaves, key=lambda one: one.idx)
        ),
        cursors={
            (one.service, Stream(one.producer, one.topic, one.subject)): one for one in dump.cursors
        },
        parked=_grouped(
            ((one.service, Stream(one.producer, one.topic, one.subject)), one) for one in held
        ),
        asked=_grouped((one.request_id, one) for one in dump.written if one.request_id),
        named_gaps=frozenset(_named(one) for one in dump.gaps),
    )


def stream_of(one: Written) -> Stream:
    return Stream(one.service, one.topic, one.subject)


def _place(one: Record) -> tuple[str, int, int]:
    return (one.topic, one.partition, one.offset)


def _named(gap: Gap) -> tuple[Stream, int]:
    return (Stream(gap.producer, gap.topic, gap.subject), gap.sequence)


K = TypeVar("K")


def _grouped(pairs: Iterable[tuple[K, T]]) -> dict[K, list[T]]:
    found: dict[K, list[T]] = defaultdict(list)
    for key, one in pairs:
        found[key].append(one)
    return dict(found)
