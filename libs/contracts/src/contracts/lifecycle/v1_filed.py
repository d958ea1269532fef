"""Slots of the fold, version 1: what sellers say, as intake tells it. Released: none changes."""

from collections.abc import Callable, Mapping
from typing import Any, Final

from contracts import cases
from contracts.event import Contract, Event
from contracts.lifecycle.state import CaseState, Evidence
from contracts.lifecycle.way import Appeal

Writer = Callable[[CaseState, Event[Any], Any], dict[str, Any]]


def _received(state: CaseState, event: Event[Any], fact: cases.EvidenceReceived) -> dict[str, Any]:
    known = state.evidence.get(fact.evidence) or Evidence(kind=fact.kind)
    arrived = known.model_copy(
        update={
            "kind": fact.kind,
            "item": fact.item,
            "received_at": event.time,
            "size": fact.size,
            "media_type": fact.media_type,
            "file": fact.file,
            "sealed_for": fact.sealed_for,
        }
    )
    return {"evidence": state.evidence | {fact.evidence: arrived}}


def _contacted(
    state: CaseState, _event: Event[Any], fact: cases.SellerMessageReceived
) -> dict[str, Any]:
    brought = {"facts": state.facts | fact.facts} if fact.facts else {}
    amount = {"amount_at_risk": fact.amount_at_risk} if fact.amount_at_risk else {}
    case = fact.merged_case
    merged = {"merged_here": (*state.merged_here, case)} if case else {}
    return {"contacts": state.contacts + 1, **brought, **amount, **merged}


def _linked(_state: CaseState, _event: Event[Any], fact: cases.CaseLinked) -> dict[str, Any]:
    return {"parent": fact.parent}


def _unlinked(state: CaseState, _event: Event[Any], fact: cases.CaseUnlinked) -> dict[str, Any]:
    return {"parent": None} if state.parent == fact.parent else {}


def _merged(_state: CaseState, _event: Event[Any], fact: cases.CaseMerged) -> dict[str, Any]:
    return {"merged_into": fact.into}


def _appealed(state: CaseState, event: Event[Any], fact: cases.AppealFiled) -> dict[str, Any]:
    appeal = Appeal(decisions=fact.decisions, ground=fact.ground, filed_at=event.time)
    return {"appeals": state.appeals | {fact.appeal: appeal}}


FILED_WRITERS: Final[Mapping[type[Contract], Writer]] = {
    cases.EvidenceReceived: _received,
    cases.SellerMessageReceived: _contacted,
    cases.CaseLinked: _linked,
    cases.CaseUnlinked: _unlinked,
    cases.CaseMerged: _merged,
    cases.AppealFiled: _appealed,
}
