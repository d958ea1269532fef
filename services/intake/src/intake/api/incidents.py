"""Incidents: cases that belong together, linked and unlinked by a supervisor."""

from typing import Annotated, Any, Final

from fastapi import APIRouter, Body, Depends
from pydantic import Field
from starlette.responses import Response

from chassis import http
from chassis.auth import Action, Scope
from chassis.door import Tx
from chassis.paging import moment_and_id
from chassis.words import Code
from contracts.words import CaseId
from intake.api.bodies import CaseSummary, summary
from intake.api.reasons import check_reason
from intake.api.state import GivenKit
from intake.domain.incidents import LinkCase, NoChild, NoIncident, NotLinked, NotProposed
from intake.handlers.link_case import decline_link, link_case, unlink_case
from intake.store import incidents
from intake.store.incidents import ProposedChild

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
LIST_PROPOSED: Final = Action("case.list_proposed", LIST_CHILDREN.grants)

router = APIRouter(prefix="/v1/cases/{case_id}", tags=["incidents"])


class Linking(http.RequestModel):
    parent: CaseId = Field(description="The incident: an open case of the same marketplace.")
    reason: Code = Field(description="One of the playbook's list `linking`.")


class Unlinking(http.RequestModel):
    reason: Code = Field(
        description="One of the playbook's list `unlinking`.", examples=["another_cause"]
    )


class Declining(Unlinking):
    parent: CaseId = Field(description="The incident for which the case was proposed.")


class Declined(http.ResponseModel):
    case: str = Field(description="The case, which goes its own way.")
    declined: str = Field(description="The incident that it does not belong to.")


class Linked(http.ResponseModel):
    case: str = Field(description="The case, which keeps its clocks, lead and promises.")
    parent: str | None = Field(description="The incident that it belongs to now.")


class ProposedCase(CaseSummary):
    """A case that may belong to an incident."""

    same: list[str] = Field(description="Facts that are equal in both.")
    other: list[str] = Field(description="Marks of the type that differ or are not known.")


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
        check_reason(body.reason, "linking", tx.views[case_id].state, kit)
        await link_case(tx, LinkCase(case=case_id, parent=body.parent, reason=body.reason))
        await call.check_not_held(tx, body.parent)
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
        check_reason(body.reason, "unlinking", tx.views[case_id].state, kit)
        await unlink_case(tx, case_id, reason=body.reason)
        return Linked(case=case_id, parent=None)

    return await call.write(work, case=case_id)


@router.post(
    "/linking-declination",
    response_model=Declined,
    summary="Say that a case does not belong to an incident for which it was proposed",
)
async def decline(
    case_id: http.CaseId,
    body: Annotated[Declining, Body(examples=[EXAMPLE | {"reason": "another_cause"}])],
    call: Annotated[http.Call, Depends(http.calling(LINK, raises=(NotProposed,)))],
    kit: GivenKit,
) -> Response:
    async def work(tx: Tx) -> Declined:
        check_reason(body.reason, "unlinking", tx.views[case_id].state, kit)
        await decline_link(tx, LinkCase(case=case_id, parent=body.parent, reason=body.reason))
        return Declined(case=case_id, declined=body.parent)

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


@router.get(
    "/proposed-children",
    response_model=http.Page[ProposedCase],
    summary="List open cases that may belong to an incident, newest first",
    description="They have some of its marks, as the playbook names them, and belong to none. "
    "Whoever finds that one does belong to it links it.",
)
async def list_proposed(
    case_id: http.CaseId,
    wanted: http.PageWanted,
    call: Annotated[http.Call, Depends(http.calling(LIST_PROPOSED))],
) -> Response:
    after = moment_and_id(wanted.after, prefix="case")

    async def work(tx: Tx) -> http.Page[ProposedCase]:
        rows = await incidents.find_proposed(tx, case_id, after=after, limit=wanted.limit + 1)
        return wanted.page(rows, key=lambda one: (one.case.opened_at, one.case.id), item=_proposed)

    return await call.read(work, case=case_id)


def _proposed(child: ProposedChild) -> ProposedCase:
    return ProposedCase(
        **summary(child.case).model_dump(), same=list(child.same), other=list(child.other)
    )
