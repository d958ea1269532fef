"""Handing a case over."""

from collections.abc import Mapping
from http import HTTPStatus
from typing import Annotated, Any

from fastapi import APIRouter, Depends, Query
from pydantic import Field
from starlette.responses import Response

from chassis import http
from chassis.door import Tx
from chassis.words import Code
from contracts.words import Reference
from handoff import store
from handoff.api.actions import READ, REQUEST
from handoff.api.views import HandoffOut, handoff_out, payload_out
from handoff.domain.handoffs import RoutingIsFrozen
from handoff.handlers.request_handoff import (
    ContractUnmet,
    RequestHandoff,
    prepare_offer,
    request_handoff,
)
from playbook.model import Playbook, pinned

router = APIRouter(prefix="/v1/cases", tags=["handoffs"])

Sender = Annotated[
    http.Call, Depends(http.calling(REQUEST, raises=(ContractUnmet, RoutingIsFrozen)))
]
Reader = Annotated[http.Call, Depends(http.calling(READ))]
Playbooks = Annotated[Mapping[str, Playbook], Depends(http.from_state("playbooks"))]

_EXAMPLE: dict[str, Any] = {
    "payout_refs": ["PO-88121"],
    "amount": {"amount_minor": 184050, "currency": "GBP"},
    "hold_code": "verification_expired",
}


class HandoffBody(http.RequestModel):
    team: Code = Field(description="The receiving team.", examples=["finance"])
    blocking: bool = Field(description="Whether the case waits for it.", examples=[True])
    payload: dict[str, Any] = Field(
        description="The team's own fields, by its contract; the rest comes from the case.",
        examples=[_EXAMPLE],
    )


class DryRunOut(http.ResponseModel):
    team: Code = Field(description="The receiving team.")
    contract: Reference = Field(description="Contract and version it was held against.")
    payload: dict[str, Any] = Field(description="All that the team would be told.")


class HandoffsOut(http.ResponseModel):
    items: tuple[HandoffOut, ...] = Field(description="Oldest first.")


@router.post(
    "/{case_id}/handoffs",
    status_code=HTTPStatus.CREATED,
    response_model=HandoffOut | DryRunOut,
    summary="Hand a case to a partner team, or try to",
)
async def post_handoff(
    case_id: http.CaseId,
    body: HandoffBody,
    call: Sender,
    playbooks: Playbooks,
    *,
    dry_run: Annotated[bool, Query(description="Only say what would be sent.")] = False,
) -> Response:
    """
    Each missing path is pointed at, before anything is sent.

    A dry run answers 200 with the whole payload, stores nothing and needs no key.
    """
    command = RequestHandoff(
        case_id=case_id, team=body.team, payload=body.payload, blocking=body.blocking
    )

    async def work(tx: Tx) -> http.Reply:
        playbook = pinned(playbooks, tx.views[case_id].state.playbook)
        if dry_run:
            offer = prepare_offer(command, tx=tx, playbook=playbook)
            tried = DryRunOut(
                team=body.team,
                contract=offer.contract.pin,
                payload=payload_out(offer.payload, call),
            )
            return http.Reply(body=tried, status=HTTPStatus.OK)
        handoff = await request_handoff(command, tx=tx, playbook=playbook)
        location = {"Location": f"/v1/handoffs/{handoff.handoff}"}
        return http.Reply(body=handoff_out(handoff, call), headers=location)

    return await call.write(work, case=case_id, transient=dry_run)


@router.get("/{case_id}/handoffs", response_model=HandoffsOut, summary="List a case's handoffs")
async def list_handoffs(case_id: http.CaseId, call: Reader) -> Response:
    async def work(tx: Tx) -> HandoffsOut:
        marketplace = tx.views[case_id].state.marketplace
        found = await store.list_of_case(tx, marketplace, case_id)
        return HandoffsOut(items=tuple(handoff_out(one, call) for one in found))

    return await call.read(work, case=case_id)
