"""Slots of the fold, version 1: what each event writes. Released, so it never changes."""

from typing import Any

from contracts import handoff, resolution, sla
from contracts.event import Contract, Event
from contracts.lifecycle.state import (
    CaseState,
    Decision,
    Escalation,
    Evidence,
    Handoff,
    Message,
    RequestedItem,
)
from contracts.lifecycle.v1_filed import FILED_WRITERS, Writer
from contracts.lifecycle.v1_routing import ROUTED
from contracts.lifecycle.way import ChecklistPoint


def _requested(
    state: CaseState, _event: Event[Any], fact: resolution.EvidenceRequested
) -> dict[str, Any]:
    asked = {
        item.item: RequestedItem(
            request=fact.request,
            kind=item.kind,
            standard=item.standard,
            why=item.why,
            required=fact.required,
            due_at=fact.due_at,
        )
        for item in fact.items
    }
    return {"items": state.items | asked}


def _judge(state: CaseState, event: Event[Any], fact: Any, judgement: str) -> dict[str, Any]:  # noqa: ANN401 - three contracts of one shape
    known = state.evidence.get(fact.evidence) or Evidence(kind=fact.kind)
    judged = known.model_copy(
        update={
            "judgement": judgement,
            "judged_at": event.time,
            "judged_by": event.envelope.actor,
            "reason": getattr(fact, "reason", None),
            "issued_on": getattr(fact, "issued_on", None),
            "valid_until": getattr(fact, "valid_until", None),
        }
    )
    return {"evidence": state.evidence | {fact.evidence: judged}}


def _accepted(
    state: CaseState, event: Event[Any], fact: resolution.EvidenceAccepted
) -> dict[str, Any]:
    return _judge(state, event, fact, "accepted")


def _rejected(
    state: CaseState, event: Event[Any], fact: resolution.EvidenceRejected
) -> dict[str, Any]:
    return _judge(state, event, fact, "rejected")


def _waived(state: CaseState, event: Event[Any], fact: resolution.EvidenceWaived) -> dict[str, Any]:
    judged = _judge(state, event, fact, "waived") if fact.evidence else {}
    item = state.items.get(fact.item or "")
    if item is None:
        return judged
    waived = item.model_copy(update={"waived": True})
    return judged | {"items": state.items | {fact.item: waived}}


def _completed_point(
    state: CaseState, event: Event[Any], fact: resolution.ChecklistItemCompleted
) -> dict[str, Any]:
    point = ChecklistPoint(state="done", at=event.time, evidence=fact.evidence)
    return {"checklist": state.checklist | {fact.item: point}}


def _waived_point(
    state: CaseState, event: Event[Any], fact: resolution.ChecklistItemWaived
) -> dict[str, Any]:
    point = ChecklistPoint(state="waived", at=event.time, reason=fact.reason)
    return {"checklist": state.checklist | {fact.item: point}}


def _answered_question(
    state: CaseState, _event: Event[Any], fact: resolution.TreeAnswered
) -> dict[str, Any]:
    known = state.tree_answers.get(fact.tree, {})
    left = {node: answer for node, answer in known.items() if node != fact.node}
    kept = left if fact.answer is None else left | {fact.node: fact.answer}
    return {"tree_answers": state.tree_answers | {fact.tree: kept}}


def _messaged(
    state: CaseState, event: Event[Any], fact: resolution.SellerMessageSent
) -> dict[str, Any]:
    message = Message(
        kind=fact.kind,
        qualifying=fact.qualifying,
        template=fact.template,
        sent_at=event.time,
        update_by=fact.update_by,
        expected_by=fact.expected_by,
    )
    return {"messages": state.messages | {fact.message: message}}


def _decided(
    state: CaseState, event: Event[Any], fact: resolution.DecisionRecorded
) -> dict[str, Any]:
    decision = Decision(
        type=fact.decision_type,
        outcome=fact.outcome,
        adverse=fact.adverse,
        at=event.time,
        actor=event.envelope.actor,
        question=fact.question,
    )
    return {"decisions": state.decisions | {fact.decision: decision}}


def _resolved(
    _state: CaseState, event: Event[Any], fact: resolution.CaseResolved
) -> dict[str, Any]:
    return {
        "outcome": fact.outcome,
        "root_cause": fact.root_cause,
        "resolved_at": event.time,
        "reopen_until": fact.reopen_until,
        "appeal_by": fact.appeal_by,
    }


