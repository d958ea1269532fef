"""How a handoff looks from outside."""

from collections.abc import Awaitable, Callable
from typing import Any

from pydantic import AwareDatetime, Field

from chassis import http
from chassis.door import Tx
from chassis.problems import NotFound
from contracts.words import ActorName, CaseId, Code, HandoffId, Pointer, Reference
from handoff import store
from handoff.domain.handoffs import Handoff
from handoff.domain.offers import without_restricted


class HandoffOut(http.ResponseModel):
    id: HandoffId = Field(description="Id of the handoff.")
    case: CaseId = Field(description="The case.")
    team: Code = Field(description="The receiving team.")
    contract: Reference = Field(description="Contract and version it was held against.")
    state: Code = Field(description="requested, accepted, completed, returned, lapsed, recalled.")
    custody: Code = Field(description="Who has the case in hand: sender or receiver.")
    blocking: bool = Field(description="Whether the case waits for it.")
    attempt: int = Field(description="Which offer to this team.")
    hop: int = Field(description="How many teams the case has seen.")
    payload: dict[str, Any] = Field(description="What the team was told.")
    requested_by: ActorName = Field(description="Who offered it, by pseudonym.")
    requested_at: AwareDatetime = Field(description="When it was offered.")
    accept_by: AwareDatetime = Field(description="Until when to accept.")
    due_by: AwareDatetime = Field(description="Until when to complete.")
    ended_at: AwareDatetime | None = Field(default=None, description="When it ended.")
    result: dict[str, Any] | None = Field(default=None, description="What came of it.")
    reason: Code | None = Field(default=None, description="Why it was returned or recalled.")
    path: Pointer | None = Field(default=None, description="What was missing.")
    suggest: Code | None = Field(default=None, description="The right team, if another.")


def case_of(handoff_id: str) -> Callable[[Tx], Awaitable[str]]:
    """Find the case of a handoff, so that its view is locked before the handoff is."""

    async def find(tx: Tx) -> str:
        case_id = await store.find_case(tx, handoff_id)
        if case_id is None:
            raise NotFound(handoff_id)
        return case_id

    return find


def handoff_out(handoff: Handoff, call: http.Call) -> HandoffOut:
    """Show a handoff; the sealed story only to a caller cleared for it."""
    return HandoffOut(
        id=handoff.handoff,
        case=handoff.case_id,
        team=handoff.team,
        contract=handoff.contract,
        state=handoff.state.value,
        custody="receiver" if handoff.state.value == "accepted" else "sender",
        blocking=handoff.blocking,
        attempt=handoff.attempt,
        hop=handoff.hop,
        payload=payload_out(handoff.payload, call),
        requested_by=handoff.requested_by,
        requested_at=handoff.requested_at,
        accept_by=handoff.accept_by,
        due_by=handoff.due_by,
        ended_at=handoff.ended_at,
        result=handoff.result,
        reason=handoff.reason,
        path=handoff.path,
        suggest=handoff.suggest,
    )


def payload_out(payload: dict[str, Any], call: http.Call) -> dict[str, Any]:
    """Show a payload: `what_happened` as the sealed value, or masked."""
    story = payload.get("what_happened")
    if story is None:
        return without_restricted(payload)
    shown = story if story["class"] in call.principal.clearances else _masked(story["class"])
    return without_restricted(payload) | {"what_happened": shown}


def _masked(class_: str) -> dict[str, Any]:
    return {"masked": True, "class": class_}
