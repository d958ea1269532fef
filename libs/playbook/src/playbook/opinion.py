"""What a text model's word adds to what others say of a case: it agrees, or it does not."""

from dataclasses import dataclass, replace
from typing import Final, Literal, TypeAlias

from playbook.case import TextLabel
from playbook.columns import LEVELS
from playbook.compiled import compiled
from playbook.model import Playbook
from playbook.tables import Predicate

Method: TypeAlias = Literal["declared", "rule", "model", "human"]

CONFLICT: Final = "signals_conflict"
_FIELD: Final = "text_model"
_LIGHT: Final = LEVELS[:2]
_PLACES: Final = 4


@dataclass(frozen=True, slots=True, kw_only=True)
class Verdict:
    """How sure, by which method, and why a person should look if one should."""

    issue_type: str | None
    confidence: float
    method: Method
    doubt: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Stakes:
    """What hangs on a case, whatever its type turns out to be."""

    severity: str
    legal: str
    safety: str
    policy_conflict: bool


def weigh_opinion(
    playbook: Playbook, label: TextLabel, verdict: Verdict, stakes: Stakes, *, is_agreed: bool
) -> Verdict:
    """
    Weigh what a model said against what the seller and the rules said.

    It never names a type: without another source a person decides. Where it agrees, the case is
    surer, and where it disagrees a person looks, unless seller and rule agree (`is_agreed`).
    Where a case would route by its word only, that case has to be a light one: of low severity,
    and of a type from which no row leads to a partner.
    """
    if verdict.issue_type is None or verdict.doubt or playbook.issue_type(label.label) is None:
        return verdict
    sure = playbook.taxonomy.confidence
    if label.label != verdict.issue_type:
        doubted = replace(verdict, confidence=sure.conflict, doubt=CONFLICT)
        return verdict if is_agreed else doubted
    both = min(sure.agreed, either(verdict.confidence, label.confidence))
    if not verdict.confidence < sure.bound <= both:
        return replace(verdict, confidence=max(verdict.confidence, both))
    if is_grave(stakes) or leads_to_partner(playbook, verdict.issue_type):
        return verdict
    return replace(verdict, confidence=both, method="model")


def either(one: float, other: float) -> float:
    """Say how likely it is that of two sources at least one is right."""
    return round(1 - (1 - one) * (1 - other), _PLACES)


def is_grave(stakes: Stakes) -> bool:
    """Say whether too much hangs on a case for a model's word to make the difference."""
    signalled = stakes.legal != LEVELS[0] or stakes.safety != LEVELS[0] or stakes.policy_conflict
    return signalled or stakes.severity not in _LIGHT


def leads_to_partner(playbook: Playbook, issue_type: str) -> bool:
    """Say whether a row for a type, or its default, leads to a queue that a partner owns."""
    tables = compiled(playbook)
    rows = tables.by_type.get(issue_type, tables.otherwise).rows
    partners = {team.id for team in playbook.teams.teams if team.kind == "partner"}
    owned = {queue.id for queue in playbook.teams.queues if queue.team in partners}
    return any(row.queue in owned for row in rows)


def tell_opinion(label: TextLabel | None, issue_type: str | None) -> tuple[Predicate, ...]:
    """Show a model's word beside the other conditions that were looked at."""
    if label is None or issue_type is None:
        return ()
    held = label.label == issue_type
    return (Predicate(_FIELD, "any_of", (issue_type,), (label.label,), held),)
