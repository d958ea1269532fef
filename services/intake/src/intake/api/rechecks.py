"""New checks by the marketplace of what a case is about."""

from typing import Annotated, Any, Final, Literal

from fastapi import APIRouter, Body, Depends
from pydantic import AwareDatetime, Field
from starlette.responses import Response

from chassis import http
from chassis.auth import Action, Scope
from chassis.door import Tx
from chassis.problems import FieldError, Invalid
from chassis.words import Identifier, Instant
from contracts.cases import RecheckReported
from intake.domain.rechecks import CaseTakesNoRecheck, RecheckUnfit
from intake.handlers.report_recheck import report_recheck

REPORT: Final = Action("recheck.report", {"front_end": Scope.MARKETPLACE})
"""The marketplace alone: a seller does not say that its own listing passes."""

router = APIRouter(prefix="/v1/cases/{case_id}/rechecks", tags=["rechecks"])

EXAMPLE: Final[dict[str, Any]] = {
    "reference": "PO-88121",
    "result": "passes",
    "checked_at": "2026-11-23T12:00:00Z",
}


class NewRecheck(http.RequestModel):
    reference: Identifier = Field(description="What was checked: one of the case's references.")
    result: Literal["passes", "fails"] = Field(description="Whether it now follows the rule.")
    checked_at: Instant = Field(description="When it was checked, after the filing.")


class Recheck(http.ResponseModel):
    case: str = Field(description="The case.")
    reference: str = Field(description="What was checked.")
    result: str = Field(description="passes or fails.")
    reported_at: AwareDatetime = Field(description="When we heard of it.")


@router.post("", status_code=201, response_model=Recheck, summary="Report a new check")
async def report(
    case_id: http.CaseId,
    body: Annotated[NewRecheck, Body(examples=[EXAMPLE])],
    call: Annotated[http.Call, Depends(http.calling(REPORT, raises=(CaseTakesNoRecheck, Invalid)))],
) -> Response:
    """
    The listing was changed, say, and the marketplace looked at it once more.

    Where the playbook says that such a case needs no person, a passed check ends it.
    """

    async def work(tx: Tx) -> Recheck:
        told = RecheckReported(
            reference=body.reference, result=body.result, checked_at=body.checked_at
        )
        try:
            await report_recheck(tx, case_id, told)
        except RecheckUnfit as error:
            raise Invalid([FieldError(error.pointer, "not-of-this-case", error.detail)]) from error
        return Recheck(
            case=case_id, reference=body.reference, result=body.result, reported_at=tx.now
        )

    return await call.write(work, case=case_id)
