"""What happened to a case, in order; and why it is where it is."""

from typing import Annotated, Any

from fastapi import APIRouter, Depends, Query
from pydantic import AwareDatetime, Field
from starlette.responses import Response

from audit.api.access import READ, note_reading, open_case, wait_for_sequencing
from audit.api.entries import TrailEvent, entry
from audit.domain.explanation import Noted, StatusChange
from audit.handlers.explain_case import Explained, explain_case
from audit.store import leaves, log
from audit.store.leaves import Logged
from chassis import http
from chassis.door import Tx

router = APIRouter(prefix="/v1/cases", tags=["trail"])

AfterIdx = Annotated[int, Query(ge=-1, le=2**53, description="`next` of the page before.")]
Limit = Annotated[int, Query(ge=1, le=200, description="Events a page.")]


class Trail(http.ResponseModel):
    items: list[TrailEvent] = Field(description="In the log's order.")
    next: int | None = Field(description="`after_idx` of the next page; null on the last one.")
    size: int = Field(description="Leaves in the whole log when this was read.")


@router.get(
    "/{case_id}/trail",
    response_model=Trail,
    summary="Read what happened to a case",
    description="Every reading is itself recorded. Pages never shift: the log only grows.",
)
async def trail(
    case_id: http.CaseId,
    call: Annotated[http.Call, Depends(http.calling(READ))],
    after_idx: AfterIdx = -1,
    limit: Limit = 100,
) -> Response:
    await wait_for_sequencing(call, case_id)

    async def work(tx: Tx) -> http.Reply:
        case = await open_case(tx, call, case_id)
        size = (await log.read(tx)).head.size
        rows = await leaves.list_of_subject(
            tx,
            case_id,
            marketplace=case.marketplace,
            after=after_idx,
            before=size,
            limit=limit + 1,
        )
        page = _page(rows, limit=limit, size=size, cleared=call.principal.clearances)
        query = {"case": case_id} | ({"after_idx": str(after_idx)} if after_idx >= 0 else {})
        await note_reading(tx, call, "trail", subject=case_id, query=query, case=case)
        return http.Reply(body=page, headers=_link(call, page, limit))

    return await call.read(work)


def _page(rows: list[Logged], *, limit: int, size: int, cleared: frozenset[str]) -> Trail:
    shown = rows[:limit]
    return Trail(
        items=[entry(one, cleared) for one in shown],
        next=shown[-1].idx if len(rows) > limit else None,
        size=size,
    )


def _link(call: http.Call, page: Trail, limit: int) -> dict[str, str]:
    if page.next is None:
        return {}
    path = call.request.url.path
    return {"link": f'<{path}?after_idx={page.next}&limit={limit}>; rel="next"'}


class NotedEvent(http.ResponseModel):
    """An event that answers a question."""

    idx: int = Field(description="Its place in the log.")
    at: AwareDatetime = Field(description="When.")
    type: str = Field(description="What kind of event.")
    actor: str | None = Field(description="Who did it, by pseudonym.")
    playbook: str | None = Field(description="The playbook that was applied.")
    said: dict[str, Any] = Field(description="What it says in clear: codes, ids, times.")


class StatusMade(http.ResponseModel):
    """A change of status."""

    status: str = Field(description="The status from then on.", examples=["waiting_partner"])
    before: str | None = Field(description="The status before; null: there was no case.")
    by: NotedEvent = Field(description="The event that made it.")


class ExplanationOut(http.ResponseModel):
    """One case, explained by its own log."""

    case: str = Field(description="The case.")
    marketplace: str = Field(description="Whose.")
    playbook: str | None = Field(description="The playbook that the case is pinned to.")
    status: str | None = Field(description="Its status now.")
    waiting_on: str | None = Field(description="Whom it waits for.")
    lead: dict[str, Any] | None = Field(description="Who answers for it.")
    outcome: str | None = Field(description="How it ended.")
    status_changes: list[StatusMade] = Field(description="Who changed the status, and when.")
    rules: list[NotedEvent] = Field(description="Which rules decided, with what they saw.")
    templates: list[NotedEvent] = Field(
        description="Which templates were used, and which were withdrawn since."
    )
    evidence: list[NotedEvent] = Field(description="What was asked for, and how it was judged.")
    decisions: list[NotedEvent] = Field(description="What was decided, on which evidence.")
    handoffs: list[NotedEvent] = Field(description="Who else had it, under which contract.")
    escalations: list[NotedEvent] = Field(description="Why it was escalated, and to whom.")
    events: int = Field(description="Events that the log holds of it.")
    unread: int = Field(description="Of those, how many could not be read for this.")


@router.get(
    "/{case_id}/explain",
    response_model=ExplanationOut,
    summary="Explain a case",
    description="Folded from the log alone; no other service is asked. The reading is recorded.",
)
async def explain(
    case_id: http.CaseId, call: Annotated[http.Call, Depends(http.calling(READ))]
) -> Response:
    await wait_for_sequencing(call, case_id)

    async def work(tx: Tx) -> ExplanationOut:
        case = await open_case(tx, call, case_id)
        explained = await explain_case(tx, case_id, case=case)
        query = {"case": case_id}
        await note_reading(tx, call, "explain", subject=case_id, query=query, case=case)
        return _explained(case_id, case.marketplace, explained)

    return await call.read(work)


def _explained(case_id: str, marketplace: str, explained: Explained) -> ExplanationOut:
    found = explained.explanation
    state = found.state
    return ExplanationOut(
        case=case_id,
        marketplace=marketplace,
        playbook=state and state.playbook,
        status=state and state.status,
        waiting_on=state and state.waiting_on,
        lead=state.lead.model_dump() if state and state.lead else None,
        outcome=state and state.outcome,
        status_changes=[_made(one) for one in found.statuses],
        rules=_noted(found.rules),
        templates=_noted(found.templates),
        evidence=_noted(found.evidence),
        decisions=_noted(found.decisions),
        handoffs=_noted(found.handoffs),
        escalations=_noted(found.escalations),
        events=explained.events,
        unread=explained.unread,
    )


def _made(one: StatusChange) -> StatusMade:
    (by,) = _noted([one.noted])
    return StatusMade(status=one.status, before=one.before, by=by)


def _noted(noted: list[Noted]) -> list[NotedEvent]:
    return [
        NotedEvent(
            idx=one.idx,
            at=one.at,
            type=one.type,
            actor=one.actor,
            playbook=one.playbook,
            said=dict(one.said),
        )
        for one in noted
    ]
