"""Why a case is where it is: who changed its status, by which rule, on what evidence."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from contracts import assets, cases, handoff, resolution, routing, sla
from contracts.event import AnyEvent
from contracts.lifecycle import CaseState, fold


@dataclass(frozen=True, slots=True, kw_only=True)
class Noted:
    """An event that answers a question, by its place in the log."""

    idx: int
    at: datetime
    type: str
    actor: str | None
    playbook: str | None
    said: Mapping[str, Any]
    """What the event says in clear: codes, ids, times. No sealed value."""


@dataclass(frozen=True, slots=True, kw_only=True)
class StatusChange:
    """A status, and the event that made it."""

    status: str
    before: str | None
    noted: Noted


@dataclass(slots=True, kw_only=True)
class Explanation:
    """One case, told by its own log."""

    state: CaseState | None = None
    statuses: list[StatusChange] = field(default_factory=list)
    rules: list[Noted] = field(default_factory=list)
    templates: list[Noted] = field(default_factory=list)
    evidence: list[Noted] = field(default_factory=list)
    decisions: list[Noted] = field(default_factory=list)
    handoffs: list[Noted] = field(default_factory=list)
    escalations: list[Noted] = field(default_factory=list)


def explain(events: Iterable[tuple[int, AnyEvent]]) -> Explanation:
    """
    Fold the events of a case, in the log's order, and note what answers a question.

    What came before `case.opened` is noted and not folded: the fold begins there.
    """
    found = Explanation()
    for idx, event in events:
        noted = _note(idx, event)
        _fold(found, event, noted)
        for answers, types in _answers(found):
            if isinstance(event.fact, tuple(types)):
                answers.append(noted)
    return found


def _fold(found: Explanation, event: AnyEvent, noted: Noted) -> None:
    if found.state is None and event.envelope.type != "case.opened.v1":
        return
    before = found.state.status if found.state else None
    found.state = fold(found.state, event).state
    if found.state.status != before:
        change = StatusChange(status=found.state.status, before=before, noted=noted)
        found.statuses.append(change)


def _answers(found: Explanation) -> tuple[tuple[list[Noted], Sequence[type]], ...]:
    return (
        (found.rules, _RULES),
        (found.templates, _TEMPLATES),
        (found.evidence, _EVIDENCE),
        (found.decisions, _DECISIONS),
        (found.handoffs, _HANDOFFS),
        (found.escalations, _ESCALATIONS),
    )


_RULES = (routing.CaseClassified, routing.CaseRouted, routing.CaseTriageRequired)
_TEMPLATES = (
    resolution.SellerMessageSent,
    assets.AssetInvalidationNoted,
    assets.RecontactDecided,
    assets.KnowledgeGapNoted,
)
_EVIDENCE = (
    resolution.EvidenceRequested,
    resolution.EvidenceAccepted,
    resolution.EvidenceRejected,
    resolution.EvidenceWaived,
)
_DECISIONS = (
    resolution.DecisionRecorded,
    cases.AppealFiled,
    resolution.CaseReopened,
    resolution.DecisionSuperseded,
    resolution.AppealDecided,
)
_HANDOFFS = (
    handoff.HandoffRequested,
    handoff.HandoffAccepted,
    handoff.HandoffReturned,
    handoff.HandoffLapsed,
    handoff.HandoffRecalled,
    handoff.HandoffCompleted,
)
_ESCALATIONS = (
    sla.Breached,
    sla.EscalationRaised,
    sla.EscalationUnstaffed,
    sla.EscalationAcknowledged,
    sla.EscalationResolved,
)


def _note(idx: int, event: AnyEvent) -> Noted:
    envelope = event.envelope
    said = event.fact.model_dump(mode="json", by_alias=True, exclude_none=True)
    return Noted(
        idx=idx,
        at=envelope.time,
        type=envelope.type,
        actor=envelope.actor,
        playbook=envelope.playbook,
        said=without_sealed(said),
    )


def without_sealed(said: Mapping[str, Any]) -> dict[str, Any]:
    """Leave out sealed values, wherever they stand: the explanation needs none."""
    return {name: _open_part(part) for name, part in said.items() if not is_sealed(part)}


def _open_part(part: object) -> object:
    if isinstance(part, dict):
        return without_sealed(part)
    if isinstance(part, list):
        return [_open_part(one) for one in part if not is_sealed(one)]
    return part


def is_sealed(part: object) -> bool:
    """Say whether a part of a payload is a restricted value, by its shape."""
    return isinstance(part, dict) and {"sealed", "class", "commitment"} <= part.keys()


def masked(part: object, *, cleared: frozenset[str]) -> Any:  # noqa: ANN401 - any JSON value
    """Return a payload with sealed values masked unless their class is cleared."""
    if isinstance(part, dict):
        if is_sealed(part) and part["class"] not in cleared:
            return {"masked": True, "class": part["class"]}
        return {name: masked(one, cleared=cleared) for name, one in part.items()}
    if isinstance(part, list):
        return [masked(one, cleared=cleared) for one in part]
    return part
