"""Questions of a case that are answered each by a decision of its own, never by one for all."""

from dataclasses import dataclass

from playbook.case import Situation
from playbook.model import Playbook


@dataclass(frozen=True, slots=True, kw_only=True)
class Question:
    """A point of the checklist that only a decision of a type settles."""

    item: str
    decision: str
    is_open: bool


def questions_of(playbook: Playbook, situation: Situation) -> tuple[Question, ...]:
    """List what a case like this has to be answered, in the playbook's order; mostly nothing."""
    return tuple(
        Question(
            item=row.item,
            decision=row.decision,
            is_open=situation.checklist.get(row.item, "open") == "open",
        )
        for row in playbook.checklist(situation.issue_type).items
        if row.decision and row.item not in situation.needless
    )


def is_question(playbook: Playbook, issue_type: str, item: str) -> bool:
    """Say whether nobody settles a point by hand, because it takes a decision."""
    return any(row.item == item and row.decision for row in playbook.checklist(issue_type).items)
