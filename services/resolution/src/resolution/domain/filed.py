"""A case as it was filed, as the playbook's conditions want to see it."""

from contracts.lifecycle import CaseState
from contracts.sealed import SealedValue
from playbook.case import CaseFacts, Money
from playbook.inputs import filed_inputs
from playbook.tables import Inputs


def as_filed(state: CaseState) -> Inputs:
    """Show the clear facts of a case; what its filing put off is among them once it has come."""
    amount = state.amount_at_risk
    return filed_inputs(
        CaseFacts(
            marketplace=state.marketplace,
            issue_type=state.declared_type,
            tier=state.seller.tier,
            region=state.seller.region,
            perspective=state.perspective,
            facts=clear_facts(state),
            amount_at_risk=(
                Money(amount_minor=amount.amount_minor, currency=amount.currency)
                if amount
                else None
            ),
            cues=state.text_signals.cues,
            repeats=len(state.repeats) + len(state.alike),
            at=state.opened_at.date(),
        )
    )


def clear_facts(state: CaseState) -> dict[str, object]:
    """Show the facts that are not sealed, as JSON has them."""
    return {
        name: value.model_dump() if hasattr(value, "model_dump") else value
        for name, value in state.facts.items()
        if not isinstance(value, SealedValue)
    }
