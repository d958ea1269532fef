"""Decisions: what ends a case."""

from typing import Annotated, Final, Literal

from fastapi import APIRouter, Depends
from pydantic import AwareDatetime, ConfigDict, Field, JsonValue
from starlette.responses import Response

from chassis import http
from chassis.auth import Action
from chassis.door import Tx
from chassis.problems import Invalid, NeedsAuthority, NeedsHuman, NotAllowedNow
from chassis.words import Code, Note
from contracts.words import EvidenceId
from resolution.api.access import WORKERS, playbook_of, sealed_note, state_of
from resolution.domain.decisions import Draft
from resolution.handlers.decide_case import DecideCase, DecisionIncomplete, decide_case
from resolution.handlers.letters_in_force import LetterInvalidated
from resolution.handlers.step_up import StepUpNeeded

DECIDE = Action("case.decide", WORKERS)

router = APIRouter(prefix="/v1/cases", tags=["decisions"])

_RAISES = (
    DecisionIncomplete,
    Invalid,
    LetterInvalidated,
    NeedsHuman,
    NeedsAuthority,
    NotAllowedNow,
    StepUpNeeded,
)
_EXAMPLE: Final[dict[str, JsonValue]] = {
    "type": "payout_release",
    "outcome": "released",
    "root_cause": "verification_expired",
    "reasons": ["evidence_complete"],
    "evidence": [],
    "redress": "appeal",
    "template": "payout_hold.decision.favourable",
    "resolves": True,
}


class DecisionBody(http.RequestModel):
    """A decision with all that it stands on; every word a code of the playbook."""

    model_config = ConfigDict(json_schema_extra={"examples": [_EXAMPLE]})

    type: Code = Field(description="What is decided.")
    outcome: Code = Field(description="How.")
    root_cause: Code | None = Field(default=None, description="What was behind it.")
    reasons: Annotated[list[Code], Field(max_length=20)] = Field(
        default=[], description="Statement of reasons."
    )
    evidence: Annotated[list[EvidenceId], Field(max_length=100)] = Field(
        default=[], description="Documents considered."
    )
    redress: Code | None = Field(default=None, description="How the seller may object.")
    template: Code = Field(
        description="The letter that tells the seller; of several questions one for all answers."
    )
    resolves: Literal[True] = Field(
        default=True, description="It ends the case; of several questions the last one does."
    )
    note: Note | None = Field(default=None, description="Words, sealed before they are kept.")


class Decided(http.ResponseModel):
    """A decision that was said."""

    decision: str = Field(description="Our id of it.")
    type: str = Field(description="What was decided.")
    outcome: str = Field(description="How.")
    adverse: bool = Field(description="Whether it goes against the seller.")
    authority_level: int = Field(description="Authority that it needed.")
    question: str | None = Field(
        default=None, description="The point of the checklist that it answers, one of several."
    )
    open_questions: list[str] = Field(
        description="Types of decision that are still to come; the case ends when none is."
    )
    decided_at: AwareDatetime = Field(description="When.")


@router.post(
    "/{case_id}/decisions", status_code=201, response_model=Decided, summary="Decide a case"
)
async def decide(
    case_id: http.CaseId,
    body: DecisionBody,
    call: Annotated[http.Call, Depends(http.calling(DECIDE, raises=_RAISES))],
) -> Response:
    """
    Decision, letter with its appeal path, and outcome: one transaction, all or nothing.

    A case with several questions takes a decision for each, by whoever has the right to it; the
    letter and the end come with the last.
    """

    async def work(tx: Tx) -> Decided:
        state = state_of(tx, case_id)
        command = DecideCase(
            case=case_id, draft=draft_of(body, call), note=sealed_note(state, body.note)
        )
        outcome = await decide_case(tx, command, playbook=playbook_of(call, state))
        decision = outcome.decision
        return Decided(
            decision=decision.id,
            type=decision.type,
            outcome=decision.outcome,
            adverse=decision.adverse,
            authority_level=decision.authority_level,
            question=decision.question,
            open_questions=list(outcome.open_questions),
            decided_at=decision.decided_at,
        )

    return await call.write(work, case=case_id)


def draft_of(body: DecisionBody, call: http.Call) -> Draft:
    return Draft(
        type=body.type,
        outcome=body.outcome,
        root_cause=body.root_cause or "",
        reasons=tuple(body.reasons),
        evidence=tuple(body.evidence),
        redress=body.redress,
        template=body.template,
        by_person=call.principal.kind == "person",
        authority=call.principal.authority,
    )
