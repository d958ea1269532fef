"""Who has done well with cases like this one."""

from collections.abc import Mapping
from typing import Annotated

from fastapi import APIRouter, Depends
from pydantic import AwareDatetime, Field
from starlette.responses import Response

from chassis import http
from chassis.door import Tx
from chassis.words import Code
from contracts.lifecycle import CaseState
from playbook.model import Playbook, pinned
from router.api.actions import READ_ROUTING
from router.domain.queueing import CaseKey
from router.domain.recommend import NEEDED, Recommended, recommend_owners
from router.domain.work import what_member_lacks
from router.handlers.assign_case import work_of
from router.store import members, outcomes

router = APIRouter(prefix="/v1/cases", tags=["assignment"])

Caller = Annotated[http.Call, Depends(http.calling(READ_ROUTING))]
_AS_IF_IDLE = -1


class OwnerOut(http.ResponseModel):
    member: Code = Field(description="Who.")
    cases: int = Field(description="Similar cases that they have brought to an end.")
    in_time: int = Field(description="Of these, before the resolution was due.")
    at_least: float = Field(description="The share in time that this shows at least (95 %).")
    median_hours: float = Field(description="From opened to resolved, half took less.")
    last_at: AwareDatetime = Field(description="When the last one ended.")


class OwnersOut(http.ResponseModel):
    enough_history: bool = Field(description="Whether there is anything to recommend by.")
    issue_type: Code = Field(description="What counts as similar: this type, this marketplace.")
    similar: int = Field(description="Similar cases ended by people who may take this one.")
    needed: int = Field(description="So many a person needs before they say anything.")
    items: tuple[OwnerOut, ...] = Field(description="The best first; nobody without history.")


@router.get(
    "/{case_id}/recommended-owners",
    response_model=OwnersOut,
    summary="Tell who has done well with cases like this",
)
async def recommended_owners(
    case_id: http.CaseId,
    call: Caller,
    playbooks: Annotated[Mapping[str, Playbook], Depends(http.from_state("playbooks"))],
) -> Response:
    """Only of people with the skills and clearances for it; with the history behind each."""

    async def work(tx: Tx) -> OwnersOut:
        state = tx.views[case_id].state
        case = CaseKey(marketplace=state.marketplace, case_id=case_id)
        suited = await _suited(state, tx=tx, playbook=pinned(playbooks, state.playbook))
        past = await outcomes.list_similar(tx, case, issue_type=state.issue_type)
        found = recommend_owners(past, among=suited)
        return OwnersOut(
            enough_history=found.enough_history,
            issue_type=state.issue_type,
            similar=found.similar,
            needed=NEEDED,
            items=tuple(_out(one) for one in found.owners),
        )

    return await call.read(work, case=case_id)


async def _suited(state: CaseState, *, tx: Tx, playbook: Playbook) -> frozenset[str]:
    work = work_of(state, playbook)
    people = await members.list_of_marketplace(tx, state.marketplace)
    return frozenset(
        one.member for one in people if not what_member_lacks(one, work, load=_AS_IF_IDLE)
    )


def _out(one: Recommended) -> OwnerOut:
    return OwnerOut(
        member=one.member,
        cases=one.cases,
        in_time=one.in_time,
        at_least=round(one.at_least, 3),
        median_hours=round(one.median_hours, 2),
        last_at=one.last_at,
    )
