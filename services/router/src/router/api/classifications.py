"""What a case is about, said by a person."""

from collections.abc import Mapping
from typing import Annotated

from fastapi import APIRouter, Depends
from pydantic import Field
from starlette.responses import Response

from chassis import http
from chassis.door import Tx
from chassis.words import Code
from playbook.model import Playbook
from router.api.actions import CLASSIFY
from router.domain.work import ClassifyCase
from router.handlers.classify_case import classify_case

router = APIRouter(prefix="/v1/cases", tags=["classification"])

Caller = Annotated[http.Call, Depends(http.calling(CLASSIFY))]


class ClassificationBody(http.RequestModel):
    issue_type: Code = Field(
        description="Type of issue, a code of the playbook.", examples=["payout_hold"]
    )
    reason: Code = Field(
        description="Why, of the playbook's list `classification`.", examples=["more_specific"]
    )


class ClassificationOut(http.ResponseModel):
    case: Code = Field(description="The case.")
    issue_type: Code = Field(description="Type of issue that now stands.")


@router.post(
    "/{case_id}/classification",
    response_model=ClassificationOut,
    summary="Say what a case in triage is about",
)
async def classify(
    case_id: http.CaseId,
    body: ClassificationBody,
    call: Caller,
    playbooks: Annotated[Mapping[str, Playbook], Depends(http.from_state("playbooks"))],
) -> Response:
    """The case is routed in the same transaction, with the reason kept beside the decision."""

    async def work(tx: Tx) -> ClassificationOut:
        command = ClassifyCase(case_id=case_id, issue_type=body.issue_type, reason=body.reason)
        pin = tx.views[case_id].state.playbook
        await classify_case(command, tx=tx, playbook=playbooks[pin])
        return ClassificationOut(case=case_id, issue_type=body.issue_type)

    return await call.write(work, case=case_id)
