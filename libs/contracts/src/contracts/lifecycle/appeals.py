"""What follows from the appeals of a case: which wait for an answer, and who may not give it."""

from collections.abc import Mapping

from contracts.lifecycle.state import CaseState
from contracts.lifecycle.way import Appeal


def open_appeals(state: CaseState) -> Mapping[str, Appeal]:
    """Return the appeals that nobody has answered yet."""
    return {id_: one for id_, one in state.appeals.items() if id_ not in state.answered_appeals}


def deciders(state: CaseState) -> frozenset[str]:
    """Return the members who made a decision that was ever appealed: they do not judge it."""
    appealed = {id_ for appeal in state.appeals.values() for id_ in appeal.decisions}
    actors = (one.actor or "" for id_, one in state.decisions.items() if id_ in appealed)
    return frozenset(member for actor in actors if (member := actor.partition(":")[2]))
