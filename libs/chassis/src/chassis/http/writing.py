"""Door 1 for what changes something: one transaction, one effect, one answer."""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass, replace
from http import HTTPStatus
from typing import TYPE_CHECKING, Final

from pydantic import BaseModel
from starlette.responses import Response

from chassis import door, failpoint, idempotency, positions, views
from chassis.door import Tx
from chassis.http.cases import (
    Permit,
    Work,
    aged,
    check_match,
    etag,
    journey,
    position_header,
    wait_for_others,
)
from chassis.http.models import Reply
from chassis.idempotency import Claim, Stored
from chassis.problems import NotAllowedNow, NotFound, find_problem
from chassis.strict_json import BODY
from chassis.vault import tag
from chassis.views import CaseNotFound, CaseView

if TYPE_CHECKING:
    from chassis.http.calls import Call

_KEYED: Final = frozenset({"POST", "PUT", "PATCH"})
_NOWHERE: Final = "-"


@dataclass(frozen=True, slots=True, kw_only=True)
class Write:
    """What `Call.write` was asked for; `case_id` once it is known."""

    work: Work
    case_id: str | None
    marketplace: str | None
    actor: str | None
    transient: bool
    permit: Permit | None
    fingerprint: object
    beside: Sequence[str]


async def write(call: "Call", asked: Write) -> Response:
    """See `Call.write`."""
    after = positions.read_after(call.request.headers.get(positions.AFTER))
    if after and asked.case_id:
        await wait_for_others(call.desk, asked.case_id, after)
    patient = asked.case_id is not None and not after
    answer = await (_patiently(call, asked) if patient else _once(call, asked))
    failpoint.reach("before_answer")
    return Response(answer.body, status_code=answer.status, headers=dict(answer.headers))


async def _patiently(call: "Call", asked: Write) -> Stored:
    """
    Look at a failing guard again on each new event of the case, for at most a second.

    Nobody should be told "not allowed" because this service has not yet heard of what they did
    elsewhere. Listening begins before the first try: news in between is not lost.
    """
    loop = asyncio.get_running_loop()
    until = loop.time() + call.desk.guard_patience
    with call.desk.changes.listen(asked.case_id or "") as news:
        while True:
            try:
                return await _once(call, asked)
            except Exception as error:
                left = until - loop.time()
                if left <= 0 or not _is_guard(call, error):
                    raise
                await news.wait(min(left, positions.GUARD_LOOKS_EVERY))


def _is_guard(call: "Call", error: Exception) -> bool:
    """Say whether the error means "not allowed now", whoever raises it under whatever name."""
    problem = find_problem(error, call.request.app.state.problems)
    return problem is not None and problem.slug == NotAllowedNow.problem.slug


async def _once(call: "Call", asked: Write) -> Stored:
    """Go through the door once. The answer is complete when the positions are known."""
    answers: list[Stored] = []

    async def inside(tx: Tx) -> None:
        answers.clear()
        try:
            await _attempt(call, asked, tx, answers)
        except (NotFound, CaseNotFound) as error:
            raise aged(error, tx.now, call.request) from error

    await door.run(call.desk.engine, inside, pen=call.desk.pen, journey=journey(call, asked.actor))
    return answers[0]


async def _attempt(call: "Call", asked: Write, tx: Tx, answers: list[Stored]) -> None:
    """Queue, lock, permit, claim the key, check, work; the rest happens after the flush."""
    if asked.case_id and not asked.transient and idempotency.HEADER in call.request.headers:
        await idempotency.queue(tx, _place_in_queue(call))
    view = await _enter(call, asked, tx)
    claim = _claim(call, asked, view)
    if claim and (given := await idempotency.claim(tx, claim)):
        answers.append(_again(given))
        return
    if view:
        await call.check_not_held(tx, view.state.case_id)
    await check_match(call.request, tx, view)
    reply = as_reply(await asked.work(tx))
    body = render(reply.body)

    async def finish() -> None:
        answer = await _complete(call, tx, reply, body=body, case_id=reply.case or asked.case_id)
        if claim:
            await idempotency.store(tx, claim, answer)
        answers.append(answer)
        failpoint.reach("answer_ready")

    tx.before_commit.append(finish)


def _place_in_queue(call: "Call") -> int:
    """Number this caller's request, and every retry of it, with 64 bits."""
    request = call.request
    route, key = f"{request.method} {request.url.path}", request.headers[idempotency.HEADER]
    mark = tag(call.desk.tag_key, call.principal.subject, route, key)
    return int.from_bytes(mark[:8], signed=True)


async def _enter(call: "Call", asked: Write, tx: Tx) -> CaseView | None:
    """
    Lock the case and let in who may. Events of a seller are said by the case's seller.

    The cases beside it are locked with it, since locks are taken in the order of ids.
    """
    if asked.case_id is None:
        return None
    await views.lock_many(tx, [asked.case_id, *asked.beside])
    view = await views.lock(tx, asked.case_id)
    if asked.permit is None:
        call.permit_case(view.state)
    else:
        await asked.permit(tx)
    if call.principal.kind == "seller" and asked.actor is None:
        tx.journey = replace(tx.journey, actor=f"seller:{view.state.seller.id}")
    return view


def _claim(call: "Call", asked: Write, view: CaseView | None) -> Claim | None:
    """
    Say whose key it is, if there is one or must be.

    Raises:
        IdempotencyKeyMissing: The route makes something, and there is none.
    """
    request = call.request
    if asked.transient or request.method not in _KEYED:
        return None
    required = route_status(call) == HTTPStatus.CREATED
    key = idempotency.read_key(request.headers.get(idempotency.HEADER), required=required)
    if key is None:
        return None
    route = f"{request.method} {request.url.path}"
    asked_for = f"{route}?{request.url.query}"
    body = request.scope.get(BODY) if asked.fingerprint is None else asked.fingerprint
    marketplace = asked.marketplace or (view.state.marketplace if view else _NOWHERE)
    return Claim(
        marketplace=marketplace,
        principal=_pseudonym(call, marketplace),
        route=route,
        key=key,
        fingerprint=idempotency.fingerprint(call.desk.tag_key, asked_for, body),
    )


def _pseudonym(call: "Call", marketplace: str) -> str:
    """
    Name the principal as a table may: a seller by tag.

    Not by its `sel_…`: a seller's first request would be another principal's than its retry.
    """
    principal = call.principal
    if principal.kind != "seller":
        return principal.pseudonym
    return f"seller:{tag(call.desk.tag_key, marketplace, principal.seller_ref).hex()}"


def _again(given: Stored) -> Stored:
    return replace(given, headers={**given.headers, idempotency.REPLAYED: "true"})


async def _complete(
    call: "Call", tx: Tx, reply: Reply, *, body: bytes, case_id: str | None
) -> Stored:
    headers = {**content_type(reply), **reply.headers}
    if case_id is not None:
        headers |= etag(tx.views.get(case_id))
        headers |= await position_header(call.desk, tx, case_id)
    return Stored(status=reply.status or route_status(call), body=body, headers=headers)


def route_status(call: "Call") -> int:
    """Return the status that the route declares."""
    status: int | None = getattr(call.request.scope.get("route"), "status_code", None)
    return status or HTTPStatus.OK


def as_reply(result: BaseModel | Reply) -> Reply:
    return result if isinstance(result, Reply) else Reply(body=result)


def render(body: BaseModel | None) -> bytes:
    return b"" if body is None else body.model_dump_json(by_alias=True).encode()


def content_type(reply: Reply) -> dict[str, str]:
    return {} if reply.body is None else {"content-type": "application/json"}
