"""Someone higher looks: raise, acknowledge, resolve, list."""

from collections.abc import Awaitable, Callable
from dataclasses import replace
from datetime import datetime
from typing import Annotated, Final, Literal

from fastapi import APIRouter, Depends, Path, Query
from pydantic import Field
from starlette.responses import Response

from chassis import http
from chassis.auth import Action, Resource, Scope, resource_of
from chassis.door import Tx
from chassis.problems import Forbidden
from chassis.vault import seal
from chassis.words import Code, Note
from contracts.lifecycle import CaseState
from contracts.sealed import SealedValue
from playbook.model import PlaybookNotLoaded
from sla_monitor.api.asking import WithRules, read_key, teams_shown
from sla_monitor.domain.climbing import CodeUnknown, LevelUnknown
from sla_monitor.domain.escalations import Escalation, EscalationNotFound, EscalationOver
from sla_monitor.handlers.acknowledge_escalation import acknowledge_escalation
from sla_monitor.handlers.raise_escalation import RaiseEscalation, raise_escalation
from sla_monitor.handlers.resolve_escalation import ResolveEscalation, resolve_escalation
from sla_monitor.store import escalations
from sla_monitor.store.escalations import Filter

LIST: Final = Action(
    "escalation.list",
    {
        "agent": Scope.TEAM,
        "senior_agent": Scope.TEAM,
        "supervisor": Scope.MARKETPLACE,
        "compliance": Scope.MARKETPLACE,
    },
)
RAISE: Final = Action(
    "escalation.raise",
    {
        "agent": Scope.TEAM | Scope.WORKER,
        "senior_agent": Scope.TEAM | Scope.WORKER,
        "supervisor": Scope.MARKETPLACE,
    },
)
# The person whom the ladder found may, whatever their team; so may who is senior in the case's.
TAKE: Final = Action(
    "escalation.take",
    {
        "agent": Scope.SELF,
        "senior_agent": Scope.TEAM | Scope.SELF,
        "supervisor": Scope.MARKETPLACE,
        "council": Scope.MARKETPLACE,
    },
)
EscalationId = Annotated[
    str, Path(description="The escalation.", examples=["esc_01m80000000000000000000000"])
]
EscalationState = Literal["raised", "acknowledged", "resolved"]

router = APIRouter(tags=["escalations"])


class RaiseBody(http.RequestModel):
    """Someone higher must look, and why."""

    level: int | None = Field(
        default=None, ge=1, le=9, description="How high; default what the playbook says."
    )
    reason: Code = Field(description="Of the playbook's list escalation.", examples=["stuck"])
    note: Note | None = Field(default=None, description="Words, sealed before they are kept.")


class ResolveBody(http.RequestModel):
    """The escalation is over, and how."""

    outcome: Code = Field(
        description="Of the playbook's list escalation_outcome.", examples=["taken_over"]
    )
    note: Note | None = Field(default=None, description="Words, sealed before they are kept.")


class EscalationOut(http.ResponseModel):
    """Why, how high, whom, and how far it has come."""

    id: str = Field(description="Our id of it.")
    case: str = Field(description="The case.")
    trigger: str = Field(description="time, promise, manual …")
    level: int = Field(description="How high.")
    ladder: str = Field(description="Ladder and version.")
    target_role: str = Field(description="Whom the ladder names.")
    target_member: str | None = Field(description="The person found; null when there was none.")
    reason: str = Field(description="Why, a code.")
    note: http.Restricted = Field(description="In words.")
    clock: str | None = Field(description="The clock behind it.")
    state: EscalationState = Field(description="How far it has come.")
    raised_at: datetime = Field(description="Since when.")
    acknowledged_by: str | None = Field(description="Who looks.")
    acknowledged_at: datetime | None = Field(description="Since when someone looks.")
    outcome: str | None = Field(description="How it ended.")
    resolved_at: datetime | None = Field(description="When it ended.")


@router.get(
    "/v1/escalations",
    response_model=http.Page[EscalationOut],
    summary="List escalations, the oldest first",
)
async def list_escalations(
    wanted: http.PageWanted,
    call: Annotated[http.Call, Depends(http.calling(LIST))],
    state: Annotated[EscalationState | None, Query(description="Only those so far.")] = None,
    level: Annotated[int | None, Query(ge=1, le=9, description="Only this level.")] = None,
) -> Response:
    """Supervisors see their marketplaces, everyone else the escalations of their own teams."""
    asked = Filter(
        marketplaces=frozenset(call.principal.marketplaces),
        teams=teams_shown(call.principal),
        state=state,
        level=level,
    )

    async def work(tx: Tx) -> http.Page[EscalationOut]:
        after = read_key(wanted.after, prefix="esc")
        rows = await escalations.find_page(tx, asked, after=after, limit=wanted.limit + 1)
        return wanted.page(
            rows,
            key=lambda row: (row.raised_at, row.escalation_id),
            item=lambda row: _shown(row, call),
        )

    return await call.read(work)


