"""What waits in a queue, and what makes it urgent. Pure."""

from dataclasses import dataclass
from datetime import datetime
from typing import Final

PROMISES_OF_OTHERS: Final = frozenset(
    {
        "evidence_due",
        "facts_due",
        "handoff_accept",
        "handoff_turnaround",
        "appeal_window",
        "reopen_window",
    }
)
"""Clocks that run against the seller or a partner, or break nothing: they rank no worklist."""


@dataclass(frozen=True, slots=True, kw_only=True)
class CaseKey:
    """A case among those of all marketplaces."""

    marketplace: str
    case_id: str


@dataclass(frozen=True, slots=True, kw_only=True)
class QueuedCase:
    """An open case in its queue: what the work asks for, and when it breaks a promise."""

    key: CaseKey
    queue: str
    team: str
    priority: int
    due_at: datetime
    severity: str
    issue_type: str | None = None
    skills: tuple[str, ...] = ()
    clearance: tuple[str, ...] = ()
    waiting_on: str = "platform"


@dataclass(frozen=True, slots=True, kw_only=True)
class WorklistFilter:
    """Which of the cases of a worklist. None: all."""

    severity: str | None = None
    issue_type: str | None = None
    waiting_on: str | None = None
    workable_by: str | None = None  # a member: only what their skills and clearances allow


def ranks(clock_kind: str) -> bool:
    """Say whether a clock moves a case up the worklist: one that the platform itself can break."""
    return clock_kind not in PROMISES_OF_OTHERS