def _closed(_state: CaseState, event: Event[Any], _fact: Contract) -> dict[str, Any]:
    return {"closed_at": event.time}


def _reopened(
    state: CaseState, _event: Event[Any], fact: resolution.CaseReopened
) -> dict[str, Any]:
    """Open the case, and those of its questions that are to be answered anew."""
    anew = {one.question for id_, one in state.decisions.items() if id_ in fact.decisions}
    ended = ("outcome", "root_cause", "resolved_at", "reopen_until", "appeal_by", "closed_at")
    checklist = {item: point for item, point in state.checklist.items() if item not in anew}
    return dict.fromkeys(ended) | {"episode": fact.episode, "checklist": checklist}


def _appeal_answered(
    state: CaseState, _event: Event[Any], fact: resolution.AppealDecided
) -> dict[str, Any]:
    return {"answered_appeals": state.answered_appeals | {fact.appeal: fact.outcome}}


def _superseded(
    state: CaseState, _event: Event[Any], fact: resolution.DecisionSuperseded
) -> dict[str, Any]:
    known = state.decisions.get(fact.decision)
    if known is None:
        return {}
    replaced = known.model_copy(update={"superseded_by": fact.by})
    return {"decisions": state.decisions | {fact.decision: replaced}}


def _offered(state: CaseState, event: Event[Any], fact: handoff.HandoffRequested) -> dict[str, Any]:
    slot = Handoff(
        team=fact.team,
        contract=fact.contract,
        party=fact.party,
        blocking=fact.blocking,
        state="requested",
        attempt=fact.attempt,
        requested_at=event.time,
        due_by=fact.due_by,
    )
    return {"handoffs": state.handoffs | {fact.handoff: slot}}


def _moved(to: str) -> Writer:
    def write(state: CaseState, _event: Event[Any], fact: Any) -> dict[str, Any]:  # noqa: ANN401 - one shape of several contracts
        slot = state.handoffs.get(fact.handoff)
        if slot is None:
            return {}
        changes = {
            "state": to,
            "reason": getattr(fact, "reason", slot.reason),
            "result": getattr(fact, "result", slot.result),
        }
        return {"handoffs": state.handoffs | {fact.handoff: slot.model_copy(update=changes)}}

    return write


def _raised(state: CaseState, _event: Event[Any], fact: sla.EscalationRaised) -> dict[str, Any]:
    slot = Escalation(
        level=fact.level,
        trigger=fact.trigger,
        state="raised",
        target_member=fact.target_member,
    )
    return {"escalations": state.escalations | {fact.escalation: slot}}


def _escalation_moved(to: str) -> Writer:
    def write(state: CaseState, _event: Event[Any], fact: Any) -> dict[str, Any]:  # noqa: ANN401 - one shape of several contracts
        slot = state.escalations.get(fact.escalation)
        if slot is None:
            return {}
        moved = slot.model_copy(update={"state": to})
        return {"escalations": state.escalations | {fact.escalation: moved}}

    return write


WRITERS: dict[type[Contract], Writer] = {
    **FILED_WRITERS,
    **ROUTED,
    resolution.EvidenceRequested: _requested,
    resolution.EvidenceAccepted: _accepted,
    resolution.EvidenceRejected: _rejected,
    resolution.EvidenceWaived: _waived,
    resolution.ChecklistItemCompleted: _completed_point,
    resolution.ChecklistItemWaived: _waived_point,
    resolution.TreeAnswered: _answered_question,
    resolution.SellerMessageSent: _messaged,
    resolution.DecisionRecorded: _decided,
    resolution.CaseResolved: _resolved,
    resolution.CaseReopened: _reopened,
    resolution.AppealDecided: _appeal_answered,
    resolution.DecisionSuperseded: _superseded,
    resolution.CaseClosed: _closed,
    handoff.HandoffRequested: _offered,
    handoff.HandoffAccepted: _moved("accepted"),
    handoff.HandoffReturned: _moved("returned"),
    handoff.HandoffLapsed: _moved("lapsed"),
    handoff.HandoffRecalled: _moved("recalled"),
    handoff.HandoffCompleted: _moved("completed"),
    sla.EscalationRaised: _raised,
    sla.EscalationAcknowledged: _escalation_moved("acknowledged"),
    sla.EscalationResolved: _escalation_moved("resolved"),
}
