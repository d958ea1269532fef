"""Cases that end without a person, where the playbook says so; and the decision that ends one."""

from contracts.lifecycle import CaseState
from contracts.routing import Predicate
from playbook.model import Playbook
from playbook.no_touch import Weight, explain_no_touch, find_no_touch
from playbook.policies import NoTouch
from resolution.domain.decisions import Draft
from resolution.domain.filed import as_filed


def way_without_person(playbook: Playbook, state: CaseState) -> NoTouch | None:
    """
    Find the playbook's row for a case that nobody needs to touch.

    None once anything makes it a person's: somebody has it, the seller wrote or came back, it was
    reopened, belongs to an incident, or waits for a document, another team or an arbiter.
    """
    seen = state.classification
    if seen is None or _is_a_persons(state):
        return None
    weight = Weight(
        issue_type=state.issue_type,
        severity=seen.severity,
        authority_level=seen.authority_level,
        signals=(seen.signals.financial, seen.signals.legal, seen.signals.safety),
        policy_conflict=seen.signals.policy_conflict,
    )
    return find_no_touch(playbook, weight, as_filed(state))


def _is_a_persons(state: CaseState) -> bool:
    return (
        state.status != "queued"
        or state.episode > 0
        or state.contacts > 0
        or bool(state.decisions)
        or bool(state.evidence)
        or state.parent is not None
        or state.is_frozen
    )


def draft_of(playbook: Playbook, state: CaseState, way: NoTouch) -> Draft:
    """Write the decision of the row; it has the authority that its type needs by itself."""
    known = playbook.issue_type(state.issue_type)
    return Draft(
        type=way.decision,
        outcome=way.outcome,
        root_cause=way.root_cause,
        reasons=way.reasons,
        evidence=(),
        redress=way.redress,
        template=playbook.templates_for(state.issue_type).favourable,
        by_person=False,
        authority=known.authority_level if known else 0,
    )


def why(playbook: Playbook, state: CaseState, way: NoTouch) -> tuple[Predicate, ...]:
    """Say which facts made the row hold."""
    told = explain_no_touch(playbook, state.issue_type, way, as_filed(state))
    return tuple(Predicate(**one._asdict()) for one in told)
