"""What a case is about, said by a person."""

from collections.abc import Mapping
from typing import Annotated

from fastapi import APIRouter, Depends
from pydantic import Field
from starlette.responses import Response

from chassis import http
from chassis.door import Tx
from chassis.words import Code
from playbook.model import Playbook, pinned
from router.api.actions import CLASSIFY
from router.domain.work import ClassifyCase
from router.handlers.classify_case import classify_case
from router.handlers.freeze_routing import RoutingIsFrozen
from router.handlers.reclassify_case import reclassify_case

router = APIRouter(prefix="/v1/cases", tags=["classification"])

Caller = Annotated[http.Call, Depends(http.calling(CLASSIFY, raises=(RoutingIsFrozen,)))]


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
    routing_frozen: bool = Field(description="Whether an arbiter has to decide where it goes.")


@router.post(
    "/{case_id}/classification",
    response_model=ClassificationOut,
    summary="Say what a case is about, in triage or instead of what it was taken for",
)
async def classify(
    case_id: http.CaseId,
    body: ClassificationBody,
    call: Caller,
    playbooks: Annotated[Mapping[str, Playbook], Depends(http.from_state("playbooks"))],
) -> Response:
    """
    The case is routed in the same transaction, with the reason kept beside the decision.

    One that was routed already keeps its lead, its place and its clocks. `routing_frozen`: the
    new type would have sent it in a circle, so it stays where it is until an arbiter decides.
    """

    async def work(tx: Tx) -> ClassificationOut:
        command = ClassifyCase(case_id=case_id, issue_type=body.issue_type, reason=body.reason)
        state = tx.views[case_id].state
        playbook = pinned(playbooks, state.playbook)
        if state.route is None:
            await classify_case(command, tx=tx, playbook=playbook)
            return _out(command, is_frozen=False)
        is_frozen = await reclassify_case(command, tx=tx, playbook=playbook)
        return _out(command, is_frozen=is_frozen)

    return await call.write(work, case=case_id)


def _out(command: ClassifyCase, *, is_frozen: bool) -> ClassificationOut:
    return ClassificationOut(
        case=command.case_id, issue_type=command.issue_type, routing_frozen=is_frozen
    )
