"""Which queue gets a case, by the playbook's table, and why no other."""

from collections.abc import Iterator
from dataclasses import dataclass

from playbook.case import CaseFacts
from playbook.classify import Classification, Glance, signal_inputs
from playbook.compiled import Route, compiled
from playbook.evidence import evidence_inputs
from playbook.inputs import filed_inputs
from playbook.model import Playbook
from playbook.policies import Queue
from playbook.tables import Explanation, Inputs, Predicate, show


@dataclass(frozen=True, slots=True, kw_only=True)
class Rejected:
    """A row that came close, and the first cell that failed; none if it only came later."""

    rule: str
    queue: str
    because: Predicate | None


@dataclass(frozen=True, slots=True, kw_only=True)
class RoutingDecision:
    """A queue, and all it takes to explain the choice a year from now."""

    queue: str
    team: str
    rule: str
    inputs: dict[str, tuple[str, ...]]
    predicates: tuple[Predicate, ...]
    skills: tuple[str, ...]
    priority: int
    lead_team: str
    rejected: tuple[Rejected, ...]
    playbook: str


def choose_route(
    playbook: Playbook, case: CaseFacts, classification: Classification
) -> RoutingDecision:
    """Choose the queue: of the rows that hold the one that wins. Every case gets one."""
    inputs = _inputs(playbook, case, classification)
    tables = compiled(playbook)
    route = tables.by_type.get(classification.issue_type or "", tables.otherwise)
    told = route.table.explain(inputs)
    chosen = route.rows[told.row or 0]
    queue = queue_named(playbook, chosen.queue)
    return RoutingDecision(
        queue=queue.id,
        team=queue.team,
        rule=chosen.rule,
        inputs={name: show(seen) for name, seen in inputs.items()},
        predicates=told.predicates,
        skills=queue.skills,
        priority=priority_of(playbook, classification),
        lead_team=queue.team,
        rejected=tuple(_rejected(route, told)),
        playbook=playbook.pin,
    )


def choose_when_complete(
    playbook: Playbook, case: CaseFacts, classification: Classification
) -> RoutingDecision | None:
    """
    Choose where a case moves by itself now that its documents are there.

    None: something is still missing, or its table names no such move for a case like this.
    """
    code = classification.issue_type or ""
    table = next((one for one in playbook.routing.tables if code in one.issue_types), None)
    if table is None or not table.when_complete:
        return None
    if evidence_inputs(playbook, case, code, filed_inputs(case))["missing_evidence"]:
        return None
    chosen = choose_route(playbook, case, classification)
    return chosen if chosen.rule in table.when_complete else None


def glance_route(playbook: Playbook, case: CaseFacts, seen: Glance) -> str:
    """Name the queue that `choose_route` chooses, without the reasons."""
    tables = compiled(playbook)
    route = tables.by_type.get(seen.issue_type or "", tables.otherwise)
    asked = {column.name for column in route.table.columns}
    if not asked:
        return route.rows[0].queue
    needs_evidence = "missing_evidence" in asked
    inputs = {
        **seen.inputs,
        "issue_type": (seen.issue_type,) if seen.issue_type else (),
        **(evidence_inputs(playbook, case, seen.issue_type, seen.inputs) if needs_evidence else {}),
        **signal_inputs(seen.signals),
        "severity": (seen.severity,),
        "authority_level": (str(seen.authority_level),),
    }
    return route.rows[route.table.first(inputs) or 0].queue


def triage_queue(playbook: Playbook) -> str:
    """Name the queue where people classify."""
    return playbook.routing.triage_queue


def priority_of(playbook: Playbook, classification: Classification) -> int:
    """Rank by severity, 1 first."""
    return next(
        rank
        for level, rank in playbook.severity.priority.items()
        if level == classification.severity
    )


def queue_named(playbook: Playbook, queue: str) -> Queue:
    """Find a queue that a row names; the loader has seen that it is there."""
    return next(known for known in playbook.teams.queues if known.id == queue)


def _inputs(playbook: Playbook, case: CaseFacts, classification: Classification) -> Inputs:
    filed = filed_inputs(case)
    return {
        **filed,
        **evidence_inputs(playbook, case, classification.issue_type, filed),
        **signal_inputs(classification.signals),
        "severity": (classification.severity,),
        "authority_level": (str(classification.authority_level),),
    }


def _rejected(route: Route, told: Explanation) -> Iterator[Rejected]:
    for row, failed in told.nearest:
        near = route.rows[row]
        yield Rejected(rule=near.rule, queue=near.queue, because=failed[0] if failed else None)
