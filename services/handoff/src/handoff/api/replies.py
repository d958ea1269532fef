"""What a partner team answers over HTTP."""

from collections.abc import Mapping
from typing import Annotated, Any

from fastapi import APIRouter, Depends
from pydantic import Field
from starlette.responses import Response

from chassis import http
from chassis.auth import Resource
from chassis.door import Tx
from chassis.problems import FieldError, Invalid
from chassis.vault import seal
from chassis.words import Code, Note
from contracts.lifecycle import CaseState
from contracts.sealed import SealedValue
from contracts.words import Pointer
from handoff import store
from handoff.api.actions import REPLY
from handoff.api.paths import HandoffId
from handoff.api.views import HandoffOut, case_of, handoff_out
from handoff.domain.handoffs import Handoff, Reply, ReplyKind, ReplyNotAllowed
from handoff.handlers.take_reply import take_reply
from playbook.contract import HandoffContract, check_result, contract as find_contract
from playbook.model import Playbook, pinned

router = APIRouter(prefix="/v1/handoffs", tags=["replies"])

Partner = Annotated[http.Call, Depends(http.calling(REPLY, raises=(ReplyNotAllowed,)))]
Playbooks = Annotated[Mapping[str, Playbook], Depends(http.from_state("playbooks"))]


class ReturnBody(http.RequestModel):
    reason: Code = Field(description="Of the contract's list.", examples=["missing_field"])
    path: Pointer | None = Field(
        default=None, description="What is missing.", examples=["/payload/hold_code"]
    )
    suggest: Code | None = Field(
        default=None, description="The right team, if another.", examples=["trust"]
    )


class ProgressBody(http.RequestModel):
    note: Note | None = Field(
        default=None,
        description="Words, sealed before they are kept.",
        examples=["Released with tonight's run."],
    )


class CompletionBody(http.RequestModel):
    result: dict[str, Any] = Field(
        description="By the contract's result schema: no words.",
        examples=[{"payout_released": True}],
    )


@router.post(
    "/{handoff_id}/acceptance", response_model=HandoffOut, summary="Accept: custody is yours"
)
async def accept(handoff_id: HandoffId, call: Partner) -> Response:
    return await _reply(handoff_id, Reply(kind=ReplyKind.ACCEPTED), call)


@router.post(
    "/{handoff_id}/return", response_model=HandoffOut, summary="Give the case back, with a reason"
)
async def give_back(
    handoff_id: HandoffId, body: ReturnBody, call: Partner, playbooks: Playbooks
) -> Response:
    reply = Reply(kind=ReplyKind.RETURNED, reason=body.reason, path=body.path, suggest=body.suggest)
    return await _reply(handoff_id, reply, call, playbooks=playbooks)


@router.post("/{handoff_id}/progress", response_model=HandoffOut, summary="Say that it goes on")
async def progress(handoff_id: HandoffId, body: ProgressBody, call: Partner) -> Response:
    return await _reply(handoff_id, Reply(kind=ReplyKind.PROGRESSED), call, note=body.note)


@router.post("/{handoff_id}/completion", response_model=HandoffOut, summary="Say what came of it")
async def complete(
    handoff_id: HandoffId, body: CompletionBody, call: Partner, playbooks: Playbooks
) -> Response:
    """Before an acceptance it says both, in order."""
    reply = Reply(kind=ReplyKind.COMPLETED, result=body.result)
    return await _reply(handoff_id, reply, call, playbooks=playbooks)


async def _reply(
    handoff_id: str,
    reply: Reply,
    call: http.Call,
    *,
    playbooks: Mapping[str, Playbook] | None = None,
    note: str | None = None,
) -> Response:
    async def permit(tx: Tx) -> None:
        call.permit(_resource(await store.get_handoff(tx, handoff_id)))

    async def work(tx: Tx) -> HandoffOut:
        handoff = await store.get_handoff(tx, handoff_id, for_update=True)
        state = tx.views[handoff.case_id].state
        if playbooks is not None:
            _check(reply, find_contract(pinned(playbooks, state.playbook), handoff.team))
        after = await take_reply(
            handoff, reply, tx=tx, member=call.principal.member, note=_sealed(note, state)
        )
        return handoff_out(after, call)

    return await call.write(work, case=case_of(handoff_id), permit=permit)


def _resource(handoff: Handoff) -> Resource:
    """A team may answer its own handoff in any state: the state decides what is allowed."""
    return Resource(marketplace=handoff.marketplace, partner_teams=frozenset({handoff.team}))


def _check(reply: Reply, contract: HandoffContract | None) -> None:
    if contract is None:
        return
    if reply.kind is ReplyKind.RETURNED and reply.reason not in contract.return_reasons:
        known = ", ".join(contract.return_reasons)
        raise Invalid((FieldError("/reason", "unknown-code", f"One of: {known}."),))
    if reply.kind is ReplyKind.COMPLETED:
        problems = check_result(contract, reply.result or {})
        if problems:
            raise Invalid(tuple(FieldError(p.pointer, p.code, p.detail) for p in problems))


def _sealed(note: str | None, state: CaseState) -> SealedValue | None:
    if note is None:
        return None
    seller = state.seller
    return seal(
        note,
        public_key=seller.public_key,
        key=seller.key,
        class_="narrative",
        subject=state.case_id,
    )
