"""What arrives for the log, and what is made of it: a new leaf, a repetition, a conflict."""

from collections import deque
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from enum import Enum
from typing import NamedTuple
from uuid import UUID


class Stream(NamedTuple):
    """Whose numbers run without a hole."""

    producer: str
    topic: str
    subject: str


class Place(NamedTuple):
    """The one place in the log's streams that an event may take."""

    producer: str
    topic: str
    subject: str
    sequence: int

    @property
    def stream(self) -> Stream:
        return Stream(self.producer, self.topic, self.subject)


@dataclass(frozen=True, slots=True, kw_only=True)
class Arrival:
    """
    An event on its way into the log, with its leaf.

    `partition` and `offset` are None for what audit itself has to say. `digest` is over all that
    the producer signed, so that a repetition can be told from a contradiction.
    """

    event_id: UUID
    digest: bytes
    place: Place
    partition: int | None
    offset: int | None
    type: str
    marketplace: str | None
    occurred_at: datetime
    headers: Mapping[str, str]
    payload: bytes
    leaf: bytes
    received_at: datetime


class Verdict(Enum):
    """What an arrival is to the log. The names of the conflicts are those of the event."""

    NEW = "new"
    DUPLICATE = "duplicate"
    SAME_ID = "event_id"
    SAME_PLACE = "sequence"


@dataclass(slots=True, kw_only=True)
class Known:
    """What the log holds already of the ids and places at hand; grows with what is taken."""

    digests: dict[UUID, bytes] = field(default_factory=dict)
    places: set[Place] = field(default_factory=set)

    def take(self, arrival: Arrival) -> None:
        self.digests[arrival.event_id] = arrival.digest
        self.places.add(arrival.place)


def judge(arrival: Arrival, known: Known) -> Verdict:
    """Say what an arrival is (audit.md §1): the first stays, whatever comes later."""
    digest = known.digests.get(arrival.event_id)
    if digest is not None:
        return Verdict.DUPLICATE if digest == arrival.digest else Verdict.SAME_ID
    return Verdict.SAME_PLACE if arrival.place in known.places else Verdict.NEW


@dataclass(frozen=True, slots=True, kw_only=True)
class Order:
    """Which arrivals come next, in this order, and whose streams wait for a missing number."""

    ready: Sequence[Arrival]
    held: frozenset[Stream]
    last: Mapping[Stream, int]


def choose_order(arrivals: Sequence[Arrival], last: Mapping[Stream, int]) -> Order:
    """
    Put arrivals in order: as they came, but never with a hole in a stream's numbers.

    A hole holds back everything about its subject on that topic, except what fills it. A number
    at or below the last was reported missing before: it comes late, and is taken at once.
    """
    ends, held, released = dict(last), set[Stream](), dict[_About, deque[Arrival]]()
    for about, waiting in _by_subject(arrivals).items():
        released[about] = deque[Arrival]()
        held |= _release(waiting, ends, released[about])
    going = {one.event_id for group in released.values() for one in group}
    # Of the places in the queue that a subject's arrivals have, each goes to the next of them.
    places = [_about(arrival) for arrival in arrivals if arrival.event_id in going]
    ready = [released[about].popleft() for about in places]
    return Order(ready=ready, held=frozenset(held), last=ends)


_About = tuple[str, str]


def _about(arrival: Arrival) -> _About:
    return arrival.place.topic, arrival.place.subject


def _by_subject(arrivals: Sequence[Arrival]) -> dict[_About, list[Arrival]]:
    groups: dict[_About, list[Arrival]] = {}
    for arrival in arrivals:
        groups.setdefault(_about(arrival), []).append(arrival)
    return groups


def _release(
    waiting: list[Arrival], ends: dict[Stream, int], released: deque[Arrival]
) -> set[Stream]:
    """Take what can go, in order; return the streams that wait for a missing number."""
    while waiting:
        found, behind = _next(waiting, ends)
        if found is None:
            return behind
        waiting.remove(found)
        released.append(found)
        stream = found.place.stream
        ends[stream] = max(ends.get(stream, 0), found.place.sequence)
    return set()


def _next(
    waiting: Sequence[Arrival], ends: Mapping[Stream, int]
) -> tuple[Arrival | None, set[Stream]]:
    """Return the first that may go, and the streams with a hole that stand before it."""
    behind = set[Stream]()
    for arrival in waiting:
        stream = arrival.place.stream
        if arrival.place.sequence > ends.get(stream, 0) + 1:
            behind.add(stream)
        elif not behind or stream in behind:
            return arrival, behind
    return None, behind
