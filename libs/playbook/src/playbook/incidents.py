"""Which cases come from one cause: what an incident and a new case have in common."""

from collections.abc import Mapping
from dataclasses import dataclass

from playbook.model import Playbook
from playbook.questions import IncidentMarks


@dataclass(frozen=True, slots=True, kw_only=True)
class Likeness:
    """Which marks two cases share, and which differ or are known of one only."""

    same: tuple[str, ...]
    other: tuple[str, ...]

    @property
    def is_exact(self) -> bool:
        return not self.other


def incident_rule(playbook: Playbook, issue_type: str | None) -> IncidentMarks | None:
    """Return how cases of a type find their incident; None if people link them."""
    known = playbook.issue_type(issue_type)
    return known.incident if known else None


def marks_of(rule: IncidentMarks, facts: Mapping[str, object]) -> dict[str, str]:
    """Take the marks out of the clear facts of a case, each as text: those that it knows."""
    return {name: str(facts[name]) for name in rule.marks if name in facts}


def is_incident(rule: IncidentMarks, facts: Mapping[str, object]) -> bool:
    """Tell whether the facts themselves say that many are hit."""
    counted = facts.get(rule.counted_by) if rule.counted_by else None
    return isinstance(counted, int) and counted >= rule.at_least


def likeness(rule: IncidentMarks, mine: Mapping[str, str], theirs: Mapping[str, str]) -> Likeness:
    """Compare two cases by the marks of their type. A mark that both lack is none in common."""
    same = tuple(name for name in rule.marks if name in mine and mine[name] == theirs.get(name))
    return Likeness(same=same, other=tuple(name for name in rule.marks if name not in same))
