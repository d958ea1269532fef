"""Run a playbook's own tests: facts in, decisions out, compared with what was expected."""

from collections.abc import Iterator
from dataclasses import dataclass

from playbook.case import CaseFacts, OnFile, Situation
from playbook.checklist import instantiate
from playbook.classify import Classification, classify
from playbook.evidence import missing_evidence
from playbook.examples import Example
from playbook.facts import check_facts
from playbook.model import Playbook
from playbook.next_action import next_best_action
from playbook.route import RoutingDecision, choose_route, triage_queue
from playbook.signals import read_text
from playbook.targets import Scope, due_by


@dataclass(frozen=True, slots=True, kw_only=True)
class GoldenResult:
    """One example, and where the playbook decides otherwise than it says."""

    name: str
    differences: tuple[str, ...]


def run(playbook: Playbook) -> tuple[GoldenResult, ...]:
    """Try every golden case. A difference is a defect of the playbook, or news for its owner."""
    return tuple(
        GoldenResult(name=example.name, differences=tuple(_differences(playbook, example)))
        for example in playbook.golden
    )


def _differences(playbook: Playbook, example: Example) -> Iterator[str]:
    found = _decide(playbook, example)
    for name in example.expect.model_fields_set:
        expected = getattr(example.expect, name)
        if found[name] != expected:
            yield f"{name}: expected {expected}, found {found[name]}"


def _decide(playbook: Playbook, example: Example) -> dict[str, object]:
    case = _case(playbook, example)
    seen = classify(playbook, case)
    route = None if seen.needs_person else choose_route(playbook, case, seen)
    missing = missing_evidence(playbook, seen.issue_type or "", case.on_file, case.at)
    return {
        "issue_type": seen.issue_type,
        "root_cause_hint": seen.root_cause_hint,
        "confidence": seen.confidence,
        "method": seen.method,
        "severity": seen.severity,
        "financial": seen.signals.financial,
        "authority_level": seen.authority_level,
        "needs_person": seen.needs_person,
        "queue": route.queue if route else triage_queue(playbook),
        "rule": route.rule if route else None,
        "missing": missing,
        "next_action": next_best_action(playbook, _situation(playbook, case, seen, missing)).verb,
        "due": {
            kind: due_by(
                playbook, _scope(playbook, case, seen, route, kind), example.case.opened_at
            )
            for kind in example.expect.due or {}
        },
    }


def _case(playbook: Playbook, example: Example) -> CaseFacts:
    filed = example.case
    facts = check_facts(playbook, filed.issue_type, filed.facts)
    text = read_text(playbook, subject=filed.subject, description=filed.description)
    return CaseFacts(
        marketplace=filed.marketplace,
        issue_type=filed.issue_type,
        tier=filed.tier,
        region=filed.region,
        at=filed.opened_at.date(),
        acting_authority=filed.acting_authority,
        facts=facts.clear,
        amount_at_risk=facts.amount_at_risk,
        cues=text.cues,
        on_file=tuple(
            OnFile(kind=one.kind, issued_on=one.issued_on, valid_until=one.valid_until)
            for one in filed.on_file
        ),
    )


def _situation(
    playbook: Playbook, case: CaseFacts, seen: Classification, missing: tuple[str, ...]
) -> Situation:
    issue_type = seen.issue_type or ""
    items = instantiate(playbook, issue_type, case.on_file, case.at)
    return Situation(
        issue_type=issue_type,
        status="triage" if seen.needs_person else "queued",
        waiting_on="platform",
        assigned=False,
        at=case.at,
        checklist={item.item: item.state for item in items},
        missing=missing,
        authority_level=seen.authority_level,
    )


def _scope(
    playbook: Playbook,
    case: CaseFacts,
    seen: Classification,
    route: RoutingDecision | None,
    kind: str,
) -> Scope:
    return Scope(
        kind=kind,
        issue_type=seen.issue_type,
        severity=seen.severity,
        tier=case.tier,
        region=case.region,
        patch=playbook.patch_for(case.marketplace),
        team=route.team if route else None,
    )
