"""Completeness of an export: each producer numbers its events of a subject from 1 on."""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise

from verifier.events import FILE, ExportedEvent, payload_members
from verifier.report import Finding, note, tampered, undecided

GAP_TYPE = "audit.gap_detected."
# A query of these alone asks for whole subjects; any other member picks events out of them.
_WHOLE_SUBJECTS = {"case", "subject", "marketplace"}


@dataclass(frozen=True, slots=True, order=True)
class Stream:
    producer: str
    topic: str
    subject: str

    @property
    def where(self) -> str:
        place = f" in {self.topic}" if self.topic else ""
        return f"{FILE}, {self.producer}'s events of {self.subject}{place}"


def check_order(events: Sequence[ExportedEvent]) -> Iterator[Finding]:
    """Check that the lines stand in the log's order, none twice."""
    for before, after in pairwise(events):
        if after.index <= before.index:
            yield tampered(after.where, f"stands behind idx {before.index}: the order is changed")


def check_sequences(
    events: Sequence[ExportedEvent], query: Mapping[str, object]
) -> Iterator[Finding]:
    """
    Look for events that the numbers say exist and the export does not show.

    A hole that the log itself reported (`audit.gap_detected`) is told as a note, and so is every
    hole of a filtered export. That the newest event of a subject was left out cannot be seen.
    """
    filtered = is_filtered(query)
    reported = set(_reported_gaps(events))
    for stream, members in sorted(_streams(events).items()):
        numbers = [event.leaf.sequence for event in members]
        yield from _doubles_and_disorder(stream, numbers, reported)
        if not filtered:
            yield from _holes(stream, numbers, reported, whole=stream.subject in query.values())
    if filtered:
        yield note(FILE, "the export is filtered: that nothing was left out is not shown")


def is_filtered(query: Mapping[str, object]) -> bool:
    return any(query[name] is not None for name in query.keys() - _WHOLE_SUBJECTS)


def _streams(events: Iterable[ExportedEvent]) -> dict[Stream, list[ExportedEvent]]:
    streams = defaultdict(list)
    for event in events:
        leaf = event.leaf
        streams[Stream(leaf.producer, leaf.topic or "", leaf.subject)].append(event)
    return streams


def _reported_gaps(events: Iterable[ExportedEvent]) -> Iterator[tuple[Stream, int]]:
    """Read the missing sequences that the log's own gap events name."""
    for event in events:
        body = payload_members(event) if event.leaf.type.startswith(GAP_TYPE) else None
        if event.leaf.producer == "audit" and event.leaf.topic is None and isinstance(body, dict):
            stream = Stream(str(body.get("producer")), str(body.get("topic")), event.leaf.subject)
            missing = body.get("missing")
            for number in missing if isinstance(missing, list) else []:
                yield stream, number


def _doubles_and_disorder(
    stream: Stream, numbers: Sequence[int], reported: set[tuple[Stream, int]]
) -> Iterator[Finding]:
    for before, after in pairwise(numbers):
        if after == before:
            yield tampered(stream.where, f"sequence {after} stands there twice")
        elif after < before and (stream, after) in reported:
            yield note(stream.where, f"sequence {after} came late, after its gap was reported")
        elif after < before:
            yield tampered(stream.where, f"sequence {after} stands behind {before}")


def _holes(
    stream: Stream, numbers: Sequence[int], reported: set[tuple[Stream, int]], *, whole: bool
) -> Iterator[Finding]:
    first = 1 if whole else min(numbers)
    for number in sorted(set(range(first, max(numbers))) - set(numbers)):
        if (stream, number) in reported:
            yield note(stream.where, f"sequence {number} is missing, and the log reported it")
        else:
            yield undecided(stream.where, f"sequence {number} is missing from the export")
