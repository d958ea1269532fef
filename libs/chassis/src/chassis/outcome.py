"""What became of the records that were handed to a consumer."""

from dataclasses import dataclass, field
from typing import Final

from prometheus_client import Counter

_LABELS: Final = ("service", "topic")

APPLIED: Final = Counter("chassis_records_applied", "Events taken, folded and handled.", _LABELS)
DUPLICATES: Final = Counter("chassis_records_duplicate", "Events seen before.", _LABELS)
ECHOES: Final = Counter("chassis_records_echoed", "Own events that came back.", _LABELS)
UNKNOWN: Final = Counter("chassis_records_unknown", "Events of an unknown type.", _LABELS)
UNFOLLOWED: Final = Counter(
    "chassis_records_unfollowed", "Events of cases whose beginning is not known here.", _LABELS
)
CONFLICTS: Final = Counter(
    "chassis_records_conflicting", "Events in a place that another one has taken.", _LABELS
)
QUARANTINED: Final = Counter("chassis_records_quarantined", "Records that are no event.", _LABELS)
PARKED: Final = Counter("chassis_records_parked", "Events that wait.", (*_LABELS, "reason"))


@dataclass(frozen=True, slots=True, kw_only=True)
class Gap:
    """What a producer is asked to publish again: everything from this sequence on."""

    producer: str
    topic: str
    subject: str
    from_sequence: int


@dataclass(slots=True, kw_only=True)
class Outcome:
    """Counts of one delivery, and what is to be done about it."""

    applied: int = 0
    duplicates: int = 0
    echoes: int = 0
    parked: int = 0
    quarantined: int = 0
    conflicts: int = 0
    subjects: set[str] = field(default_factory=set)
    """Whose cursor moved: who waits for a position looks again."""
    filled: set[str] = field(default_factory=set)
    """Blocked subjects of which a record has come that was missing."""

    def add(self, other: "Outcome") -> None:
        self.applied += other.applied
        self.duplicates += other.duplicates
        self.echoes += other.echoes
        self.parked += other.parked
        self.quarantined += other.quarantined
        self.conflicts += other.conflicts
        self.subjects |= other.subjects
        self.filled |= other.filled
