"""Who has a case."""

from collections.abc import Mapping
from http import HTTPStatus
from typing import Annotated

from fastapi import APIRouter, Depends
from pydantic import AwareDatetime, Field
from starlette.responses import Response

from chassis import http
from chassis.door import Tx
from chassis.problems import Forbidden
from chassis.words import Code, Identifier
from playbook.model import Playbook
from router.api.actions import ASSIGN
from router.domain.work import AssignCase, Assignment, CaseTaken, MemberNotFound, MemberNotSuited
from router.handlers.assign_case import assign_case
from router.store import members

router = APIRouter(prefix="/v1/cases", tags=["assignment"])

Caller = Annotated[
    http.Call,
    Depends(http.calling(ASSIGN, raises=(MemberNotFound, CaseTaken, MemberNotSuited))),
]


class AssignmentBody(http.RequestModel):
    member: Identifier = Field(
        description="Who takes the case: `mem_…` or a login. Oneself, unless one supervises.",
        examples=["mara"],
    )


class AssignmentOut(http.ResponseModel):
    assignment: Code = Field(description="Id of the assignment.")
    case: Code = Field(description="The case.")
    member: Code = Field(description="Who has it.")
    team: Code = Field(description="For which team.")
    queue: Code = Field(description="Out of which queue.")
    assigned_at: AwareDatetime = Field(description="Since when.")


@router.post(
    "/{case_id}/assignment",
    status_code=HTTPStatus.CREATED,
    response_model=AssignmentOut,
    summary="Take a case, or give it to a member",
)
async def assign(
    case_id: http.CaseId,
    body: AssignmentBody,
    call: Caller,
    playbooks: Annotated[Mapping[str, Playbook], Depends(http.from_state("playbooks"))],
) -> Response:
    """Taking a case that one has already changes nothing and answers 200."""

    async def work(tx: Tx) -> http.Reply:
        member = await members.get(tx, body.member)
        if member.member != call.principal.member and "supervisor" not in call.principal.roles:
            raise Forbidden
        command = AssignCase(case_id=case_id, member=member.member)
        playbook = playbooks[tx.views[case_id].state.playbook]
        assignment = await assign_case(command, tx=tx, playbook=playbook)
        is_new = assignment.assigned_at == tx.now
        return http.Reply(body=_out(assignment), status=None if is_new else HTTPStatus.OK)

    return await call.write(work, case=case_id)


def _out(assignment: Assignment) -> AssignmentOut:
    return AssignmentOut(
        assignment=assignment.assignment,
        case=assignment.case_id,
        member=assignment.member,
        team=assignment.team,
        queue=assignment.queue,
        assigned_at=assignment.assigned_at,
    )
