"""The points that must be done or waived before a case is decided."""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import date, datetime

from contracts.lifecycle import CaseState
from contracts.lifecycle.way import ChecklistPoint
from playbook import checklist
from playbook.model import Playbook
from resolution.domain.evidence import on_file
from resolution.domain.filed import as_filed


@dataclass(frozen=True, slots=True, kw_only=True)
class Point:
    """One point of a case's checklist, as we keep it."""

    item: str
    kind: str | None
    required: bool
    state: str
    reason: str | None = None
    evidence: str | None = None
    changed_at: datetime | None = None


def instantiate(playbook: Playbook, state: CaseState, at: date) -> tuple[Point, ...]:
    """Write the checklist of a case: a document that is on file and valid is done already."""
    filed = as_filed(state)
    points = checklist.instantiate(playbook, state.issue_type, on_file(state), at, filed)
    return tuple(
        Point(item=one.item, kind=one.kind, required=one.required, state=one.state)
        for one in points
    )


def carry_over(playbook: Playbook, state: CaseState, at: date) -> tuple[Point, ...]:
    """
    Write the checklist of a case that is of another type now.

    What was done or waived stays so where the new type asks the same; a document counts for as
    long as it is valid, under whichever type it came.
    """
    points = instantiate(playbook, state, at)
    return tuple(_carried(point, state.checklist.get(point.item)) for point in points)


def _carried(point: Point, before: ChecklistPoint | None) -> Point:
    if before is None or _is_out_of_date(point, before):
        return point
    return replace(
        point,
        state=before.state,
        reason=before.reason,
        evidence=before.evidence,
        changed_at=before.at,
    )


def _is_out_of_date(point: Point, before: ChecklistPoint) -> bool:
    """Say whether a document once did a point that none that is valid today would do."""
    return before.evidence is not None and before.state == "done" and point.state == "open"


def point_of(points: Iterable[Point], kind: str) -> Point | None:
    """Find the open point that a document of a kind would complete."""
    return next((one for one in points if one.kind == kind and one.state == "open"), None)
