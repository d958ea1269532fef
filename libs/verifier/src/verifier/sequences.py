"""Completeness of an export: each producer numbers its events of a subject from 1 on."""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise

from verifier.events import FILE, ExportedEvent, Row, payload_members
from verifier.report import Finding, note, tampered, undecided

GAP_TYPE = "audit.gap_detected."
# A query of these alone asks for whole subjects; any other member picks events out of them.
_WHOLE_SUBJECTS = {"case", "subject", "marketplace"}
_FILTERED = "the export is filtered: that nothing was left out is not shown"
_WITHHELD = "some entries are withheld: holes in the numbers of a subject say nothing"


@dataclass(frozen=True, slots=True, order=True)
class Stream:
    producer: str
    topic: str
    subject: str

    @property
    def where(self) -> str:
        place = f" in {self.topic}" if self.topic else ""
        return f"{FILE}, {self.producer}'s events of {self.subject}{place}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Scope:
    """
    What an export promises to show.

    `whole_subjects` are shown from their first event on (`None`: all of them). `silent` says why
    events may be absent without anybody having left them out, if there is a reason.
    """

    whole_subjects: frozenset[str] | None
    silent: str | None

    @classmethod
    def of_query(cls, query: Mapping[str, object]) -> "Scope":
        filtered = any(query[name] is not None for name in query.keys() - _WHOLE_SUBJECTS)
        return cls(
            whole_subjects=frozenset(text for text in query.values() if isinstance(text, str)),
            silent=_FILTERED if filtered else None,
        )

    @classmethod
    def of_range(cls, *, first: int, withheld: int) -> "Scope":
        return cls(
            whole_subjects=frozenset() if first else None, silent=_WITHHELD if withheld else None
        )

    def shows_all_of(self, subject: str) -> bool:
        return self.whole_subjects is None or subject in self.whole_subjects


def check_order(rows: Sequence[Row]) -> Iterator[Finding]:
    """Check that the lines stand in the log's order, none twice."""
    for before, after in pairwise(rows):
        if after.index <= before.index:
            yield tampered(after.where, f"stands behind idx {before.index}: the order is changed")


def check_sequences(events: Sequence[ExportedEvent], scope: Scope) -> Iterator[Finding]:
    """
    Look for events that the numbers say exist and the export does not show.

    A hole that the log itself reported (`audit.gap_detected`) is told as a note, and so is every
    hole of a filtered export. That the newest event of a subject was left out cannot be seen.
    """
    reported = _reported_gaps(events)
    for stream, members in sorted(_streams(events).items()):
        numbers, gaps = [event.leaf.sequence for event in members], reported[stream]
        yield from _doubles_and_disorder(stream, numbers, gaps)
        if not scope.silent:
            yield from _holes(stream, numbers, gaps, whole=scope.shows_all_of(stream.subject))
    if scope.silent:
        yield note(FILE, scope.silent)


def _streams(events: Iterable[ExportedEvent]) -> dict[Stream, list[ExportedEvent]]:
    streams = defaultdict(list)
    for event in events:
        leaf = event.leaf
        streams[Stream(leaf.producer, leaf.topic or "", leaf.subject)].append(event)
    return streams


def _reported_gaps(events: Iterable[ExportedEvent]) -> dict[Stream, list[range]]:
    """Read the missing sequences that the log's own gap events name."""
    reported = defaultdict(list)
    for event in events:
        leaf = event.leaf
        if leaf.type.startswith(GAP_TYPE) and leaf.producer == "audit" and leaf.topic is None:
            gap = _gap(payload_members(event))
            if gap:
                reported[gap[0]].append(gap[1])
    return reported


def _gap(body: object) -> tuple[Stream, range] | None:
    if not isinstance(body, dict):
        return None
    names = [body.get(name) for name in ("gap_producer", "gap_topic", "gap_subject")]
    first, last = body.get("first_missing"), body.get("last_missing")
    if not isinstance(first, int) or not isinstance(last, int):
        return None
    return Stream(*map(str, names)), range(first, last + 1)


def _doubles_and_disorder(
    stream: Stream, numbers: Sequence[int], gaps: Sequence[range]
) -> Iterator[Finding]:
    highest = 0
    for number in numbers:
        if number == highest:
            yield tampered(stream.where, f"sequence {number} stands there twice")
        elif number < highest and any(number in gap for gap in gaps):
            yield note(stream.where, f"sequence {number} came late, after its gap was reported")
        elif number < highest:
            yield tampered(stream.where, f"sequence {number} stands behind {highest}")
        highest = max(highest, number)


def _holes(
    stream: Stream, numbers: Sequence[int], gaps: Sequence[range], *, whole: bool
) -> Iterator[Finding]:
    """Look between the numbers, never at each one: a forged number may be huge."""
    ordered = sorted(set(numbers))
    for before, after in pairwise([0, *ordered] if whole else ordered):
        hole = range(before + 1, after)
        if not hole:
            continue
        if any(gap.start <= hole.start and hole.stop <= gap.stop for gap in gaps):
            yield note(stream.where, f"{_named(hole)} missing, and the log itself reported it")
        else:
            yield undecided(stream.where, f"{_named(hole)} missing from the export")


def _named(hole: range) -> str:
    if hole.stop - hole.start == 1:
        return f"sequence {hole.start} is"
    return f"sequences {hole.start} to {hole.stop - 1} are"
