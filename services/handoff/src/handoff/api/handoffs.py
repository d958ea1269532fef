"""One handoff, and a team's."""

from collections.abc import Mapping
from typing import Annotated

from fastapi import APIRouter, Depends, Query
from pydantic import Field
from starlette.responses import Response

from chassis import http
from chassis.auth import Resource
from chassis.door import Tx
from chassis.paging import moment_and_id
from chassis.problems import Forbidden
from chassis.words import Code
from handoff import store
from handoff.api.actions import LIST_OF_TEAM, READ_ONE, RECALL
from handoff.api.paths import HandoffId, Team
from handoff.api.views import HandoffOut, case_of, handoff_out
from handoff.domain.handoffs import HandoffNotFound, ReplyNotAllowed
from handoff.handlers.recall_handoff import recall_handoff
from playbook.model import Playbook, pinned

router = APIRouter(prefix="/v1", tags=["handoffs"])

Reader = Annotated[http.Call, Depends(http.calling(READ_ONE, raises=(HandoffNotFound,)))]
Lister = Annotated[http.Call, Depends(http.calling(LIST_OF_TEAM))]
Sender = Annotated[http.Call, Depends(http.calling(RECALL, raises=(ReplyNotAllowed,)))]
Playbooks = Annotated[Mapping[str, Playbook], Depends(http.from_state("playbooks"))]

_State = Annotated[
    Code | None, Query(description="Only those in this state.", examples=["accepted"])
]


class RecallBody(http.RequestModel):
    reason: Code = Field(
        description="Why, of the playbook's list `handoff_recall`.", examples=["sent_in_error"]
    )


@router.get("/handoffs/{handoff_id}", response_model=HandoffOut, summary="Read a handoff")
async def get_handoff(handoff_id: HandoffId, call: Reader) -> Response:
    async def work(tx: Tx) -> HandoffOut:
        handoff = await store.get_handoff(tx, handoff_id)
        call.permit(
            Resource(
                marketplace=handoff.marketplace,
                teams=tx.views[handoff.case_id].state.teams,
                members=tx.views[handoff.case_id].state.members,
                partner_teams=frozenset({handoff.team}),
            )
        )
        return handoff_out(handoff, call)

    return await call.read(work, case=case_of(handoff_id), permit=False)


@router.get(
    "/teams/{team}/handoffs",
    response_model=http.Page[HandoffOut],
    summary="List a team's handoffs, what is due first first",
)
async def list_of_team(
    team: Team, wanted: http.PageWanted, call: Lister, state: _State = None
) -> Response:
    async def work(tx: Tx) -> http.Page[HandoffOut]:
        if call.principal.kind == "partner" and team not in call.principal.teams:
            raise Forbidden
        found = await store.list_of_team(
            tx,
            team,
            marketplaces=call.principal.marketplaces,
            state=state,
            after=moment_and_id(wanted.after, prefix="hnd"),
            limit=wanted.limit + 1,
        )
        return wanted.page(
            found,
            key=lambda one: (one.due_by, one.handoff),
            item=lambda one: handoff_out(one, call),
        )

    return await call.read(work)


@router.post(
    "/handoffs/{handoff_id}/recall", response_model=HandoffOut, summary="Take a handoff back"
)
async def recall(
    handoff_id: HandoffId, body: RecallBody, call: Sender, playbooks: Playbooks
) -> Response:
    async def work(tx: Tx) -> HandoffOut:
        handoff = await store.get_handoff(tx, handoff_id, for_update=True)
        playbook = pinned(playbooks, tx.views[handoff.case_id].state.playbook)
        after = await recall_handoff(handoff, reason=body.reason, tx=tx, playbook=playbook)
        return handoff_out(after, call)

    return await call.write(work, case=case_of(handoff_id))
