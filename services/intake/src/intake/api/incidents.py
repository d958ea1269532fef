"""Incidents: cases that belong together, linked and unlinked by a supervisor."""

from typing import Annotated, Any, Final

from fastapi import APIRouter, Body, Depends
from pydantic import Field
from starlette.responses import Response

from chassis import http
from chassis.auth import Action, Scope
from chassis.door import Tx
from chassis.paging import moment_and_id
from chassis.problems import FieldError, Invalid
from chassis.words import Code
from contracts.words import CaseId
from intake.api.bodies import CaseSummary, summary
from intake.api.state import GivenKit, Kit
from intake.domain.incidents import LinkCase, NoChild, NoIncident, NotLinked
from intake.handlers.link_case import link_case, unlink_case
from intake.store import incidents
from playbook.model import pinned

LINK: Final = Action("case.link", {"supervisor": Scope.MARKETPLACE})
LIST_CHILDREN: Final = Action(
    "case.list_children",
    {
        "front_end": Scope.MARKETPLACE,
        "agent": Scope.TEAM | Scope.WORKER,
        "senior_agent": Scope.TEAM | Scope.WORKER,
        "supervisor": Scope.MARKETPLACE,
        "compliance": Scope.MARKETPLACE,
    },
)

router = APIRouter(prefix="/v1/cases/{case_id}", tags=["incidents"])


class Linking(http.RequestModel):
    parent: CaseId = Field(description="The incident: an open case of the same marketplace.")
    reason: Code = Field(description="One of the playbook's list `linking`.")


class Unlinking(http.RequestModel):
    reason: Code = Field(
        description="One of the playbook's list `unlinking`.", examples=["another_cause"]
    )


class Linked(http.ResponseModel):
    case: str = Field(description="The case, which keeps its clocks, lead and promises.")
    parent: str | None = Field(description="The incident that it belongs to now.")


EXAMPLE: Final[dict[str, Any]] = {
    "parent": "case_01m80000000000000000000000",
    "reason": "same_cause",
}


@router.post("/linking", response_model=Linked, summary="Say that a case belongs to an incident")
async def link(
    case_id: http.CaseId,
    body: Annotated[Linking, Body(examples=[EXAMPLE])],
    call: Annotated[http.Call, Depends(http.calling(LINK, raises=(NoIncident, NoChild)))],
    kit: GivenKit,
) -> Response:
    async def work(tx: Tx) -> Linked:
        _check(body.reason, "linking", tx, case_id, kit)
        await link_case(tx, LinkCase(case=case_id, parent=body.parent, reason=body.reason))
        return Linked(case=case_id, parent=body.parent)

    return await call.write(work, case=case_id, beside=[body.parent])


@router.post("/unlinking", response_model=Linked, summary="Let a case go its own way again")
async def unlink(
    case_id: http.CaseId,
    body: Unlinking,
    call: Annotated[http.Call, Depends(http.calling(LINK, raises=(NotLinked,)))],
    kit: GivenKit,
) -> Response:
    async def work(tx: Tx) -> Linked:
        _check(body.reason, "unlinking", tx, case_id, kit)
        await unlink_case(tx, case_id, reason=body.reason)
        return Linked(case=case_id, parent=None)

    return await call.write(work, case=case_id)


@router.get(
    "/children",
    response_model=http.Page[CaseSummary],
    summary="List the cases of an incident, newest first",
)
async def list_children(
    case_id: http.CaseId,
    wanted: http.PageWanted,
    call: Annotated[http.Call, Depends(http.calling(LIST_CHILDREN))],
) -> Response:
    after = moment_and_id(wanted.after, prefix="case")

    async def work(tx: Tx) -> http.Page[CaseSummary]:
        rows = await incidents.find_children(tx, case_id, after=after, limit=wanted.limit + 1)
        return wanted.page(rows, key=lambda case: (case.opened_at, case.id), item=summary)

    return await call.read(work, case=case_id)


def _check(reason: str, of: str, tx: Tx, case: str, kit: Kit) -> None:
    """
    Hold a reason to the playbook of the case.

    Raises:
        Invalid: The list does not have it.
    """
    known = getattr(pinned(kit.playbooks, tx.views[case].state.playbook).codes, of)
    if reason not in known:
        detail = f"One of {of}: {', '.join(known)}."
        raise Invalid([FieldError("/reason", "unknown-code", detail)])
