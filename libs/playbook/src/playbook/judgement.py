"""Everything a playbook says of a filing at first sight: the road from facts to the first step."""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import UTC, datetime

from playbook.case import CaseFacts, OnFile, Situation
from playbook.checklist import ChecklistItem, instantiate, needless
from playbook.classify import Classification, classify
from playbook.disclosing import StepUp
from playbook.evidence import missing_evidence
from playbook.examples import ExampleCase
from playbook.facts import clear_facts
from playbook.inputs import filed_inputs
from playbook.model import Playbook
from playbook.next_action import NextAction, next_best_action
from playbook.no_touch import Weight, find_no_touch
from playbook.policies import NoTouch
from playbook.route import RoutingDecision, choose_route, queue_named, triage_queue
from playbook.signals import find_cues
from playbook.step_up import find_step_up
from playbook.targets import Scope, due_by, find_target


@dataclass(frozen=True, slots=True, kw_only=True)
class Judgement:
    """What is known of a case, what it is, who gets it, what it lacks and what comes next."""

    case: CaseFacts
    seen: Classification
    route: RoutingDecision | None
    queue: str
    team: str
    """The one that owns the queue."""
    missing: tuple[str, ...]
    checklist: tuple[ChecklistItem, ...]
    next_action: NextAction
    no_touch: NoTouch | None
    """The way on which no person is needed, if the case is on one."""
    step_up: StepUp | None
    """What letters wait for before they say anything, if they do."""


def judge(playbook: Playbook, filed: ExampleCase) -> Judgement:
    """Classify, route and look for what is missing, as the services do with a case."""
    case = case_facts(playbook, filed)
    seen = classify(playbook, case)
    route = None if seen.needs_person else choose_route(playbook, case, seen)
    queue = route.queue if route else triage_queue(playbook)
    issue_type = seen.issue_type or ""
    filed_as = filed_inputs(case)
    missing = missing_evidence(playbook, issue_type, case.on_file, case.at, filed_as)
    no_touch = None if seen.needs_person else find_no_touch(playbook, weight_of(seen), filed_as)
    checklist = tuple(
        _told(item, no_touch)
        for item in instantiate(playbook, issue_type, case.on_file, case.at, filed_as)
    )
    step_up = find_step_up(playbook, issue_type, filed_as, _done(checklist))
    situation = Situation(
        issue_type=issue_type,
        status="triage" if seen.needs_person else "queued",
        waiting_on="platform",
        assigned=False,
        at=case.at,
        checklist={item.item: item.state for item in checklist},
        needless=needless(playbook, issue_type, filed_as),
        missing=missing,
        letters_wait_for=step_up.point if step_up else None,
        authority_level=seen.authority_level,
        untouched=no_touch is not None,
    )
    return Judgement(
        case=case,
        seen=seen,
        route=route,
        queue=queue,
        team=queue_named(playbook, queue).team,
        missing=missing,
        checklist=checklist,
        next_action=next_best_action(playbook, situation),
        no_touch=no_touch,
        step_up=step_up,
    )


def _done(checklist: Iterable[ChecklistItem]) -> frozenset[str]:
    return frozenset(item.item for item in checklist if item.state == "done")


def _told(item: ChecklistItem, no_touch: NoTouch | None) -> ChecklistItem:
    """Settle what the letter settles that goes out at once, where no person is needed."""
    settled = no_touch.settled_by_letter if no_touch else ()
    return replace(item, state="done") if item.item in settled else item


def weight_of(seen: Classification) -> Weight:
    signals = seen.signals
    return Weight(
        issue_type=seen.issue_type or "",
        severity=seen.severity,
        authority_level=seen.authority_level,
        signals=(signals.financial, signals.legal, signals.safety),
        policy_conflict=signals.policy_conflict,
    )


def due(
    playbook: Playbook, judgement: Judgement, kinds: Iterable[str], at: datetime
) -> dict[str, datetime]:
    """Tell when clocks that start with the case are due; one without its date never starts."""
    scopes = {kind: replace(_scope(playbook, judgement, kind), since=at) for kind in kinds}
    return {
        kind: due_by(playbook, scope, at)
        for kind, scope in scopes.items()
        if find_target(playbook, scope)
    }


def _scope(playbook: Playbook, judgement: Judgement, kind: str) -> Scope:
    case, route = judgement.case, judgement.route
    return Scope(
        kind=kind,
        issue_type=judgement.seen.issue_type,
        severity=judgement.seen.severity,
        tier=case.tier,
        region=case.region,
        patch=playbook.patch_for(case.marketplace),
        team=route.team if route else None,
        facts=case.facts,
    )


def case_facts(playbook: Playbook, filed: ExampleCase) -> CaseFacts:
    """
    Take of a filing what rules may look at: clear facts, and the cues in its text.

    Documents are judged by the day in UTC, as the services do, wherever it was filed.
    """
    clear, amount = clear_facts(playbook, filed.issue_type, filed.facts)
    return CaseFacts(
        marketplace=filed.marketplace,
        issue_type=filed.issue_type,
        tier=filed.tier,
        region=filed.region,
        perspective=filed.perspective,
        at=filed.opened_at.astimezone(UTC).date(),
        acting_authority=filed.acting_authority,
        facts=clear,
        amount_at_risk=amount,
        cues=find_cues(playbook, subject=filed.subject, description=filed.description),
        repeats=filed.repeats,
        on_file=tuple(
            OnFile(kind=one.kind, issued_on=one.issued_on, valid_until=one.valid_until)
            for one in filed.on_file
        ),
    )
