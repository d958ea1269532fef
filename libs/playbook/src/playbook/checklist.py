"""The checklist of a case: what must be done or waived before a decision."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import Literal

from playbook.case import OnFile
from playbook.closed import Words
from playbook.columns import Inputs
from playbook.evidence import is_current, points_for
from playbook.model import Playbook


@dataclass(frozen=True, slots=True, kw_only=True)
class ChecklistItem:
    """A point of one case's checklist as it starts."""

    item: str
    kind: str | None
    required: bool
    state: Literal["done", "open"]
    text: Words


def instantiate(
    playbook: Playbook, issue_type: str, on_file: Sequence[OnFile], at: date, seen: Inputs
) -> tuple[ChecklistItem, ...]:
    """
    Start a checklist; `seen` is the case as it was filed.

    What is on file and current is done from the start; nobody did it.
    """
    current = {item.kind for item in on_file if is_current(playbook, item, at)}
    return tuple(
        ChecklistItem(
            item=row.item,
            kind=row.kind,
            required=row.required,
            state="done" if row.kind in current else "open",
            text=row.text,
        )
        for row in points_for(playbook, issue_type, seen)
    )


def needless(playbook: Playbook, issue_type: str, seen: Inputs) -> frozenset[str]:
    """Name the points of a type's checklist that are not for a case like this."""
    asked = {row.item for row in points_for(playbook, issue_type, seen)}
    every = (row.item for row in playbook.checklist(issue_type).items)
    return frozenset(item for item in every if item not in asked)


def item_for(playbook: Playbook, issue_type: str, kind: str, seen: Inputs) -> str | None:
    """Find the point that accepted evidence of a kind completes."""
    rows = points_for(playbook, issue_type, seen)
    return next((row.item for row in rows if row.kind == kind), None)
