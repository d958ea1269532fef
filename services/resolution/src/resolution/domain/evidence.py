"""Which documents a case has, which it lacks, and what may be asked for."""

from collections.abc import Iterable, Iterator
from datetime import date

from contracts.lifecycle import CaseState
from playbook import evidence
from playbook.case import OnFile, Problem
from playbook.checklist import item_for
from playbook.model import Playbook
from resolution.domain.filed import as_filed


def on_file(state: CaseState) -> tuple[OnFile, ...]:
    """Return the documents that count: what the marketplace holds, and what we accepted."""
    return tuple(item for _, item in _named(state))


def _named(state: CaseState) -> Iterator[tuple[str, OnFile]]:
    for held in state.evidence_on_file:
        yield (
            held.evidence,
            OnFile(kind=held.kind, issued_on=held.issued_on, valid_until=held.valid_until),
        )
    for id_, own in state.evidence.items():
        if own.judgement == "accepted":
            yield (
                id_,
                OnFile(kind=own.kind, issued_on=own.issued_on, valid_until=own.valid_until),
            )


def missing_kinds(playbook: Playbook, state: CaseState, at: date) -> tuple[str, ...]:
    """Return the kinds that the issue type needs and nobody has, in the playbook's order."""
    missing = evidence.missing_evidence(
        playbook, state.issue_type, on_file(state), at, as_filed(state)
    )
    return tuple(kind for kind in missing if not _is_waived(playbook, state, kind))


def _is_waived(playbook: Playbook, state: CaseState, kind: str) -> bool:
    """Say whether someone has said that the case needs no document of a kind."""
    item = item_for(playbook, state.issue_type, kind, as_filed(state))
    point = state.checklist.get(item or "")
    return point is not None and point.state == "waived"


def requested_kinds(state: CaseState) -> tuple[str, ...]:
    """Return the kinds asked for that are open, by name: a stored fold keeps no order of items."""
    return tuple(sorted({item.kind for item in state.open_items.values()}))


def kinds_to_judge(state: CaseState) -> tuple[str, ...]:
    return _once(state.evidence[id_].kind for id_ in to_judge(state))


def to_judge(state: CaseState) -> tuple[str, ...]:
    """Return the ids of documents that came and nobody has looked at, oldest first."""
    waiting = [
        (one.received_at, id_)
        for id_, one in state.evidence.items()
        if one.received_at is not None and one.judgement is None
    ]
    return tuple(id_ for _, id_ in sorted(waiting))


def kinds_to_ask(playbook: Playbook, state: CaseState, at: date) -> tuple[str, ...]:
    """Return what is missing and neither asked for nor lying here to be judged."""
    known = {*requested_kinds(state), *kinds_to_judge(state)}
    return tuple(kind for kind in missing_kinds(playbook, state, at) if kind not in known)


def is_of_no_use(playbook: Playbook, kind: str, *, state: CaseState, previous: str) -> bool:
    """
    Say whether a case that changed its type needs a document no more that it was asked for.

    What the new type does not know, and what the old one had to see and the new one may do without.
    """
    seen = as_filed(state)
    now = {point.kind: point for point in evidence.points_for(playbook, state.issue_type, seen)}
    if kind not in now:
        return True
    return not now[kind].required and kind in evidence.required_kinds(playbook, previous, seen)


def find_existing(playbook: Playbook, state: CaseState, kind: str, at: date) -> str | None:
    """
    Find what makes asking for a kind once more a repetition.

    A request that is still open, a document that waits to be judged, or one that is on file and
    valid: its id.
    """
    asked = [id_ for id_, item in state.open_items.items() if item.kind == kind]
    arrived = [id_ for id_ in to_judge(state) if state.evidence[id_].kind == kind]
    held = [
        id_
        for id_, item in _named(state)
        if item.kind == kind and evidence.is_current(playbook, item, at)
    ]
    return next(iter([*asked, *arrived, *held]), None)


def item_answered(state: CaseState, evidence_id: str) -> str | None:
    """Find the request's item that a document answers: the one it names, else one of its kind."""
    document = state.evidence[evidence_id]
    if document.item in state.items:
        return document.item
    alike = [(item.due_at, id_) for id_, item in state.items.items() if item.kind == document.kind]
    return max(alike)[1] if alike else None


def leaves_unanswered(state: CaseState, evidence_id: str) -> bool:
    """Say whether rejecting a document leaves the case without an answer of its kind."""
    kind = state.evidence[evidence_id].kind
    return not any(
        one.kind == kind and one.received_at is not None and one.judgement != "rejected"
        for id_, one in state.evidence.items()
        if id_ != evidence_id
    )


def unknown_kinds(playbook: Playbook, kinds: Iterable[str]) -> tuple[Problem, ...]:
    """Point at the kinds that the playbook does not know, or that are named twice."""
    seen: set[str] = set()
    problems = []
    known = ", ".join(one.kind for one in playbook.taxonomy.evidence_kinds)
    for place, kind in enumerate(kinds):
        if kind in seen or playbook.evidence_kind(kind) is None:
            problems.append(
                Problem(
                    pointer=f"/kinds/{place}",
                    code="invalid-body",
                    detail=f"One of evidence_kinds, each once: {known}.",
                )
            )
        seen.add(kind)
    return tuple(problems)


def _once(kinds: Iterable[str]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(kinds))
