"""The checklist of a case: what must be done or waived before a decision."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import Literal

from playbook.case import OnFile
from playbook.closed import Words
from playbook.evidence import is_current
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
    playbook: Playbook, issue_type: str, on_file: Sequence[OnFile], at: date
) -> tuple[ChecklistItem, ...]:
    """Start a checklist. What is on file and current is done from the start; nobody did it."""
    current = {item.kind for item in on_file if is_current(playbook, item, at)}
    return tuple(
        ChecklistItem(
            item=row.item,
            kind=row.kind,
            required=row.required,
            state="done" if row.kind in current else "open",
            text=row.text,
        )
        for row in playbook.checklist(issue_type).items
    )


def item_for(playbook: Playbook, issue_type: str, kind: str) -> str | None:
    """Find the point that accepted evidence of a kind completes."""
    rows = playbook.checklist(issue_type).items
    return next((row.item for row in rows if row.kind == kind), None)
