"""The one tree of a case, and how far what is known of it and some answers lead in it."""

from collections.abc import Mapping

from contracts.lifecycle import CaseState
from contracts.money import Money
from contracts.sealed import SealedValue
from playbook.case import CaseFacts, Money as Amount
from playbook.inputs import filed_inputs
from playbook.model import Playbook
from playbook.trees import Tree
from playbook.walk import Walk, tree_for, walk


def walk_case(
    playbook: Playbook, state: CaseState, answers: Mapping[str, str]
) -> tuple[Tree, Walk] | None:
    """
    Walk the tree of a case; None: its playbook has none for cases like it.

    Raises:
        AnswersInvalid: A question or an answer that the tree does not have.
    """
    facts = _clear(state)
    tree = tree_for(playbook, state.issue_type, filed_inputs(_filed(state, facts)))
    if tree is None:
        return None
    kept = state.tree_answers.get(tree.pin, {})
    return tree, walk(playbook, tree.tree, answers, facts, kept)


def _filed(state: CaseState, facts: Mapping[str, object]) -> CaseFacts:
    amount = state.amount_at_risk
    return CaseFacts(
        marketplace=state.marketplace,
        issue_type=state.declared_type,
        tier=state.seller.tier,
        region=state.seller.region,
        perspective=state.perspective,
        facts=facts,
        amount_at_risk=Amount(**amount.model_dump()) if amount else None,
        cues=state.text_signals.cues,
        repeats=len(state.repeats) + len(state.alike),
        at=state.opened_at.date(),
    )


def _clear(state: CaseState) -> dict[str, object]:
    """Leave out what is sealed: no question may be answered by it."""
    return {
        name: value.model_dump() if isinstance(value, Money) else value
        for name, value in state.facts.items()
        if not isinstance(value, SealedValue)
    }
