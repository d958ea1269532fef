"""What whoever works a case answers in its decision tree, and where that leads."""

from typing import Annotated, Final

from fastapi import APIRouter, Depends
from pydantic import ConfigDict, Field, JsonValue
from starlette.responses import Response

from chassis import http
from chassis.auth import Action
from chassis.door import Tx
from chassis.problems import Invalid, NotAllowedNow
from chassis.words import Code
from resolution.api.access import WORKERS, playbook_of, state_of
from resolution.api.case_out import PathOut
from resolution.api.cases import shown_way
from resolution.handlers.answer_question import AnswerQuestion, answer_question

ANSWER = Action("tree.answer", WORKERS)

router = APIRouter(prefix="/v1/cases", tags=["trees"])

_EXAMPLE: Final[dict[str, JsonValue]] = {"node": "sold_it", "answer": "no"}


class AnswerBody(http.RequestModel):
    """What was answered to a question of the case's tree."""

    model_config = ConfigDict(json_schema_extra={"examples": [_EXAMPLE]})

    node: Code = Field(description="The question: the one that is asked now, or an answered one.")
    answer: Code | None = Field(description="The answer's code; null takes the answer back.")
    reason: Code | None = Field(
        default=None,
        description="When another answer was kept: of the playbook's list answer_change.",
    )


@router.post(
    "/{case_id}/answers",
    status_code=201,
    response_model=PathOut,
    summary="Answer a question of the case's tree",
)
async def answer_in_tree(
    case_id: http.CaseId,
    body: AnswerBody,
    call: Annotated[http.Call, Depends(http.calling(ANSWER, raises=(Invalid, NotAllowedNow)))],
) -> Response:
    """
    Keep the answer, and say how far the case leads now: every side reads the same path.

    The same answer again changes nothing. What the case itself says cannot be answered otherwise.
    Kept for the version of the tree that the case is pinned to.
    """

    async def work(tx: Tx) -> PathOut:
        state = state_of(tx, case_id)
        playbook = playbook_of(call, state)
        command = AnswerQuestion(
            case=case_id, node=body.node, answer=body.answer, reason=body.reason
        )
        return shown_way(playbook, state, await answer_question(tx, command, playbook=playbook))

    return await call.write(work, case=case_id)