@router.post(
    "/v1/cases/{case_id}/escalations",
    status_code=201,
    response_model=EscalationOut,
    summary="Escalate a case",
)
async def escalate(
    case_id: http.CaseId,
    body: RaiseBody,
    call: Annotated[
        http.Call,
        Depends(http.calling(RAISE, raises=(CodeUnknown, LevelUnknown, PlaybookNotLoaded))),
    ],
    rules: WithRules,
) -> Response:
    """Call for help. The ladder of the playbook says who looks, at the asked level or its own."""

    async def work(tx: Tx) -> EscalationOut:
        command = RaiseEscalation(
            case_id=case_id,
            reason=body.reason,
            level=body.level,
            note=sealed_note(body.note, tx.views[case_id].state),
        )
        return _shown(await raise_escalation(tx, command, rules=rules), call)

    return await call.write(work, case=case_id)


@router.post(
    "/v1/escalations/{escalation_id}/acknowledgement",
    response_model=EscalationOut,
    summary="Take an escalation on",
)
async def acknowledge(
    escalation_id: EscalationId,
    call: Annotated[
        http.Call, Depends(http.calling(TAKE, raises=(EscalationNotFound, EscalationOver)))
    ],
) -> Response:
    """Say that you look. The first one stands; again changes nothing."""

    async def work(tx: Tx) -> EscalationOut:
        before = await get_escalation(tx, escalation_id, call)
        if call.principal.member is None:
            raise Forbidden
        after = await acknowledge_escalation(tx, before, member=call.principal.member)
        return _shown(after, call)

    return await call.write(
        work, case=case_of(escalation_id, call), permit=permit_for(escalation_id, call)
    )


@router.post(
    "/v1/escalations/{escalation_id}/resolution",
    response_model=EscalationOut,
    summary="End an escalation",
)
async def resolve(
    escalation_id: EscalationId,
    body: ResolveBody,
    call: Annotated[
        http.Call,
        Depends(
            http.calling(
                TAKE, raises=(CodeUnknown, EscalationNotFound, EscalationOver, PlaybookNotLoaded)
            )
        ),
    ],
    rules: WithRules,
) -> Response:
    """Say how it ended. One that nobody has ended ends with its case."""

    async def work(tx: Tx) -> EscalationOut:
        before = await get_escalation(tx, escalation_id, call)
        command = ResolveEscalation(
            escalation=before,
            outcome=body.outcome,
            note=sealed_note(body.note, tx.views[before.case_id].state),
        )
        return _shown(await resolve_escalation(tx, command, rules=rules), call)

    return await call.write(
        work, case=case_of(escalation_id, call), permit=permit_for(escalation_id, call)
    )


def case_of(escalation_id: str, call: http.Call) -> Callable[[Tx], Awaitable[str]]:
    async def find(tx: Tx) -> str:
        return (await get_escalation(tx, escalation_id, call)).case_id

    return find


async def get_escalation(tx: Tx, escalation_id: str, call: http.Call) -> Escalation:
    return await escalations.get(tx, escalation_id, marketplaces=call.principal.marketplaces)


def permit_for(escalation_id: str, call: http.Call) -> Callable[[Tx], Awaitable[None]]:
    async def permit(tx: Tx) -> None:
        escalation = await get_escalation(tx, escalation_id, call)
        call.permit(_resource(tx.views[escalation.case_id].state, escalation))

    return permit


def _resource(state: CaseState, escalation: Escalation) -> Resource:
    named = frozenset({escalation.target_member}) if escalation.target_member else frozenset()
    return replace(resource_of(state), members=named)


def sealed_note(note: str | None, state: CaseState) -> SealedValue | None:
    if note is None:
        return None
    return seal(
        note,
        public_key=state.seller.public_key,
        key=state.seller.key,
        class_="narrative",
        subject=state.case_id,
    )


def _shown(escalation: Escalation, call: http.Call) -> EscalationOut:
    note = SealedValue.model_validate(escalation.note) if escalation.note else None
    return EscalationOut(
        id=escalation.escalation_id,
        case=escalation.case_id,
        trigger=escalation.trigger,
        level=escalation.level,
        ladder=escalation.ladder,
        target_role=escalation.target_role,
        target_member=escalation.target_member,
        reason=escalation.reason,
        note=call.reveal(note),
        clock=escalation.clock_id,
        state=escalation.state,
        raised_at=escalation.raised_at,
        acknowledged_by=escalation.acknowledged_by,
        acknowledged_at=escalation.acknowledged_at,
        outcome=escalation.outcome,
        resolved_at=escalation.resolved_at,
    )
