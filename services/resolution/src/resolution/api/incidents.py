"""Incidents: what a supervisor says and decides once, for all cases that belong to one."""

from collections.abc import Sequence
from http import HTTPStatus
from typing import Annotated, Final

from fastapi import APIRouter, Depends
from pydantic import Field
from starlette.responses import Response

from chassis import http, idempotency
from chassis.auth import Action, Scope
from chassis.door import Tx
from chassis.problems import FieldError, Invalid, NeedsAuthority, NeedsHuman, NotAllowedNow
from contracts.lifecycle import CaseState
from resolution.api.access import playbook_of, sealed_note, state_of
from resolution.api.decisions import DecisionBody, draft_of
from resolution.api.incident_work import ChildResult, Incident, each
from resolution.api.messages import MessageBody, command_of
from resolution.handlers.decide_case import DecideCase, DecisionIncomplete, decide_case
from resolution.handlers.letters_in_force import LetterInvalidated
from resolution.handlers.send_message import draft_letter, send_message
from resolution.handlers.step_up import StepUpNeeded
from resolution.store import children

WRITE: Final = Action("incident.write", {"supervisor": Scope.MARKETPLACE})
DECIDE: Final = Action("incident.decide", {"supervisor": Scope.MARKETPLACE})

_RAISES: Final = (
    DecisionIncomplete,
    Invalid,
    LetterInvalidated,
    NeedsHuman,
    NeedsAuthority,
    NotAllowedNow,
    StepUpNeeded,
)

router = APIRouter(prefix="/v1/cases/{case_id}", tags=["incidents"])


class IncidentResults(http.ResponseModel):
    """What became of each case of an incident."""

    items: list[ChildResult] = Field(description="One for each case, oldest first.")
    parked: list[str] = Field(
        description="Cases that wait for an operator: send the same request again afterwards."
    )


class IncidentDecided(IncidentResults):
    """What became of the incident and of each of its cases."""

    decision: str = Field(description="Our id of the decision about the incident itself.")


@router.post(
    "/incident-messages",
    status_code=HTTPStatus.MULTI_STATUS,
    response_model=IncidentResults,
    summary="Write to every seller of an incident",
)
async def write_to_all(
    case_id: http.CaseId,
    body: MessageBody,
    call: Annotated[http.Call, Depends(http.calling(WRITE, raises=(Invalid, LetterInvalidated)))],
) -> Response:
    """
    One letter for each case that belongs to this one, in its seller's language.

    Under one key nobody gets it twice: whoever was parked gets it when the request comes again.
    """
    key = idempotency.read_key(call.request.headers.get(idempotency.HEADER), required=True)
    found: list[tuple[CaseState, Sequence[str]]] = []

    async def look(tx: Tx) -> http.Reply:
        state = state_of(tx, case_id)
        _check_letter(tx, state, body, call)
        found.append((state, await children.list_children(tx, state)))
        return http.Reply(body=None)

    async def write(tx: Tx, child: CaseState) -> str:
        command = command_of(child.case_id, body)
        message = await send_message(tx, command, playbook=playbook_of(call, child))
        return message.id

    await call.read(look, case=case_id)
    state, cases = found[-1]
    incident = Incident(call=call, marketplace=state.marketplace, key=key or "", cases=cases)
    results = await each(incident, write)
    return _answer(IncidentResults(items=results, parked=_parked(results)))


def _check_letter(tx: Tx, state: CaseState, body: MessageBody, call: http.Call) -> None:
    """
    Hold the letter to the incident's own type before anybody gets it.

    Raises:
        Invalid: No such letter, or one that goes out with a decision.
    """
    command = command_of(state.case_id, body)
    _, rendered = draft_letter(tx, state, command, playbook=playbook_of(call, state))
    if rendered.kind == "decision":
        detail = "a decision's letter goes out with the decision: POST …/incident-decisions"
        raise Invalid([FieldError("/template", "not-here", detail)])


@router.post(
    "/incident-decisions",
    status_code=HTTPStatus.MULTI_STATUS,
    response_model=IncidentDecided,
    summary="Decide an incident and all its cases",
)
async def decide_all(
    case_id: http.CaseId,
    body: DecisionBody,
    call: Annotated[http.Call, Depends(http.calling(DECIDE, raises=_RAISES))],
) -> Response:
    """
    One decision, recorded for the incident and for each case that belongs to it.

    The incident is decided first; what speaks against that leaves all as it was. `evidence` is
    the incident's: a case of it stands on its own facts. A case that takes more authority than
    the caller has, or that has something of its own open, is refused by itself and named.
    """
    key = idempotency.read_key(call.request.headers.get(idempotency.HEADER), required=True)
    found: list[tuple[CaseState, Sequence[str]]] = []

    async def first(tx: Tx) -> IncidentDecided:
        made = await _decide(tx, state_of(tx, case_id), body, call)
        return IncidentDecided(decision=made, items=[], parked=[])

    async def look(tx: Tx) -> http.Reply:
        state = state_of(tx, case_id)
        found.append((state, await children.list_children(tx, state)))
        return http.Reply(body=None)

    async def decide(tx: Tx, child: CaseState) -> str:
        return await _decide(tx, child, body.model_copy(update={"evidence": []}), call)

    answer = await call.write(first, case=case_id)
    await call.read(look, case=case_id)
    state, cases = found[-1]
    incident = Incident(call=call, marketplace=state.marketplace, key=key or "", cases=cases)
    made = IncidentDecided.model_validate_json(bytes(answer.body)).decision
    results = await each(incident, decide)
    return _answer(IncidentDecided(decision=made, items=results, parked=_parked(results)))


async def _decide(tx: Tx, state: CaseState, body: DecisionBody, call: http.Call) -> str:
    command = DecideCase(
        case=state.case_id, draft=draft_of(body, call), note=sealed_note(state, body.note)
    )
    outcome = await decide_case(tx, command, playbook=playbook_of(call, state))
    return outcome.decision.id


def _parked(results: Sequence[ChildResult]) -> list[str]:
    return [one.case for one in results if one.state == "parked"]


def _answer(told: IncidentResults) -> Response:
    return Response(
        told.model_dump_json(),
        status_code=HTTPStatus.MULTI_STATUS,
        media_type="application/json",
    )
