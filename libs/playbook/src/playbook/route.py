"""Which queue gets a case, by the playbook's table, and why no other."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from playbook.case import CaseFacts
from playbook.classify import Classification, signal_inputs
from playbook.inputs import evidence_inputs, filed_inputs
from playbook.model import Playbook
from playbook.policies import Queue, RouteRow
from playbook.tables import Inputs, Predicate, all_held, look_at, show


@dataclass(frozen=True, slots=True, kw_only=True)
class Rejected:
    """A row that was not taken, and the first condition that failed; none if it came later."""

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
    """Choose the queue: the first row that holds, read from the top. Every case gets one."""
    inputs = _inputs(playbook, case, classification)
    rows = _rows(playbook, classification.issue_type)
    looked = [(row, look_at(row, inputs)) for row in rows]
    chosen, predicates = next((row, seen) for row, seen in looked if all_held(seen))
    queue = queue_named(playbook, chosen.queue)
    return RoutingDecision(
        queue=queue.id,
        team=queue.team,
        rule=chosen.rule,
        inputs={name: show(seen) for name, seen in inputs.items()},
        predicates=predicates,
        skills=queue.skills,
        priority=priority_of(playbook, classification),
        lead_team=queue.team,
        rejected=tuple(_rejected(chosen, looked)),
        playbook=playbook.pin,
    )


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
    return {
        **filed_inputs(case),
        **evidence_inputs(playbook, case, classification.issue_type),
        **signal_inputs(classification.signals),
        "severity": (classification.severity,),
        "authority_level": (str(classification.authority_level),),
    }


def _rows(playbook: Playbook, issue_type: str | None) -> tuple[RouteRow, ...]:
    for table in playbook.routing.tables:
        if issue_type in table.issue_types:
            return (*table.rows, table.default)
    return (playbook.routing.default,)


def _rejected(
    chosen: RouteRow, looked: Sequence[tuple[RouteRow, tuple[Predicate, ...]]]
) -> Iterator[Rejected]:
    for row, seen in looked:
        if row is not chosen:
            failed = next((predicate for predicate in seen if not predicate.held), None)
            yield Rejected(rule=row.rule, queue=row.queue, because=failed)
