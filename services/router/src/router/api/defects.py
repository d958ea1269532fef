"""Where the playbook sent a case to and fro."""

from typing import Annotated

from fastapi import APIRouter, Depends
from pydantic import AwareDatetime, Field
from sqlalchemy import RowMapping
from starlette.responses import Response

from chassis import http
from chassis.door import Tx
from chassis.paging import moment_and_id
from chassis.words import Code
from contracts.words import ActorName, Reference
from router.api.actions import LIST_DEFECTS
from router.store import routing_defects

router = APIRouter(prefix="/v1/routing-defects", tags=["routing"])

Caller = Annotated[http.Call, Depends(http.calling(LIST_DEFECTS))]


class DefectOut(http.ResponseModel):
    case: Code = Field(description="The case.")
    marketplace: Code = Field(description="Whose it is.")
    opened_at: AwareDatetime = Field(description="When routing was frozen.")
    reason: Code = Field(description="ping_pong or third_transfer.")
    trail: tuple[Code, ...] = Field(description="The teams in their order, the one too many last.")
    rules: tuple[Reference, ...] = Field(description="What sent it: rows, contracts, people.")
    playbook: Reference = Field(description="The version whose rules these are.")
    arbiter: Code | None = Field(description="Who was named to decide.")
    arbiter_role: Code = Field(description="In which role.")
    ended_at: AwareDatetime | None = Field(description="When it was decided.")
    ended_by: ActorName | None = Field(description="By whom.")
    team: Code | None = Field(description="Whose case it was found to be.")
    why: Code | None = Field(description="The arbiter's reason.")


@router.get("", response_model=http.Page[DefectOut], summary="List where routing went in a circle")
async def list_defects(wanted: http.PageWanted, call: Caller) -> Response:
    """Oldest first: what a next version of the playbook should mend."""

    async def work(tx: Tx) -> http.Page[DefectOut]:
        rows = await routing_defects.list_page(
            tx,
            marketplaces=call.principal.marketplaces,
            after=moment_and_id(wanted.after, prefix="case"),
            limit=wanted.limit + 1,
        )
        return wanted.page(rows, key=lambda row: (row["opened_at"], row["case_id"]), item=_out)

    return await call.read(work)


def _out(row: RowMapping) -> DefectOut:
    return DefectOut(
        case=row["case_id"],
        marketplace=row["marketplace"],
        opened_at=row["opened_at"],
        reason=row["reason"],
        trail=tuple(row["trail"]),
        rules=tuple(row["rules"]),
        playbook=row["playbook"],
        arbiter=row["arbiter"],
        arbiter_role=row["arbiter_role"],
        ended_at=row["ended_at"],
        ended_by=row["ended_by"],
        team=row["team"],
        why=row["why"],
    )
