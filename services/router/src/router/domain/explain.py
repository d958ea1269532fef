"""From the playbook's answers to what the router says and keeps."""

from collections.abc import Iterable, Mapping
from dataclasses import asdict
from typing import Any

from contracts.routing import (
    Alternative,
    CaseClassified,
    CaseRouted,
    Lead,
    Predicate,
    Rejected,
    Signals,
)
from playbook import tables
from playbook.classify import Classification
from playbook.route import RoutingDecision


def to_classified(found: Classification, *, reason: str | None = None) -> CaseClassified:
    """Say a classification. `found` names an issue type: without one it would be triage."""
    return CaseClassified(
        symptom=found.symptom,
        issue_type=found.issue_type or "unknown",
        root_cause_hint=found.root_cause_hint,
        authority_level=found.authority_level,
        signals=Signals(**asdict(found.signals)),
        severity=found.severity,
        confidence=found.confidence,
        method=found.method,
        alternatives=to_alternatives(found),
        predicates=to_predicates(found.predicates),
        reason=reason,
    )


def to_routed(chosen: RoutingDecision) -> CaseRouted:
    return CaseRouted(
        queue=chosen.queue,
        team=chosen.team,
        rule=chosen.rule,
        inputs={name: tuple(values) for name, values in chosen.inputs.items()},
        predicates=to_predicates(chosen.predicates),
        skills=chosen.skills,
        priority=chosen.priority,
        lead=Lead(team=chosen.lead_team),
        rejected=tuple(
            Rejected(
                rule=one.rule,
                queue=one.queue,
                because=to_predicate(one.because) if one.because else None,
            )
            for one in chosen.rejected
        ),
    )


def to_alternatives(found: Classification) -> tuple[Alternative, ...]:
    return tuple(
        Alternative(issue_type=one.issue_type, confidence=one.confidence)
        for one in found.alternatives
    )


def to_predicates(looked_at: Iterable[tables.Predicate]) -> tuple[Predicate, ...]:
    return tuple(to_predicate(one) for one in looked_at)


def to_predicate(one: tables.Predicate) -> Predicate:
    return Predicate(
        field=one.field, op=one.op, expected=one.expected, seen=one.seen, held=one.held
    )


def to_row(fact: CaseClassified | CaseRouted) -> Mapping[str, Any]:
    """Keep a decision as it was said."""
    return fact.model_dump(mode="json", by_alias=True, exclude_none=True)
