"""How far a case is, as its seller may know it."""

from collections.abc import AsyncIterator, Iterable
from datetime import datetime
from typing import Annotated, Final

from fastapi import APIRouter, Depends, Header, Query
from pydantic import AwareDatetime, Field
from starlette.responses import Response, StreamingResponse

from chassis import http, views
from chassis.door import Tx
from chassis.words import Code
from contracts.lifecycle import CaseState
from intake.api.bodies import OpenQuestion, still_open
from intake.api.state import READ, GivenKit, Kit
from intake.domain import progress
from intake.domain.appeals import appeal_until, appealable
from playbook import status as told
from playbook.model import Playbook, pinned

_HEARTBEAT: Final = 15.0
"""Seconds of silence after which a comment keeps the connection open."""
_BEATS: Final = 40
"""A stream ends after ten minutes, as its token does; the browser comes back by itself."""

router = APIRouter(prefix="/v1/cases/{case_id}/status", tags=["status"])

_Language = Annotated[Code | None, Query(description="BCP 47; by default the seller's own.")]


class Lead(http.ResponseModel):
    team: str = Field(description="The team that answers for the case, by name.")
    member: str | None = Field(description="The person, by pseudonym, once there is one.")


class Need(http.ResponseModel):
    item: str = Field(description="Name it when you send the document.")
    kind: str = Field(description="Kind of evidence.")
    name: str = Field(description="What the document is called.")
    why: str = Field(description="Why it is needed.")
    standard: str = Field(description="What will be accepted.")
    due_at: AwareDatetime = Field(description="Until when.")


class Expectation(http.ResponseModel):
    at: AwareDatetime = Field(description="When we expect the case to be resolved.")
    confidence: str = Field(description="high: ours to do; medium: another team's; low: outside.")


class Moment(http.ResponseModel):
    at: AwareDatetime = Field(description="When.")
    text: str = Field(description="What happened, in plain language.")


class Appealable(http.ResponseModel):
    decision: str = Field(description="Name it in the appeal.")
    text: str | None = Field(description="The question that it answers; null if of the whole case.")
    decided_at: AwareDatetime = Field(description="When.")


class AppealPath(http.ResponseModel):
    until: AwareDatetime = Field(description="Until when, as the letter says.")
    decisions: list[Appealable] = Field(description="What may be appealed against.")


class CaseStatus(http.ResponseModel):
    case: str = Field(description="The case.")
    stage: str = Field(description="received, with_team, in_review, waiting_for_you …")
    stage_text: str = Field(description="The same in words.")
    lead: Lead | None = Field(description="Who answers for the case; null before it is routed.")
    required: list[Need] = Field(description="What we need from the seller to go on.")
    open_questions: list[OpenQuestion] = Field(description="Facts that are still to come.")
    next_update_by: AwareDatetime | None = Field(description="By when we promised to write again.")
    expected_by: Expectation | None = Field(description="When it should be resolved.")
    appeal: AppealPath | None = Field(
        description="What may be appealed against and until when; null if nothing may be now."
    )
    history: list[Moment] = Field(description="What happened, oldest first.")
    merged_into: str | None = Field(
        description="The older case of the same seller in which all goes on, if there is one."
    )
    incident: list[Moment] = Field(
        description="What became of the incident that the case belongs to; empty if to none."
    )


@router.get("", response_model=CaseStatus, summary="Read how far a case is")
async def read_status(
    case_id: http.CaseId,
    call: Annotated[http.Call, Depends(http.calling(READ))],
    kit: GivenKit,
    language: _Language = None,
) -> Response:
    return await _read(call, case_id, kit, language)


@router.get(
    "/stream",
    summary="Follow how far a case is",
    description="Server-sent events, `event: status`; the id is the case's version here, and "
    "`Last-Event-ID` skips a first answer that the client has.",
    response_class=Response,
    responses={200: {"content": {"text/event-stream": {}}, "description": "Until it ends."}},
)
async def stream_status(
    case_id: http.CaseId,
    call: Annotated[http.Call, Depends(http.calling(READ))],
    kit: GivenKit,
    language: _Language = None,
    last_event_id: Annotated[str | None, Header(description="What the client has.")] = None,
) -> Response:
    await _read(call, case_id, kit, language)  # who may not read it gets a problem, not a stream
    events = _events(call, case_id, kit, language=language, seen=last_event_id)
    headers = {"Cache-Control": "no-store", "X-Accel-Buffering": "no"}
    return StreamingResponse(events, media_type="text/event-stream", headers=headers)


async def _events(
    call: http.Call, case_id: str, kit: Kit, *, language: str | None, seen: str | None
) -> AsyncIterator[bytes]:
    with call.desk.changes.listen(case_id) as news:
        for _beat in range(_BEATS):
            response = await _read(call, case_id, kit, language)
            version = response.headers["etag"].strip('"')
            if version != seen:
                seen = version
                yield b"event: status\nid: %s\ndata: %s\n\n" % (version.encode(), response.body)
            if not await news.wait(_HEARTBEAT):
                yield b": still here\n\n"


async def _read(call: http.Call, case_id: str, kit: Kit, language: str | None) -> Response:
    async def work(tx: Tx) -> CaseStatus:
        state = tx.views[case_id].state
        playbook = pinned(kit.playbooks, state.playbook)
        spoken = playbook.language_for(language or state.seller.language, state.seller.region)
        parent = await views.find(tx, state.parent) if state.parent else None
        status = _status(state, playbook, spoken, parent=parent)
        return status.model_copy(update={"appeal": _appeal(state, playbook, spoken, now=tx.now)})

    return await call.read(work, case=case_id)


def _status(
    state: CaseState, playbook: Playbook, language: str, *, parent: CaseState | None
) -> CaseStatus:
    expected = progress.expectation(state)
    return CaseStatus(
        case=state.case_id,
        stage=told.stage(playbook, state.status),
        stage_text=told.stage_text(playbook, state.status, language),
        lead=_lead(state, playbook, language),
        required=[
            Need(
                item=need.item,
                kind=need.kind,
                name=need.name,
                why=need.why,
                standard=need.standard,
                due_at=need.due_at,
            )
            for need in progress.needs(state, playbook, language)
        ],
        open_questions=still_open(
            progress.questions(
                () if state.has_ended else state.open_facts,
                playbook,
                issue_type=state.declared_type,
                language=language,
            )
        ),
        next_update_by=progress.next_update_by(state),
        expected_by=expected and Expectation(at=expected.at, confidence=expected.confidence),
        appeal=None,
        history=_told(progress.history(state, playbook, language)),
        merged_into=state.merged_into,
        incident=_told(progress.incident(parent, playbook, language) if parent else ()),
    )


def _appeal(
    state: CaseState, playbook: Playbook, language: str, *, now: datetime
) -> AppealPath | None:
    until, decisions = appeal_until(state, playbook), appealable(state, playbook, now)
    if until is None or not decisions:
        return None
    return AppealPath(
        until=until,
        decisions=[
            Appealable(
                decision=id_,
                text=playbook.text(one.type, language) if one.question else None,
                decided_at=one.at,
            )
            for id_, one in decisions.items()
        ],
    )


def _told(moments: Iterable[progress.Moment]) -> list[Moment]:
    return [Moment(at=moment.at, text=moment.text) for moment in moments]


def _lead(state: CaseState, playbook: Playbook, language: str) -> Lead | None:
    if state.lead is None:
        return None
    team = told.team_name(playbook, state.lead.team, language)
    return Lead(team=team, member=state.lead.member)
