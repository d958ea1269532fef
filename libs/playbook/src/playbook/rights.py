"""Who may decide what, whom to ask for it, and how far a case may climb."""

from playbook.assets import DecisionRight, Ladder
from playbook.model import Playbook


def right_for(playbook: Playbook, authority_level: int) -> DecisionRight | None:
    """Find who decides what asks for a level: the holder of it, else of the next one above."""
    able = [
        right
        for right in playbook.escalation.decision_rights
        if right.authority_level >= authority_level
    ]
    return min(able, key=lambda right: right.authority_level, default=None)


def approval_path(playbook: Playbook, authority_level: int) -> tuple[str, ...]:
    """List the roles that may decide it, the nearest first; empty where no rights are written."""
    rights = sorted(playbook.escalation.decision_rights, key=lambda one: one.authority_level)
    return tuple(
        dict.fromkeys(one.role for one in rights if one.authority_level >= authority_level)
    )


def highest_level(playbook: Playbook, issue_type: str, ladder: Ladder) -> int:
    """Tell how far up a ladder a type of case may climb by asking: to its boundary, or the top."""
    roles = [one.highest for one in playbook.escalation.boundaries if issue_type in one.issue_types]
    within = [rung.level for rung in ladder.rungs if rung.role in roles]
    return max(within, default=ladder.rungs[-1].level)
