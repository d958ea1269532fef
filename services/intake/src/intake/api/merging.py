"""Duplicates found later: a case is merged into the older one that it repeats."""

from typing import Annotated, Any, Final

from fastapi import APIRouter, Body, Depends
from pydantic import Field
from starlette.responses import Response

from chassis import http
from chassis.auth import Action, Scope
from chassis.door import Tx
from chassis.words import Code
from contracts.words import CaseId
from intake.api.reasons import check_reason
from intake.api.state import GivenKit
from intake.domain.merging import MergeCase, NoDuplicate, NoSuchOriginal
from intake.handlers.merge_case import merge_case

MERGE: Final = Action(
    "case.merge",
    {
        "agent": Scope.TEAM | Scope.WORKER,
        "senior_agent": Scope.TEAM | Scope.WORKER,
        "supervisor": Scope.MARKETPLACE,
    },
)

router = APIRouter(prefix="/v1/cases/{case_id}", tags=["cases"])


class Merging(http.RequestModel):
    into: CaseId = Field(description="The older open case of the same seller, which goes on.")
    reason: Code = Field(description="One of the playbook's list `merging`.")


class Merged(http.ResponseModel):
    case: str = Field(description="The case, which has ended.")
    merged_into: str = Field(description="The case that has its contacts and documents now.")


EXAMPLE: Final[dict[str, Any]] = {
    "into": "case_01m80000000000000000000000",
    "reason": "filed_twice",
}


@router.post(
    "/merging",
    response_model=Merged,
    summary="Say that a case repeats an older one",
    description="The case ends as `merged`; its clocks stop, and nothing more is sent about it. "
    "Its contacts and documents are the older one's, which keeps its place, lead and dates. The "
    "caller has to have the power for both.",
)
async def merge(
    case_id: http.CaseId,
    body: Annotated[Merging, Body(examples=[EXAMPLE])],
    call: Annotated[http.Call, Depends(http.calling(MERGE, raises=(NoSuchOriginal, NoDuplicate)))],
    kit: GivenKit,
) -> Response:
    async def work(tx: Tx) -> Merged:
        case, original = tx.views[case_id].state, tx.views.get(body.into)
        check_reason(body.reason, "merging", case, kit)
        # One of another marketplace is no case for who asks, and is refused like none at all.
        if original and original.state.marketplace == case.marketplace:
            call.permit_case(original.state)
        await merge_case(tx, MergeCase(case=case_id, into=body.into, reason=body.reason))
        await call.check_not_held(tx, body.into)
        return Merged(case=case_id, merged_into=body.into)

    return await call.write(work, case=case_id, beside=[body.into])
