"""Queues, and what waits in them."""

from collections.abc import Mapping
from typing import Annotated

from fastapi import APIRouter, Depends, Path
from pydantic import AwareDatetime, Field
from sqlalchemy import RowMapping
from starlette.responses import Response

from chassis import http
from chassis.door import Tx
from chassis.paging import moment_and_id
from chassis.problems import NotFound
from chassis.words import Code
from playbook.model import Playbook, for_marketplace
from playbook.policies import Queue
from router import store
from router.api.actions import LIST_QUEUES

router = APIRouter(prefix="/v1/queues", tags=["queues"])

Caller = Annotated[http.Call, Depends(http.calling(LIST_QUEUES))]
Playbooks = Annotated[Mapping[str, Playbook], Depends(http.from_state("playbooks"))]


class QueueOut(http.ResponseModel):
    queue: Code = Field(description="Name of the queue.")
    team: Code = Field(description="Primary owner.")
    secondary: Code = Field(description="Who helps out.")
    skills: tuple[Code, ...] = Field(description="What its work needs.")
    waiting: int = Field(description="Cases that wait in it.")


class QueuesOut(http.ResponseModel):
    items: tuple[QueueOut, ...] = Field(description="By name.")


class QueuedCaseOut(http.ResponseModel):
    case: Code = Field(description="The case.")
    marketplace: Code = Field(description="Whose it is.")
    priority: int = Field(description="1 is most urgent.")
    queued_at: AwareDatetime = Field(description="Since when; a repeated contact never moves it.")
    due_at: AwareDatetime = Field(description="When its resolution is due.")


@router.get("", response_model=QueuesOut, summary="List the queues and how many cases wait")
async def list_queues(call: Caller, playbooks: Playbooks) -> Response:
    async def work(tx: Tx) -> QueuesOut:
        waiting = await store.count_queues(tx, call.principal.marketplaces)
        known = _known_queues(playbooks, call.principal.marketplaces)
        return QueuesOut(
            items=tuple(_queue_out(known[id_], waiting.get(id_, 0)) for id_ in sorted(known))
        )

    return await call.read(work)


@router.get(
    "/{queue}/cases",
    response_model=http.Page[QueuedCaseOut],
    summary="List what waits in a queue, what breaches first first",
)
async def list_cases(
    queue: Annotated[Code, Path(description="The queue.", examples=["payments"])],
    wanted: http.PageWanted,
    call: Caller,
    playbooks: Playbooks,
) -> Response:
    async def work(tx: Tx) -> http.Page[QueuedCaseOut]:
        if queue not in _known_queues(playbooks, call.principal.marketplaces):
            raise NotFound
        rows = await store.list_queue(
            tx,
            queue,
            marketplaces=call.principal.marketplaces,
            after=moment_and_id(wanted.after, prefix="case"),
            limit=wanted.limit + 1,
        )
        return wanted.page(rows, key=lambda row: (row["due_at"], row["case_id"]), item=_case_out)

    return await call.read(work)


def _known_queues(
    playbooks: Mapping[str, Playbook], marketplaces: frozenset[str]
) -> dict[str, Queue]:
    books = [book for name in marketplaces if (book := for_marketplace(playbooks, name))]
    return {queue.id: queue for book in books for queue in book.teams.queues}


def _queue_out(queue: Queue, waiting: int) -> QueueOut:
    return QueueOut(
        queue=queue.id,
        team=queue.team,
        secondary=queue.secondary,
        skills=queue.skills,
        waiting=waiting,
    )


def _case_out(row: RowMapping) -> QueuedCaseOut:
    return QueuedCaseOut(
        case=row["case_id"],
        marketplace=row["marketplace"],
        priority=row["priority"],
        queued_at=row["queued_at"],
        due_at=row["due_at"],
    )
