"""Slots that the router's events write, version 1: what it is, where it goes, who has it."""

from typing import Any

from contracts import routing
from contracts.event import Contract, Event
from contracts.lifecycle.state import Assignee, CaseState, Classification, Route
from contracts.lifecycle.v1_filed import Writer
from contracts.lifecycle.way import Freeze, Move
from contracts.routing import Lead


def _triage(
    _state: CaseState, _event: Event[Any], fact: routing.CaseTriageRequired
) -> dict[str, Any]:
    return {"triage_reason": fact.reason, "triage_lead": fact.lead}


def _classified(
    _state: CaseState, _event: Event[Any], fact: routing.CaseClassified
) -> dict[str, Any]:
    slot = Classification(
        symptom=fact.symptom,
        issue_type=fact.issue_type,
        root_cause_hint=fact.root_cause_hint,
        authority_level=fact.authority_level,
        signals=fact.signals,
        severity=fact.severity,
        confidence=fact.confidence,
        method=fact.method,
    )
    return {"classification": slot, "triage_reason": None, "triage_lead": None}


def _routed(_state: CaseState, event: Event[Any], fact: routing.CaseRouted) -> dict[str, Any]:
    slot = Route(
        queue=fact.queue,
        team=fact.team,
        rule=fact.rule,
        skills=fact.skills,
        priority=fact.priority,
        lead=fact.lead,
        routed_at=event.time,
    )
    return {"route": slot}


def _reclassified(
    state: CaseState, event: Event[Any], fact: routing.CaseReclassified
) -> dict[str, Any]:
    moved = Move(at=event.time, what="case.reclassified", about=fact.issue_type)
    return _classified(state, event, fact) | {"moves": (*state.moves, moved)}


def _rerouted(state: CaseState, event: Event[Any], fact: routing.CaseRerouted) -> dict[str, Any]:
    moved = Move(at=event.time, what="case.rerouted", about=fact.queue)
    before = (*state.moves, *_first_route(state), *_last_hands(state))
    return _routed(state, event, fact) | {"assignee": None, "moves": (*before, moved)}


def _last_hands(state: CaseState) -> tuple[Move, ...]:
    """Keep that somebody had the case: it did happen, and the seller has read it."""
    if state.assignee is None:
        return ()
    return (Move(at=state.assignee.at, what="case.assigned", about=state.assignee.member),)


def _first_route(state: CaseState) -> tuple[Move, ...]:
    """Keep when the first queue got the case: the slot of the route knows only the last."""
    if state.route is None or any(one.what == "case.routed" for one in state.moves):
        return ()
    return (Move(at=state.route.routed_at, what="case.routed", about=state.route.queue),)


def _frozen(state: CaseState, event: Event[Any], fact: routing.RoutingFrozen) -> dict[str, Any]:
    freeze = Freeze(
        reason=fact.reason,
        trail=fact.trail,
        arbiter=fact.arbiter,
        arbiter_role=fact.arbiter_role,
    )
    moved = Move(at=event.time, what="routing.frozen", about=fact.reason)
    return {"freeze": freeze, "moves": (*state.moves, moved)}


def _unfrozen(state: CaseState, event: Event[Any], fact: routing.RoutingUnfrozen) -> dict[str, Any]:
    moved = Move(at=event.time, what="routing.unfrozen", about=fact.team)
    over = state.freeze and state.freeze.model_copy(update={"decided_for": fact.team})
    return {"freeze": over, "moves": (*state.moves, moved)}


def _transferred(
    _state: CaseState, _event: Event[Any], fact: routing.CaseLeadTransferred
) -> dict[str, Any]:
    return {"named_lead": fact.lead}


def _assigned(state: CaseState, event: Event[Any], fact: routing.CaseAssigned) -> dict[str, Any]:
    assignee = Assignee(
        assignment=fact.assignment, member=fact.member, team=fact.team, at=event.time
    )
    lead = Lead(team=fact.team, member=fact.member)
    return {"assignee": assignee, "named_lead": state.named_lead or (lead if fact.lead else None)}


def _unassigned(
    state: CaseState, _event: Event[Any], fact: routing.CaseUnassigned
) -> dict[str, Any]:
    ours = state.assignee is not None and state.assignee.assignment == fact.assignment
    return {"assignee": None, "moves": (*state.moves, *_last_hands(state))} if ours else {}


ROUTED: dict[type[Contract], Writer] = {
    routing.CaseTriageRequired: _triage,
    routing.CaseClassified: _classified,
    routing.CaseReclassified: _reclassified,
    routing.CaseRouted: _routed,
    routing.CaseRerouted: _rerouted,
    routing.CaseLeadTransferred: _transferred,
    routing.RoutingFrozen: _frozen,
    routing.RoutingUnfrozen: _unfrozen,
    routing.CaseAssigned: _assigned,
    routing.CaseUnassigned: _unassigned,
}
