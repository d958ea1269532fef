"""Evidence: what a kind must fulfil, what is on file, what is missing."""

from collections.abc import Iterable, Iterator, Sequence
from datetime import date, timedelta

from playbook.assets import ChecklistRow
from playbook.case import CaseFacts, OnFile, Problem
from playbook.columns import Inputs
from playbook.compiled import compiled
from playbook.facts import INVALID
from playbook.model import Playbook
from playbook.policies import EvidenceKind


class UnknownKind(KeyError):
    """The playbook knows no such kind of evidence."""


def standard(playbook: Playbook, kind: str) -> EvidenceKind:
    """Tell what a kind of evidence must fulfil; raises UnknownKind."""
    found = playbook.evidence_kind(kind)
    if found is None:
        raise UnknownKind(kind)
    return found


def points_for(playbook: Playbook, issue_type: str, seen: Inputs) -> tuple[ChecklistRow, ...]:
    """
    List the points that a case has on its checklist; `seen` is the case as it was filed.

    Of several points for one kind it has the first that fits.
    """
    checklist = playbook.checklist(issue_type)
    held = compiled(playbook).checklists[checklist.issue_type].holding(seen)
    return tuple(_once(row for at, row in enumerate(checklist.items) if held >> at & 1))


def _once(rows: Iterable[ChecklistRow]) -> Iterator[ChecklistRow]:
    met: set[str] = set()
    for row in rows:
        if row.kind not in met:
            yield row
        met.update([row.kind] if row.kind else [])


def required_kinds(playbook: Playbook, issue_type: str, seen: Inputs) -> tuple[str, ...]:
    """List what a decision about such a case needs to see, in playbook order."""
    rows = points_for(playbook, issue_type, seen)
    return tuple(row.kind for row in rows if row.kind and row.required)


def missing_evidence(
    playbook: Playbook, issue_type: str, on_file: Sequence[OnFile], at: date, seen: Inputs
) -> tuple[str, ...]:
    """List the required kinds of which nothing current is on file; only these may be asked for."""
    current = {item.kind for item in on_file if is_current(playbook, item, at)}
    return tuple(kind for kind in required_kinds(playbook, issue_type, seen) if kind not in current)


def evidence_inputs(
    playbook: Playbook, case: CaseFacts, issue_type: str | None, seen: Inputs
) -> Inputs:
    """Show what is missing for a type of issue; `seen` is the case as it was filed."""
    lacking = missing_evidence(playbook, issue_type or "", case.on_file, case.at, seen)
    missing = tuple(kind for kind in lacking if kind not in case.arrived)
    return {"issue_type": (issue_type,) if issue_type else (), "missing_evidence": missing}


def is_current(playbook: Playbook, item: OnFile, at: date) -> bool:
    """Say whether a document meets its kind's standard on a day, as far as its dates tell."""
    if playbook.evidence_kind(item.kind) is None:
        return False
    return not judge_dates(
        playbook, item.kind, issued_on=item.issued_on, valid_until=item.valid_until, at=at
    )


def judge_dates(
    playbook: Playbook, kind: str, *, issued_on: date | None, valid_until: date | None, at: date
) -> tuple[Problem, ...]:
    """Hold a document's dates against its standard; a date that it needs must be there."""
    rule = standard(playbook, kind)
    return (*_wrong_issue(rule, issued_on, at), *_wrong_validity(rule, valid_until, at))


def _wrong_issue(rule: EvidenceKind, issued_on: date | None, at: date) -> Iterator[Problem]:
    if issued_on is None:
        if rule.issued_on:
            yield _problem("/issued_on", f"{rule.kind} needs the date it was issued on")
    elif issued_on > at:
        yield _problem("/issued_on", "issued in the future")
    elif rule.max_age_days and at - issued_on > timedelta(days=rule.max_age_days):
        yield _problem("/issued_on", f"older than {rule.max_age_days} days")


def _wrong_validity(rule: EvidenceKind, valid_until: date | None, at: date) -> Iterator[Problem]:
    if valid_until is None:
        if rule.valid_until:
            yield _problem("/valid_until", f"{rule.kind} needs the last day of its validity")
    elif valid_until < at:
        yield _problem("/valid_until", "no longer valid")


def _problem(pointer: str, detail: str) -> Problem:
    return Problem(pointer=pointer, code=INVALID, detail=detail)
