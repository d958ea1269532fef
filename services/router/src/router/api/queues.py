"""Queues, who owns them, and what waits in them."""

from collections.abc import Mapping
from datetime import datetime
from typing import Annotated, Any

from fastapi import APIRouter, Depends, Path, Query
from pydantic import AwareDatetime, Field
from starlette.responses import Response

from chassis import http
from chassis.auth import Resource
from chassis.door import Tx
from chassis.problems import NotFound
from chassis.words import Code
from playbook.model import Playbook, for_marketplace
from playbook.policies import Queue
from router.api.actions import LIST_QUEUES, LIST_WORK
from router.api.worklists import FiltersWanted, QueuedCaseOut, cases_out, key_of, place_of
from router.domain.coverage import covering_teams
from router.store import on_hold, queued_cases

router = APIRouter(prefix="/v1/queues", tags=["queues"])

Lister = Annotated[http.Call, Depends(http.calling(LIST_QUEUES))]
Worker = Annotated[http.Call, Depends(http.calling(LIST_WORK))]
Playbooks = Annotated[Mapping[str, Playbook], Depends(http.from_state("playbooks"))]


class QueueOut(http.ResponseModel):
    queue: Code = Field(description="Name of the queue.")
    team: Code = Field(description="Primary owner.")
    secondary: Code = Field(description="Who helps out.")
    on_shift: tuple[Code, ...] = Field(description="Which of the two is at work now.")
    skills: tuple[Code, ...] = Field(description="What its work needs.")
    clearance: tuple[Code, ...] = Field(description="Classes that its work needs to be seen.")
    waiting: int = Field(description="Cases that nobody holds.")
    ready: int = Field(description="Of these, the ones that wait for us and not for the seller.")
    overdue: int = Field(description="Of the ready ones, those that have broken a promise.")
    held: int = Field(description="Cases in somebody's hands.")
    oldest_at: AwareDatetime | None = Field(description="Since when the oldest waits.")
    next_due_at: AwareDatetime | None = Field(description="When the next ready one breaks.")


class QueuesOut(http.ResponseModel):
    items: tuple[QueueOut, ...] = Field(description="By name.")


@router.get("", response_model=QueuesOut, summary="List the queues, their owners and their load")
async def list_queues(call: Lister, playbooks: Playbooks) -> Response:
    async def work(tx: Tx) -> QueuesOut:
        counted = await queued_cases.count(tx, call.principal.marketplaces)
        known = _queues_known(playbooks, call.principal.marketplaces)
        return QueuesOut(
            items=tuple(
                _queue_out(queue, counted.get(id_, {}), playbook=playbook, now=tx.now)
                for id_, (queue, playbook, _) in sorted(known.items())
            )
        )

    return await call.read(work)


@router.get(
    "/{queue}/cases",
    response_model=http.Page[QueuedCaseOut],
    summary="List what waits in a queue, what breaks first first",
)
async def list_cases(
    queue: Annotated[Code, Path(description="The queue.", examples=["payments"])],
    wanted: http.PageWanted,
    filters: FiltersWanted,
    call: Worker,
    playbooks: Playbooks,
    *,
    workable: Annotated[
        bool, Query(description="Only what my own skills and clearances let me work.")
    ] = False,
) -> Response:
    """Agents see the queues that their teams own or help out in; supervisors see all."""

    async def work(tx: Tx) -> http.Page[QueuedCaseOut]:
        permit_queue(call, queue, playbooks)
        rows = await queued_cases.list_waiting(
            tx,
            queue,
            marketplaces=call.principal.marketplaces,
            wanted=filters.by(call.principal.member if workable else None),
            after=place_of(wanted.after),
            limit=wanted.limit + 1,
        )
        return wanted.page(rows, key=key_of, item=cases_out(await on_hold.list_cases(tx)))

    return await call.read(work)


def permit_queue(call: http.Call, queue: str, playbooks: Mapping[str, Playbook]) -> Queue:
    """
    Go on only with a queue that the caller's marketplaces have and the caller may work.

    Raises:
        NotFound: No playbook of theirs has it.
        Forbidden: It is of other teams.
    """
    known = _queues_known(playbooks, call.principal.marketplaces).get(queue)
    if known is None:
        raise NotFound
    found, _, marketplace = known
    teams = frozenset({found.team, found.secondary})
    call.permit(Resource(marketplace=marketplace, teams=teams))
    return found


def _queues_known(
    playbooks: Mapping[str, Playbook], marketplaces: frozenset[str]
) -> dict[str, tuple[Queue, Playbook, str]]:
    books = [
        (book, name) for name in sorted(marketplaces) if (book := for_marketplace(playbooks, name))
    ]
    return {queue.id: (queue, book, name) for book, name in books for queue in book.teams.queues}


def _queue_out(
    queue: Queue, counted: Mapping[str, Any], *, playbook: Playbook, now: datetime
) -> QueueOut:
    return QueueOut(
        queue=queue.id,
        team=queue.team,
        secondary=queue.secondary,
        on_shift=covering_teams(playbook, queue, at=now),
        skills=queue.skills,
        clearance=queue.clearance,
        waiting=counted.get("waiting", 0),
        ready=counted.get("ready", 0),
        overdue=counted.get("overdue", 0),
        held=counted.get("held", 0),
        oldest_at=counted.get("oldest_at"),
        next_due_at=counted.get("next_due_at"),
    )
