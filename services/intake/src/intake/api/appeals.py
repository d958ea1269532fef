"""Appeals: what a seller says against a decision, within the window that its letter names."""

from typing import Annotated, Any, Final

from fastapi import APIRouter, Body, Depends
from pydantic import AwareDatetime, Field
from starlette.responses import Response

from chassis import http
from chassis.auth import Action, Scope
from chassis.door import Tx
from chassis.problems import FieldError, Invalid
from chassis.vault import seal
from chassis.words import Code, Text
from contracts.lifecycle import CaseState
from contracts.sealed import SealedValue
from contracts.words import DecisionId
from intake.api.state import GivenKit
from intake.domain.appeals import AppealPending, AppealTooLate, NothingToAppeal
from intake.handlers.file_appeal import FileAppeal, file_appeal
from playbook.model import Playbook, pinned

APPEAL: Final = Action("case.appeal", {"front_end": Scope.MARKETPLACE, "seller": Scope.OWN})
_MOST: Final = 20

router = APIRouter(prefix="/v1/cases/{case_id}/appeals", tags=["appeals"])


class NewAppeal(http.RequestModel):
    decisions: list[DecisionId] = Field(
        min_length=1,
        max_length=_MOST,
        description="What it is against: `appeal` of the case's status names what may be.",
    )
    ground: Code = Field(description="What we got wrong: one of the playbook's list `appeal`.")
    body: Annotated[str, Text(20_000)] | None = Field(
        default=None, description="What the seller says; sealed at once."
    )


class PostedAppeal(http.ResponseModel):
    id: str = Field(description="Our id of it.")
    case: str = Field(description="The case, which somebody else decides anew.")
    state: str = Field(description="filed: the case opens again in a moment, see its status.")
    filed_at: AwareDatetime = Field(description="When it came.")
    appeal_by: AwareDatetime = Field(description="Until when it could be filed.")


EXAMPLE: Final[dict[str, Any]] = {
    "decisions": ["dec_01m80000000000000000000000"],
    "ground": "new_evidence",
    "body": "The carrier has found the signature.",
}


@router.post(
    "",
    status_code=201,
    response_model=PostedAppeal,
    summary="Appeal against a decision",
    description="Within the window that the letter names. The case opens again, and a person who "
    "did not decide it decides what the appeal is against; other decisions stand.",
)
async def post_appeal(
    case_id: http.CaseId,
    body: Annotated[NewAppeal, Body(examples=[EXAMPLE])],
    call: Annotated[
        http.Call,
        Depends(http.calling(APPEAL, raises=(NothingToAppeal, AppealPending, AppealTooLate))),
    ],
    kit: GivenKit,
) -> Response:
    async def work(tx: Tx) -> PostedAppeal:
        state = tx.views[case_id].state
        playbook = pinned(kit.playbooks, state.playbook)
        _check_ground(body.ground, playbook)
        command = FileAppeal(
            case=case_id,
            decisions=tuple(dict.fromkeys(body.decisions)),
            ground=body.ground,
            body=_seal(body.body, state) if body.body else None,
        )
        filed = await file_appeal(tx, command, playbook=playbook)
        return PostedAppeal(
            id=filed.appeal,
            case=case_id,
            state="filed",
            filed_at=tx.now,
            appeal_by=filed.appeal_by,
        )

    return await call.write(work, case=case_id)


def _check_ground(ground: str, playbook: Playbook) -> None:
    known = playbook.codes.appeal
    if ground not in known:
        detail = f"One of appeal: {', '.join(known)}."
        raise Invalid([FieldError("/ground", "unknown-code", detail)])


def _seal(said: str, state: CaseState) -> SealedValue:
    seller = state.seller
    return seal(
        {"subject": None, "body": said},
        public_key=seller.public_key,
        key=seller.key,
        class_="message",
        subject=state.case_id,
    )
