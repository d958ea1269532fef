"""The names of what can be wrong, and one thing found wrong with the slice that shows it."""

from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from typing_extensions import override


class Name(StrEnum):
    """Anomalies, in brackets as Jepsen's Kafka workload calls them, with the invariant."""

    LOST_WRITE = "lost-write"  # acknowledged or half done, and not there (lost-write; I1, I12)
    DUPLICATE = "duplicate"  # there twice (duplicate; I1, I2)
    PHANTOM = "phantom"  # heard, and never committed (aborted-read; I3)
    OUT_OF_ORDER = "out-of-order"  # a later one before an earlier one (nonmonotonic; I4, I5)
    OVERTAKEN = "overtaken"  # applied although an earlier one of its case was parked (I4)
    CONFLICT = "conflict"  # two events in one place of a stream (I4)
    GAP = "gap"  # a number is missing before others (int-poll-skip; I4, I7)
    UNSEEN = "unseen"  # said, and not heard by somebody (unseen; I7)
    LOST_LEAF = "lost-leaf"  # audit went past an event without a leaf (I2)
    CHANGED_LOG = "changed-log"  # the log is not what its own root says (I6)
    FORKED_CHECKPOINT = "forked-checkpoint"  # two checkpoints that no one log has (I6)
    EFFECT_TWICE = "effect-twice"  # a cause had its effect twice (I8)
    EARLY_TIMER = "early-timer"  # fired before it was due (I9)
    LATE_TIMER = "late-timer"  # due, and never fired (I9)
    TIMER_TWICE = "timer-twice"  # fired twice in one revision (I9)
    LEAK = "leak"  # a canary in the clear (I10)
    RESTLESS = "restless"  # healed, and still something is on its way (I11)
    STUCK = "stuck"  # parked, blocked or quarantined, and left so (I11)
    FAIL_OPEN = "fail-open"  # a yes that should have been a no (I12)
    DISAGREEMENT = "disagreement"  # services see one case differently (I13)


@dataclass(frozen=True, slots=True, kw_only=True)
class Anomaly:
    """One thing found wrong: `about` what (a stream, a case, a size), and what shows it."""

    name: Name
    invariant: str
    about: str
    says: str
    slice: tuple[Any, ...] = ()

    @override
    def __str__(self) -> str:
        shown = "".join(f"\n    {one}" for one in self.slice)
        return f"{self.name} ({self.invariant}) {self.about}: {self.says}{shown}"
