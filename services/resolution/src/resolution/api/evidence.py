"""Asking for documents, judging them, and the points of the checklist."""

from datetime import date
from typing import Annotated, Literal

from fastapi import APIRouter, Depends, Path
from pydantic import AwareDatetime, Field
from starlette.responses import Response

from chassis import http
from chassis.auth import Action
from chassis.door import Tx
from chassis.problems import AlreadyOnFile, Invalid, NotAllowedNow
from chassis.words import Code, Day, Note, Text
from playbook.differing import LONGEST, MOST
from resolution.api.access import WORKERS, EvidenceId, playbook_of, sealed_note, state_of
from resolution.handlers.judge_evidence import JudgeEvidence, judge_evidence
from resolution.handlers.letters_in_force import LetterInvalidated
from resolution.handlers.request_evidence import RequestEvidence, request_evidence
from resolution.handlers.settle_point import SettlePoint, settle_point
from resolution.handlers.step_up import StepUpNeeded

REQUEST = Action("evidence.request", WORKERS)
JUDGE = Action("evidence.judge", WORKERS)
SETTLE = Action("checklist.settle", WORKERS)

Value = Annotated[str, Text(LONGEST)]
"""Sealed with the letter that says it."""

_RAISES = (Invalid, LetterInvalidated, NotAllowedNow, StepUpNeeded)

router = APIRouter(prefix="/v1/cases", tags=["evidence"])


class RequestBody(http.RequestModel):
    """What to ask the seller for."""

    kinds: Annotated[list[Code], Field(min_length=1, max_length=20)] = Field(
        description="Kinds of evidence, each once.", examples=[["proof_of_address"]]
    )
    reason: Code | None = Field(
        default=None, description="Of the playbook's list evidence_request."
    )
    note: Note | None = Field(default=None, description="Words, sealed before they are kept.")


class ItemOut(http.ResponseModel):
    """One document that was asked for."""

    item: str = Field(description="Our id of it; an upload may name it.")
    kind: str = Field(description="Kind of evidence.")


class Requested(http.ResponseModel):
    """What was asked for, and how the seller was told."""

    request: str = Field(description="Our id of the request.")
    items: list[ItemOut] = Field(description="The documents.")
    due_at: AwareDatetime = Field(description="Until when the seller may answer.")
    message: str | None = Field(
        default=None, description="The letter; none when no template says this: write one."
    )


class DifferenceIn(http.RequestModel):
    """One field in which a document differs from the account: personal data, kept only sealed."""

    field: Code = Field(description="Of the playbook's list differing.", examples=["name"])
    expected: Value = Field(description="What the account says.", examples=["Anna Kiln"])
    seen: Value = Field(description="What the document says.", examples=["Anna Maria Kiln"])


class JudgementBody(http.RequestModel):
    """What we think of a document."""

    outcome: Literal["accepted", "rejected", "waived"] = Field(
        description="Whether it will do.", examples=["accepted"]
    )
    reason: Code | None = Field(
        default=None,
        description="Unless accepted: of the playbook's list evidence_rejected or evidence_waived.",
    )
    issued_on: Day | None = Field(
        default=None, description="Read off the document.", examples=["2026-11-02"]
    )
    valid_until: Day | None = Field(default=None, description="Read off the document.")
    note: Note | None = Field(default=None, description="Words, sealed before they are kept.")
    differences: Annotated[list[DifferenceIn], Field(max_length=MOST)] = Field(
        default=[],
        description="When rejected because it differs from the account: in what. The letter to the"
        " seller says it and is sealed; nothing else keeps it.",
    )


class Judged(http.ResponseModel):
    """A document with its judgement."""

    evidence: str = Field(description="Which document.")
    outcome: str = Field(description="accepted, rejected or waived.")
    reason: str | None = Field(default=None, description="Why it was rejected or waived.")
    issued_on: date | None = Field(
        default=None, description="As read off the document; kept of an accepted one."
    )
    valid_until: date | None = Field(
        default=None, description="As read off the document; kept of an accepted one."
    )


