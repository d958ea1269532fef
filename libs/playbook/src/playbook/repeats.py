"""Which cases of one seller are about the same trouble, though about several subjects."""

from collections.abc import Mapping
from datetime import timedelta

from playbook.model import Playbook


def repeat_window(playbook: Playbook, issue_type: str) -> timedelta:
    """Return how long a case is looked for by a later one with the same marks; 0: it is not."""
    known = playbook.issue_type(issue_type)
    return known.repeat.within if known and known.repeat else timedelta()


def repeat_marks(
    playbook: Playbook, issue_type: str, facts: Mapping[str, object]
) -> tuple[str, ...] | None:
    """
    Take what makes cases of a type repeats out of the clear facts, each as text.

    None if the type names no marks, or the case knows not all: nothing is like the unknown.
    """
    known = playbook.issue_type(issue_type)
    if known is None or known.repeat is None or not facts.keys() >= {*known.repeat.marks}:
        return None
    return tuple(str(facts[name]) for name in known.repeat.marks)
