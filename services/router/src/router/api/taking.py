"""The next case, please."""

from collections.abc import Awaitable, Callable, Mapping
from http import HTTPStatus
from typing import Annotated, Final

from fastapi import APIRouter, Depends, Path
from starlette.responses import Response

from chassis import http
from chassis.door import Tx
from chassis.words import Code
from playbook.model import Playbook
from router.api.actions import TAKE
from router.api.assignments import AssignmentOut, assignment_out
from router.api.queues import permit_queue
from router.domain.work import MemberNotFound, MemberNotSuited, QueueBusy, TakeCase
from router.handlers.take_case import take_case

router = APIRouter(prefix="/v1/queues", tags=["queues"])

Taker = Annotated[
    http.Call,
    Depends(http.calling(TAKE, raises=(MemberNotFound, MemberNotSuited, QueueBusy))),
]
_TRIES: Final = 5
Work = Callable[[Tx], Awaitable[http.Reply]]


class _NothingWaits(Exception):
    """There is no case that the caller may work."""


@router.post(
    "/{queue}/take",
    response_model=AssignmentOut,
    responses={HTTPStatus.NO_CONTENT: {"description": "Nothing waits that one may work."}},
    summary="Take the most urgent case that one may work",
)
async def take(
    queue: Annotated[Code, Path(description="The queue.", examples=["verification"])],
    call: Taker,
    playbooks: Annotated[Mapping[str, Playbook], Depends(http.from_state("playbooks"))],
) -> Response:
    """However many ask at once, each case goes to one. Cases in triage are classified instead."""

    async def work(tx: Tx) -> http.Reply:
        permit_queue(call, queue, playbooks)
        command = TakeCase(
            queue=queue,
            member=call.principal.member or "",
            marketplaces=call.principal.marketplaces,
        )
        taken = await take_case(command, tx=tx, playbooks=playbooks)
        if taken is None:
            raise _NothingWaits
        return http.Reply(body=assignment_out(taken), case=taken.case_id)

    try:
        return await _persistently(call, work)
    except _NothingWaits:  # rolled back: no key is kept for an answer that may differ in a moment
        return Response(status_code=HTTPStatus.NO_CONTENT)


async def _persistently(call: http.Call, work: Work) -> Response:
    for _ in range(_TRIES - 1):
        try:
            return await call.write(work)
        except QueueBusy:
            continue  # what was waited for is gone; the transaction was rolled back
    return await call.write(work)
