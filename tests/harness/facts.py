"""What is found after the storm: rows, records, leaves and checkpoints, as plain values."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any


@dataclass(frozen=True, slots=True, kw_only=True)
class Written:
    """A row of an outbox. Times: seconds since 1970."""

    service: str
    id: int
    event_id: str
    topic: str
    subject: str
    sequence: int
    type: str
    causation: str | None = None
    request_id: str | None = None
    marketplace: str | None = None
    time: float = 0.0
    payload: Mapping[str, Any] = field(default_factory=dict)
    digest: str = ""
    """`sha256:` and the hex digest of the payload's bytes, as a leaf has it."""
    pending: bool = False
    """It waits in `outbox_pending` to be published (again)."""
    sent: bool = True
    """`outbox_sent` has it."""
    late: bool = False
    """Written while the facts were read: it need not have arrived anywhere yet."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Record:
    """A record of a topic, as anyone with a Kafka client sees it."""

    topic: str
    partition: int
    offset: int
    event_id: str | None
    """None: it is no event."""
    producer: str = ""
    subject: str = ""
    sequence: int = 0
    type: str = ""
    digest: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """Where a record stands that is none of ours: a test wrote it there, or audit refused it."""

    topic: str
    partition: int
    offset: int
    why: str = "injected"


@dataclass(frozen=True, slots=True, kw_only=True)
class Head:
    """How far a producer has numbered a stream (`stream_head`)."""

    service: str
    topic: str
    subject: str
    last_sequence: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Cursor:
    """How far a consumer has come in a stream (`inbox_cursor`)."""

    service: str
    producer: str
    topic: str
    subject: str
    last_sequence: int
    last_event_id: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Parked:
    """A row of `parked_event`."""

    service: str
    topic: str
    partition: int
    offset: int
    producer: str
    subject: str
    sequence: int
    event_id: str | None
    reason: str
    state: str
    error: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Quarantined:
    """A record that was no event, or contradicted one."""

    service: str
    topic: str
    partition: int
    offset: int
    error: str


@dataclass(frozen=True, slots=True, kw_only=True)
class View:
    """A case as one service has folded it."""

    service: str
    case: str
    state: Mapping[str, Any]
    blocked: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Effect:
    """A business row, by the id that its event names too: neither is there without the other."""

    service: str
    table: str
    id: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Step:
    """A step of a clock that is armed, and how far the log was read for its case."""

    clock: str
    case: str
    kind: str
    percent: int
    due_at: float
    caught_up_at: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Leaf:
    """A leaf of the log. `content`: its exact bytes, which are UTF-8."""

    idx: int
    event_id: str
    topic: str
    subject: str
    producer: str
    sequence: int
    type: str
    content: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Gap:
    """A number that a gap leaf has named."""

    producer: str
    topic: str
    subject: str
    sequence: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Checkpoint:
    """A checkpoint as somebody saw it: the monitor over HTTP or Kafka, or the table."""

    source: str
    seen_at: float
    origin: str
    size: int
    root: str
    """Base64."""
    note: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Sighting:
    """A canary found in the clear."""

    where: str
    text: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Rest:
    """Whether, and how long after the faults were healed, the system came to rest."""

    seconds: float
    unrest: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Setting:
    """What was run: which services, seed, faults by kind, anything worth keeping."""

    readers: Mapping[str, Sequence[str]] = field(default_factory=dict)
    """Which services keep a cursor on which topic; audit keeps no cursors but leaves."""
    audited: Sequence[str] = ()
    """Topics of which each event becomes a leaf."""
    topics: Sequence[str] = ()
    """Topics that were dumped from their beginning."""
    rests_within: float = 60.0
    seed: int = 0
    faults: Mapping[str, int] = field(default_factory=dict)
    notes: Mapping[str, str] = field(default_factory=dict)
