"""Deciding about a seller who has a letter that was withdrawn."""

from typing import Annotated, Final, Literal

from fastapi import APIRouter, Depends
from pydantic import ConfigDict, Field, JsonValue
from starlette.responses import Response

from chassis import http
from chassis.auth import Action
from chassis.door import Tx
from chassis.problems import Invalid, NotAllowedNow
from chassis.words import Code, Note
from contracts.words import InvalidationId
from resolution.api.access import WORKERS, playbook_of, sealed_note, state_of
from resolution.api.case_out import RecontactOut
from resolution.api.cases import shown_recontact
from resolution.handlers.decide_recontact import DecideRecontact, decide_recontact

RECONTACT = Action("case.recontact", WORKERS)

router = APIRouter(prefix="/v1/cases", tags=["letters"])

_EXAMPLE: Final[dict[str, JsonValue]] = {
    "invalidation": "inv_01m80000000000000000000000",
    "outcome": "contact_again",
    "reason": "misled",
}


class RecontactBody(http.RequestModel):
    """Whether the seller is written to again, and why."""

    model_config = ConfigDict(json_schema_extra={"examples": [_EXAMPLE]})

    invalidation: InvalidationId = Field(description="The withdrawal, as the case names it.")
    outcome: Literal["contact_again", "no_contact"] = Field(
        description="Whether: the letter itself is written as any other."
    )
    reason: Code = Field(description="Of the playbook's list recontact.")
    note: Note | None = Field(default=None, description="Words, sealed before they are kept.")


@router.post(
    "/{case_id}/recontact-decisions",
    status_code=201,
    response_model=RecontactOut,
    summary="Decide whether to write again",
)
async def decide_about_recontact(
    case_id: http.CaseId,
    body: RecontactBody,
    call: Annotated[http.Call, Depends(http.calling(RECONTACT, raises=(Invalid, NotAllowedNow)))],
) -> Response:
    """A letter was withdrawn after this seller got it: say whether we write again, and why."""

    async def work(tx: Tx) -> RecontactOut:
        state = state_of(tx, case_id)
        command = DecideRecontact(
            case=case_id,
            invalidation=body.invalidation,
            outcome=body.outcome,
            reason=body.reason,
            note=sealed_note(state, body.note),
        )
        decided = await decide_recontact(tx, command, playbook=playbook_of(call, state))
        return shown_recontact(decided)

    return await call.write(work, case=case_id)
