"""Where a case goes and who answers for it, said by a person."""

from collections.abc import Mapping
from typing import Annotated

from fastapi import APIRouter, Depends
from pydantic import Field
from starlette.responses import Response

from chassis import http
from chassis.door import Tx
from chassis.problems import NeedsAuthority
from chassis.words import Code, Identifier
from playbook.model import Playbook, pinned
from router.api.actions import ARBITRATE, REROUTE, TRANSFER_LEAD
from router.domain.work import MemberNotFound, MemberNotSuited
from router.handlers.arbitrate import Arbitrate, arbitrate
from router.handlers.freeze_routing import RoutingIsFrozen
from router.handlers.reroute_case import RerouteCase, reroute_case
from router.handlers.transfer_lead import TransferLead, transfer_lead

router = APIRouter(prefix="/v1/cases", tags=["routing"])

Rerouter = Annotated[http.Call, Depends(http.calling(REROUTE, raises=(RoutingIsFrozen,)))]
Leader = Annotated[
    http.Call, Depends(http.calling(TRANSFER_LEAD, raises=(MemberNotFound, MemberNotSuited)))
]
Arbiter = Annotated[http.Call, Depends(http.calling(ARBITRATE, raises=(NeedsAuthority,)))]
Playbooks = Annotated[Mapping[str, Playbook], Depends(http.from_state("playbooks"))]


class ReroutingBody(http.RequestModel):
    queue: Code = Field(description="Where it should go.", examples=["seller_care"])
    reason: Code = Field(
        description="Why, of the playbook's list `rerouting`.", examples=["wrong_queue"]
    )


class ReroutingOut(http.ResponseModel):
    case: Code = Field(description="The case.")
    queue: Code | None = Field(description="Where it is now.")
    routing_frozen: bool = Field(
        description="It would have gone in a circle: it stays until an arbiter has decided."
    )


class LeadBody(http.RequestModel):
    member: Identifier = Field(
        description="Who answers from now on: `mem_…` or a login.", examples=["jonas"]
    )
    reason: Code = Field(
        description="Why, of the playbook's list `lead_transfer`.", examples=["absence"]
    )


class LeadOut(http.ResponseModel):
    case: Code = Field(description="The case.")
    member: Code | None = Field(description="Who answers for it.")
    team: Code = Field(description="For which team.")


class ArbitrationBody(http.RequestModel):
    team: Code = Field(description="Whose case it is, ours or a partner.", examples=["seller_care"])
    reason: Code = Field(
        description="Why, of the playbook's list `arbitration`.", examples=["ping_pong"]
    )


@router.post(
    "/{case_id}/rerouting", response_model=ReroutingOut, summary="Send a case to another queue"
)
async def reroute(
    case_id: http.CaseId, body: ReroutingBody, call: Rerouter, playbooks: Playbooks
) -> Response:
    """
    Whoever has it has it no more; lead, place and clocks stay.

    Back to a team that let it go, or a third transfer, freezes it instead.
    """

    async def work(tx: Tx) -> ReroutingOut:
        command = RerouteCase(case_id=case_id, queue=body.queue, reason=body.reason)
        route, playbook = tx.views[case_id].state.route, _playbook(playbooks, tx, case_id)
        moved = await reroute_case(command, tx=tx, playbook=playbook)
        stays = route.queue if route else None
        queue = body.queue if moved else stays
        return ReroutingOut(case=case_id, queue=queue, routing_frozen=not moved)

    return await call.write(work, case=case_id)


@router.post(
    "/{case_id}/lead-transfer",
    response_model=LeadOut,
    summary="Let another person answer for a case",
)
async def transfer(
    case_id: http.CaseId, body: LeadBody, call: Leader, playbooks: Playbooks
) -> Response:
    """By whoever leads or works it, or a supervisor. Who has the work does not change."""

    async def work(tx: Tx) -> LeadOut:
        command = TransferLead(case_id=case_id, member=body.member, reason=body.reason)
        lead = await transfer_lead(command, tx=tx, playbook=_playbook(playbooks, tx, case_id))
        return LeadOut(case=case_id, member=lead.member, team=lead.team)

    return await call.write(work, case=case_id)


@router.post(
    "/{case_id}/arbitration",
    response_model=ReroutingOut,
    summary="Decide whose case it is that went to and fro",
)
async def decide(
    case_id: http.CaseId, body: ArbitrationBody, call: Arbiter, playbooks: Playbooks
) -> Response:
    """
    Ends the freeze: a team of ours gets it into its queue, a partner may be handed it again.

    By the arbiter who was named, another supervisor with the authority that the case needs, or
    the council; where `arbiter_role` is the council, by the council alone.
    """

    async def work(tx: Tx) -> ReroutingOut:
        playbook = _playbook(playbooks, tx, case_id)
        command = Arbitrate(
            case_id=case_id,
            member=call.principal.member or "",
            roles=call.principal.roles,
            authority=call.principal.authority,
            team=body.team,
            reason=body.reason,
        )
        queue = await arbitrate(command, tx=tx, playbook=playbook)
        return ReroutingOut(case=case_id, queue=queue, routing_frozen=False)

    return await call.write(work, case=case_id)


def _playbook(playbooks: Mapping[str, Playbook], tx: Tx, case_id: str) -> Playbook:
    return pinned(playbooks, tx.views[case_id].state.playbook)
