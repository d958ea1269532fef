"""Letters: writing, previewing, reading and their delivery."""

from typing import Annotated, Final, Literal

from fastapi import APIRouter, Depends
from pydantic import AwareDatetime, ConfigDict, Field, JsonValue
from starlette.responses import Response

from chassis import http
from chassis.auth import Action, Scope
from chassis.door import Tx
from chassis.problems import Invalid, NotAllowedNow
from chassis.words import Code, Instant
from resolution.api.access import WORKERS, MessageId, case_of_message, playbook_of, state_of
from resolution.handlers.letters_in_force import LetterInvalidated, require_in_force
from resolution.handlers.record_delivery import RecordDelivery, record_delivery
from resolution.handlers.send_message import SendMessage, draft_letter, send_message
from resolution.handlers.step_up import StepUpNeeded, require_step_up
from resolution.store import messages
from resolution.store.messages import Message

SEND = Action("message.send", WORKERS)
PREVIEW = Action("message.preview", WORKERS)
REPORT = Action("message.report", {"front_end": Scope.MARKETPLACE})

router = APIRouter(prefix="/v1", tags=["messages"])

_WRITING: Final = (Invalid, LetterInvalidated, StepUpNeeded)
_RAISES: Final = (*_WRITING, NotAllowedNow)
_EXAMPLE: Final[dict[str, JsonValue]] = {
    "template": "payout_hold.update",
    "parameters": {"progress": "with_finance"},
    "promise_by": "2026-11-25T12:00:00Z",
}


class MessageBody(http.RequestModel):
    """A template, and the parameters that the case does not know by itself."""

    model_config = ConfigDict(json_schema_extra={"examples": [_EXAMPLE]})

    template: Code = Field(description="Id of a template of the playbook.")
    parameters: Annotated[dict[Code, JsonValue], Field(max_length=40)] = Field(
        default={},
        description="By name, checked by the template. What differs between a paper and the account"
        " is personal: it is in the sealed letter and nowhere else.",
    )
    promise_by: Instant | None = Field(
        default=None, description="When we write next; by default as the playbook promises."
    )


class Sent(http.ResponseModel):
    """A letter that was written."""

    message: str = Field(description="Our id of it.")
    kind: str = Field(description="first_response, evidence_request, update …")
    template: str = Field(description="Template and version.")
    language: str = Field(description="Language it is written in.")
    region: str = Field(description="Region whose wording it is.")
    qualifying: bool = Field(description="Asks for what is missing or decides, with a date.")
    sent_at: AwareDatetime = Field(description="When.")
    update_by: AwareDatetime | None = Field(default=None, description="The next date promised.")


class Preview(http.ResponseModel):
    """A letter as it would be written. Nothing is kept of it."""

    template: str = Field(description="Template and version.")
    language: str = Field(description="Language it is written in.")
    region: str = Field(description="Region whose wording it is.")
    kind: str = Field(description="first_response, evidence_request, update, decision …")
    qualifying: bool = Field(description="Asks for what is missing or decides, with a date.")
    subject: str = Field(description="Subject line; the seller's handle is a marker in it.")
    body: str = Field(description="The letter; the seller's handle is a marker in it.")


class DeliveryBody(http.RequestModel):
    """What the marketplace's messaging says about a letter."""

    state: Literal["delivered", "failed"] = Field(
        description="Whether it arrived.", examples=["delivered"]
    )
    reason: Code | None = Field(
        default=None, description="When it failed: of the playbook's list delivery_failed."
    )


class Delivery(http.ResponseModel):
    """A delivery report as it is kept."""

    message: str = Field(description="Which letter.")
    state: str = Field(description="delivered or failed.")
    reason: str | None = Field(default=None, description="Why it failed.")
    at: AwareDatetime | None = Field(default=None, description="When it was reported.")


@router.post(
    "/cases/{case_id}/messages",
    status_code=201,
    response_model=Sent,
    summary="Write to the seller",
)
async def send(
    case_id: http.CaseId,
    body: MessageBody,
    call: Annotated[http.Call, Depends(http.calling(SEND, raises=_RAISES))],
) -> Response:
    """Render, seal and announce a letter; the marketplace delivers it."""

    async def work(tx: Tx) -> Sent:
        playbook = playbook_of(call, state_of(tx, case_id))
        message = await send_message(tx, command_of(case_id, body), playbook=playbook)
        return _sent(message)

    return await call.write(work, case=case_id)


def command_of(case_id: str, body: MessageBody) -> SendMessage:
    return SendMessage(
        case=case_id,
        template=body.template,
        parameters=body.parameters,
        promise_by=body.promise_by,
    )


def _sent(message: Message) -> Sent:
    return Sent(
        message=message.id,
        kind=message.kind,
        template=message.template,
        language=message.language,
        region=message.region,
        qualifying=message.qualifying,
        sent_at=message.sent_at,
        update_by=message.update_by,
    )


@router.post(
    "/cases/{case_id}/message-previews", response_model=Preview, summary="Preview a letter"
)
async def preview(
    case_id: http.CaseId,
    body: MessageBody,
    call: Annotated[
        http.Call,
        Depends(http.calling(PREVIEW, transient=True, raises=_WRITING)),
    ],
) -> Response:
    """Render without keeping anything: no row, no event, no stored answer."""

    async def work(tx: Tx) -> http.Reply:
        state = state_of(tx, case_id)
        playbook = playbook_of(call, state)
        _, rendered = draft_letter(tx, state, command_of(case_id, body), playbook=playbook)
        await require_in_force(tx, state, rendered)
        await require_step_up(tx, state, rendered.template, playbook=playbook)
        shown = Preview(
            template=rendered.template,
            language=rendered.language,
            region=rendered.region,
            kind=rendered.kind,
            qualifying=rendered.qualifying,
            subject=rendered.subject,
            body=rendered.body,
        )
        return http.Reply(body=shown, headers={"Cache-Control": "no-store"})

    return await call.write(work, case=case_id)


@router.post(
    "/messages/{message_id}/delivery", response_model=Delivery, summary="Report a delivery"
)
async def report_delivery(
    message_id: MessageId,
    body: DeliveryBody,
    call: Annotated[http.Call, Depends(http.calling(REPORT, raises=(Invalid,)))],
) -> Response:
    """The marketplace's messaging tells whether the letter arrived."""

    async def case_of(tx: Tx) -> str:
        return await case_of_message(tx, message_id)

    async def work(tx: Tx) -> Delivery:
        message = await messages.get_message(tx, message_id)
        playbook = playbook_of(call, state_of(tx, message.case_id))
        command = RecordDelivery(message=message_id, state=body.state, reason=body.reason)
        kept = await record_delivery(tx, command, playbook=playbook)
        return Delivery(
            message=kept.id,
            state=kept.delivery_state,
            reason=kept.delivery_reason,
            at=kept.delivery_at,
        )

    return await call.write(work, case=case_of)
