"""The working view of a case."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Annotated

from fastapi import APIRouter, Depends
from starlette.responses import Response

from chassis import http
from chassis.auth import Action
from chassis.door import Tx
from contracts.lifecycle import CaseState
from contracts.lifecycle.appeals import deciders
from contracts.sealed import SealedValue
from playbook.case import Situation
from playbook.model import Playbook
from playbook.next_action import allowed_actions, next_best_action
from playbook.telling_walks import tell_walk
from resolution.api import case_out
from resolution.api.access import READERS, playbook_of, state_of
from resolution.domain.actions import place_of
from resolution.domain.checklist import Point
from resolution.domain.decisions import policies
from resolution.domain.invalidation import Recontact, owed
from resolution.domain.path import path_so_far
from resolution.domain.standing import authority_level, situation
from resolution.domain.ways import Way, way_of
from resolution.store import checklist_items, recontacts

READ = Action("case.work.read", READERS)

router = APIRouter(prefix="/v1/cases", tags=["cases"])


@router.get("/{case_id}", response_model=case_out.CaseOut, summary="Read a case to work it")
async def read_case(
    case_id: http.CaseId, call: Annotated[http.Call, Depends(http.calling(READ))]
) -> Response:
    """Say where the case stands, what to do next and why, and all that it rests on."""

    async def work(tx: Tx) -> case_out.CaseOut:
        state = state_of(tx, case_id)
        playbook = playbook_of(call, state)
        points = await checklist_items.points_of(tx, state)
        known = await recontacts.of_case(tx, state)
        letters = owed(state, known)
        standing = situation(playbook, state, points, tx.now.date(), letters=letters)
        return _case(call, playbook, state, Standing(points, standing, known))

    return await call.read(work, case=case_id)


@dataclass(frozen=True, slots=True)
class Standing:
    """What we keep of a case beside the fold, and what the playbook makes of both."""

    points: tuple[Point, ...]
    situation: Situation
    recontacts: tuple[Recontact, ...]


def _case(
    call: http.Call, playbook: Playbook, state: CaseState, standing: Standing
) -> case_out.CaseOut:
    return case_out.CaseOut(
        id=state.case_id,
        marketplace=state.marketplace,
        external_ref=state.external_ref,
        playbook=state.playbook,
        status=state.status,
        waiting_on=state.waiting_on,
        episode=state.episode,
        issue_type=state.issue_type,
        severity=state.classification.severity if state.classification else None,
        authority_level=authority_level(playbook, state),
        outcome=state.outcome,
        root_cause=state.root_cause,
        seller=_seller(state),
        lead=state.lead,
        assignee=state.assignee.member if state.assignee else None,
        routing_frozen=state.is_frozen,
        **_restricted(call, state),
        facts=_facts(call, state),
        amount_at_risk=state.amount_at_risk,
        references=list(state.references),
        next_best_action=_next_action(playbook, state, standing.situation),
        allowed_actions=list(allowed_actions(playbook, standing.situation)),
        checklist=[_point(playbook, state, point) for point in standing.points],
        requests=_requests(state),
        evidence=[*_on_file(state), *_evidence(call, state)],
        policy_refs=list(policies(playbook, state)),
        path=_path(state),
        handoffs=_handoffs(state),
        messages=_messages(state),
        decisions=_decisions(state),
        recontacts=[shown_recontact(one) for one in standing.recontacts],
        appeals=_appeals(state),
        dates=_dates(state),
    )


def _restricted(call: http.Call, state: CaseState) -> dict[str, http.Restricted]:
    return {
        "handle": call.reveal(state.handle),
        "subject": call.reveal(state.subject),
        "description": call.reveal(state.description),
    }


def _seller(state: CaseState) -> case_out.SellerOut:
    seller = state.seller
    return case_out.SellerOut(
        id=seller.id, tier=seller.tier, region=seller.region, language=seller.language
    )


def _facts(call: http.Call, state: CaseState) -> dict[str, case_out.Fact]:
    return {
        name: call.reveal(value) if isinstance(value, SealedValue) else value
        for name, value in state.facts.items()
    }


def _next_action(playbook: Playbook, state: CaseState, standing: Situation) -> case_out.NextAction:
    action = next_best_action(playbook, standing)
    service, href = place_of(state, action.verb, proof=standing.letters_wait_for)
    return case_out.NextAction(
        verb=action.verb,
        why=action.why,
        text=action.why_text.say("en"),
        href=href,
        service=service,
        team=action.team,
        lacks=list(action.lacks),
        path=_way(playbook, state),
    )


def _way(playbook: Playbook, state: CaseState) -> case_out.PathOut | None:
    way = way_of(playbook, state)
    return None if way is None else shown_way(playbook, state, way)


def shown_way(playbook: Playbook, state: CaseState, way: Way) -> case_out.PathOut:
    """Tell how far the case leads by itself, in words that its seller is told as well."""
    told = tell_walk(playbook, way.tree, way.walked, "en")
    end = told["end"] or {}
    return case_out.PathOut(
        **{name: told[name] for name in ("tree", "version", "title", "node")},
        steps=[_step(step) for step in told["steps"]],
        question=told["question"] and told["question"]["ask"],
        **{name: end.get(name) for name in ("advice", "root_cause", "outcome")},
        href=f"/v1/cases/{state.case_id}/walk",
        service="intake",
    )


def _step(told: Mapping[str, str]) -> case_out.StepOut:
    return case_out.StepOut(**{name: told[name] for name in case_out.StepOut.model_fields})


def _point(playbook: Playbook, state: CaseState, point: Point) -> case_out.PointOut:
    rows = {row.item: row for row in playbook.checklist(state.issue_type).items}
    row = rows.get(point.item)
    return case_out.PointOut(
        item=point.item,
        text=row.text.say("en") if row else point.item,
        decision=row.decision if row else None,
        kind=point.kind,
        required=point.required,
        state=point.state,
        reason=point.reason,
        evidence=point.evidence,
        changed_at=point.changed_at,
    )


def _requests(state: CaseState) -> list[case_out.RequestOut]:
    open_items = state.open_items
    return [
        case_out.RequestOut(
            item=id_,
            request=item.request,
            kind=item.kind,
            standard=item.standard,
            why=item.why,
            due_at=item.due_at,
            open=id_ in open_items,
        )
        for id_, item in sorted(state.items.items(), key=lambda one: (one[1].due_at, one[1].kind))
    ]


def _on_file(state: CaseState) -> list[case_out.EvidenceOut]:
    return [
        case_out.EvidenceOut(
            id=held.evidence,
            kind=held.kind,
            on_file=True,
            issued_on=held.issued_on,
            valid_until=held.valid_until,
        )
        for held in state.evidence_on_file
    ]


def _evidence(call: http.Call, state: CaseState) -> list[case_out.EvidenceOut]:
    return [
        case_out.EvidenceOut(
            id=id_,
            on_file=False,
            file=call.reveal(document.file),
            **document.model_dump(exclude={"file", "sealed_for"}),
        )
        for id_, document in sorted(state.evidence.items())
    ]


def _path(state: CaseState) -> list[case_out.Passed]:
    return [
        case_out.Passed(at=one.at, what=one.what, about=one.about) for one in path_so_far(state)
    ]


def _handoffs(state: CaseState) -> list[case_out.HandoffOut]:
    return [
        case_out.HandoffOut(id=id_, **handoff.model_dump(exclude={"party", "attempt"}))
        for id_, handoff in sorted(state.handoffs.items(), key=lambda one: one[1].requested_at)
    ]


def _messages(state: CaseState) -> list[case_out.MessageOut]:
    return [
        case_out.MessageOut(id=id_, **message.model_dump())
        for id_, message in sorted(state.messages.items(), key=lambda one: one[1].sent_at)
    ]


def shown_recontact(recontact: Recontact) -> case_out.RecontactOut:
    return case_out.RecontactOut(
        invalidation=recontact.invalidation,
        template=recontact.asset,
        withdrawn_for=recontact.withdrawn_for,
        asked=recontact.is_open,
        outcome=recontact.outcome,
        reason=recontact.reason,
        decided_by=recontact.decided_by,
        decided_at=recontact.decided_at,
    )


def _decisions(state: CaseState) -> list[case_out.DecisionOut]:
    return [
        case_out.DecisionOut(id=id_, **decision.model_dump())
        for id_, decision in sorted(state.decisions.items(), key=lambda one: one[1].at)
    ]


def _appeals(state: CaseState) -> list[case_out.AppealOut]:
    return [
        case_out.AppealOut(
            id=id_,
            outcome=state.answered_appeals.get(id_),
            not_for=sorted(deciders(state)),
            **appeal.model_dump(),
        )
        for id_, appeal in sorted(state.appeals.items(), key=lambda one: one[1].filed_at)
    ]


def _dates(state: CaseState) -> case_out.Dates:
    last = max(state.messages.values(), key=lambda letter: letter.sent_at, default=None)
    due = [item.due_at for item in state.open_items.values()]
    return case_out.Dates(
        opened_at=state.opened_at,
        reply_by=min(due, default=None),
        update_by=last.update_by if last and not state.has_ended else None,
        expected_by=last.expected_by if last and not state.has_ended else None,
        resolved_at=state.resolved_at,
        reopen_until=state.reopen_until,
        closed_at=state.closed_at,
    )
