"""A decision as JSON that is kept and compared, the same bytes for the same decision."""

import json
from collections.abc import Iterable, Mapping
from typing import Any, TypeAlias

from playbook.classify import Classification
from playbook.judgement import Judgement
from playbook.route import RoutingDecision
from playbook.tables import Predicate

Record: TypeAlias = dict[str, Any]


def record(found: Judgement) -> Record:
    """
    Write a decision as the router keeps it: `{classification, route}`, nothing that is not known.

    `route` is null where a person classifies first; the classification then says why, as
    `reason`, and in which `queue`.
    """
    if found.route is None:
        return {"classification": _question(found), "route": None}
    return {"classification": _classification(found.seen), "route": _route(found.route)}


def canonical(decision: Mapping[str, Any]) -> bytes:
    """Write JSON in the one way in which equal content has equal bytes."""
    text = json.dumps(decision, sort_keys=True, separators=(",", ":"), ensure_ascii=False)
    return text.encode()


def _classification(seen: Classification) -> Record:
    signals = seen.signals
    known = {
        "symptom": seen.symptom,
        "issue_type": seen.issue_type,
        "root_cause_hint": seen.root_cause_hint,
        "authority_level": seen.authority_level,
        "signals": {
            "financial": signals.financial,
            "legal": signals.legal,
            "safety": signals.safety,
            "policy_conflict": signals.policy_conflict,
        },
        "severity": seen.severity,
        "confidence": seen.confidence,
        "method": seen.method,
        "alternatives": _alternatives(seen),
        "predicates": _predicates(seen.predicates),
    }
    return {name: value for name, value in known.items() if value is not None}


def _question(found: Judgement) -> Record:
    """Say what a person is asked, with what may help to answer."""
    seen = found.seen
    return {
        "queue": found.queue,
        "lead": {"team": found.team},
        "reason": seen.needs_person,
        "confidence": seen.confidence,
        "alternatives": _alternatives(seen),
        "predicates": _predicates(seen.predicates),
        "issue_type": seen.issue_type,
        "severity": seen.severity,
        "method": seen.method,
    }


def _route(route: RoutingDecision) -> Record:
    return {
        "queue": route.queue,
        "team": route.team,
        "rule": route.rule,
        "inputs": {name: list(seen) for name, seen in route.inputs.items()},
        "predicates": _predicates(route.predicates),
        "skills": list(route.skills),
        "priority": route.priority,
        "lead": {"team": route.lead_team},
        "rejected": [
            {"rule": near.rule, "queue": near.queue}
            | ({"because": _predicate(near.because)} if near.because else {})
            for near in route.rejected
        ],
    }


def _alternatives(seen: Classification) -> list[Record]:
    return [
        {"issue_type": one.issue_type, "confidence": one.confidence} for one in seen.alternatives
    ]


def _predicates(looked_at: Iterable[Predicate]) -> list[Record]:
    return [_predicate(one) for one in looked_at]


def _predicate(one: Predicate) -> Record:
    return {
        "field": one.field,
        "op": one.op,
        "expected": list(one.expected),
        "seen": list(one.seen),
        "held": one.held,
    }
