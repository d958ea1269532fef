"""How far a case leads by itself through the decision tree for cases like it."""

from collections.abc import Mapping
from dataclasses import dataclass

from contracts.lifecycle import CaseState
from playbook.case import Problem
from playbook.model import Playbook
from playbook.trees import Question, Tree
from playbook.walk import Walk, tree_for, walk
from resolution.domain.filed import as_filed, clear_facts

_UNSURE = "triage"


@dataclass(frozen=True, slots=True, kw_only=True)
class Way:
    """The tree of a case, what was answered for the case in this version of it, and how far."""

    tree: Tree
    walked: Walk
    kept: Mapping[str, str]


def way_of(playbook: Playbook, state: CaseState) -> Way | None:
    """Walk its tree with what is known; None without one, after its end, and in triage."""
    if state.has_ended or state.status == _UNSURE:
        return None
    tree = tree_for(playbook, state.issue_type, as_filed(state))
    if tree is None:
        return None
    return _walked(playbook, state, tree, state.tree_answers.get(tree.pin, {}))


def answered(playbook: Playbook, state: CaseState, way: Way, node: str, answer: str | None) -> Way:
    """Walk on from where the case stood; None takes an answer back."""
    left = {known: code for known, code in way.kept.items() if known != node}
    kept = left if answer is None else left | {node: answer}
    return _walked(playbook, state, way.tree, kept)


def wrong_answer(way: Way, node: str, answer: str | None) -> Problem | None:
    """Say why a question cannot be answered so; None: it can."""
    asked = way.tree.node(node)
    if not isinstance(asked, Question):
        return Problem(pointer="/node", code="unknown-code", detail=f"{way.tree.pin} asks no such.")
    codes = [one.code for one in asked.answers]
    if answer is not None and answer not in codes:
        return Problem(
            pointer="/answer", code="unknown-code", detail=f"One of: {', '.join(codes)}."
        )
    if any(step.node == node and step.source == "fact" for step in way.walked.steps):
        return Problem(pointer="/node", code="known", detail="The case says this itself.")
    if node not in way.kept and node != way.walked.node:
        detail = f"Not asked here: the case stands at {way.walked.node}."
        return Problem(pointer="/node", code="not-asked", detail=detail)
    return None


def _walked(playbook: Playbook, state: CaseState, tree: Tree, kept: Mapping[str, str]) -> Way:
    walked = walk(playbook, tree.tree, {}, clear_facts(state), kept)
    return Way(tree=tree, walked=walked, kept=kept)