class PointBody(http.RequestModel):
    """How a point of the checklist ends."""

    outcome: Literal["done", "waived"] = Field(description="How.", examples=["done"])
    reason: Code | None = Field(
        default=None, description="When waived: of the playbook's list checklist_waived."
    )
    note: Note | None = Field(default=None, description="Words, sealed before they are kept.")


class Settled(http.ResponseModel):
    """A point of the checklist that has ended."""

    item: str = Field(description="Which point.")
    state: str = Field(description="done or waived.")


@router.post(
    "/{case_id}/evidence-requests",
    status_code=201,
    response_model=Requested,
    summary="Ask the seller for documents",
)
async def ask_for_evidence(
    case_id: http.CaseId,
    body: RequestBody,
    call: Annotated[
        http.Call,
        Depends(http.calling(REQUEST, raises=(AlreadyOnFile, *_RAISES))),
    ],
) -> Response:
    """Nothing is asked for twice: what is on file or asked for already is a 409 that names it."""

    async def work(tx: Tx) -> Requested:
        state = state_of(tx, case_id)
        command = RequestEvidence(
            case=case_id,
            kinds=tuple(body.kinds),
            reason=body.reason,
            note=sealed_note(state, body.note),
        )
        asked = await request_evidence(tx, command, playbook=playbook_of(call, state))
        return Requested(
            request=asked.request.request,
            items=[ItemOut(item=one.item, kind=one.kind) for one in asked.request.items],
            due_at=asked.request.due_at,
            message=asked.message,
        )

    return await call.write(work, case=case_id)


@router.post(
    "/{case_id}/evidence/{evidence_id}/judgement",
    response_model=Judged,
    summary="Judge a document",
)
async def judge(
    case_id: http.CaseId,
    evidence_id: EvidenceId,
    body: JudgementBody,
    call: Annotated[http.Call, Depends(http.calling(JUDGE, raises=_RAISES))],
) -> Response:
    """
    Accepting completes the point of the checklist; rejecting asks the seller again.

    A document is judged once. The same judgement again changes nothing, keeps no second note and
    answers what is kept; another one is `not-allowed-now`, with `judged`: how, by whom and when.
    """

    async def work(tx: Tx) -> Judged:
        state = state_of(tx, case_id)
        command = JudgeEvidence(
            case=case_id,
            evidence=evidence_id,
            outcome=body.outcome,
            reason=body.reason,
            issued_on=body.issued_on,
            valid_until=body.valid_until,
            note=sealed_note(state, body.note),
            differences=tuple(one.model_dump() for one in body.differences),
        )
        kept = await judge_evidence(tx, command, playbook=playbook_of(call, state))
        return Judged(
            evidence=evidence_id,
            outcome=kept.outcome,
            reason=kept.reason,
            issued_on=kept.issued_on,
            valid_until=kept.valid_until,
        )

    return await call.write(work, case=case_id)


@router.post(
    "/{case_id}/checklist/{item}", response_model=Settled, summary="End a point of the checklist"
)
async def end_point(
    case_id: http.CaseId,
    item: Annotated[
        str,
        Path(
            description="The point of the checklist.",
            pattern=r"^[A-Za-z0-9][A-Za-z0-9_.-]{0,63}$",
        ),
    ],
    body: PointBody,
    call: Annotated[http.Call, Depends(http.calling(SETTLE, raises=(Invalid, NotAllowedNow)))],
) -> Response:
    """Say that it is done, or not needed in this case, for a reason."""

    async def work(tx: Tx) -> Settled:
        state = state_of(tx, case_id)
        command = SettlePoint(
            case=case_id,
            item=item,
            outcome=body.outcome,
            reason=body.reason,
            note=sealed_note(state, body.note),
        )
        await settle_point(tx, command, playbook=playbook_of(call, state))
        return Settled(item=item, state=body.outcome)

    return await call.write(work, case=case_id)
