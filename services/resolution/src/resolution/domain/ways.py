"""How far a case leads by itself through the decision tree for cases like it."""

from contracts.lifecycle import CaseState
from playbook.model import Playbook
from playbook.trees import Tree
from playbook.walk import Walk, tree_for, walk
from resolution.domain.filed import as_filed, clear_facts

_UNSURE = "triage"


def way_of(playbook: Playbook, state: CaseState) -> tuple[Tree, Walk] | None:
    """Walk its tree with its own facts; None without one, after its end, and in triage."""
    if state.has_ended or state.status == _UNSURE:
        return None
    tree = tree_for(playbook, state.issue_type, as_filed(state))
    return None if tree is None else (tree, walk(playbook, tree.tree, {}, clear_facts(state)))
