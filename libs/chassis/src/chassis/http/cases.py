"""What reading and writing share: the case that a request is about."""

from collections.abc import Awaitable, Callable, Mapping
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Final, TypeAlias

from pydantic import BaseModel
from sqlalchemy import text
from starlette.requests import Request

from chassis import door, ids, positions
from chassis.door import Journey, Tx
from chassis.http.desk import Desk
from chassis.http.errors import TRACE
from chassis.http.models import Reply
from chassis.problems import NotFound, PreconditionFailed, PreconditionRequired
from chassis.views import CaseNotFound, CaseView
from contracts.catalogue import CASES

if TYPE_CHECKING:
    from chassis.http.calls import Call

Work: TypeAlias = Callable[[Tx], Awaitable[BaseModel | Reply]]
FindCase: TypeAlias = Callable[[Tx], Awaitable[str]]
Permit: TypeAlias = Callable[[Tx], Awaitable[object]]

YOUNG: Final = timedelta(seconds=60)
_GUARDED: Final = frozenset({"PUT", "PATCH"})


def journey(call: "Call", actor: str | None = None) -> Journey:
    """Say who acts, under which request."""
    trace = call.request.scope.get(TRACE)
    return Journey(
        actor=actor or call.principal.pseudonym, request_id=trace.request_id if trace else None
    )


async def find_case(call: "Call", case: str | FindCase | None) -> str | None:
    """
    Find the id of the case that an object belongs to; it never moves to another.

    Raises:
        NotFound: There is no such object here; `retryable` while it is young.
    """
    if case is None or isinstance(case, str):
        return case
    desk = call.desk
    async with door.open_door(desk.engine, pen=desk.pen, journey=journey(call)) as tx:
        try:
            return await case(tx)
        except NotFound as error:
            raise aged(error, tx.now, call.request) from error


async def wait_for_others(desk: Desk, case_id: str, after: Mapping[str, int]) -> None:
    """Wait until this service has heard what the caller refers to."""
    await positions.wait_for(
        desk.engine, after, case_id=case_id, reader=desk.reader, changes=desk.changes
    )


def aged(error: NotFound | CaseNotFound, now: datetime, request: Request) -> NotFound:
    """
    Say of an unknown id whether its news may still be on the way: younger than 60 s.

    The age is that of the id that was asked for, whatever speaks against it: an answer must not
    tell a foreign object from none.
    """
    object_id = _asked_for(request) or _named_by(error)
    return NotFound(object_id, retryable=object_id is not None and _is_young(object_id, now))


def _asked_for(request: Request) -> str | None:
    """Return the last id in the path."""
    values = map(str, reversed(request.path_params.values()))
    return next((value for value in values if _is_id(value)), None)


def _named_by(error: NotFound | CaseNotFound) -> str | None:
    return error.case_id if isinstance(error, CaseNotFound) else error.object_id


def _is_id(text: str) -> bool:
    try:
        ids.to_uuid(text)
    except ids.NotAnId:
        return False
    return True


def _is_young(object_id: str, now: datetime) -> bool:
    try:
        return ids.to_uuid(object_id).version == _WITH_TIME and ids.age(object_id, now) < YOUNG
    except ids.NotAnId:
        return False


_WITH_TIME: Final = 7
_LAST_OWN_EVENT = text("""
select headers ->> 'ce_type' as type, headers ->> 'ce_actor' as actor,
       headers ->> 'ce_time' as time
from outbox where topic = :topic and subject = :subject order by sequence desc limit 1
""")


async def check_match(request: Request, tx: Tx, view: CaseView | None) -> None:
    """
    Hold a change to the version that the caller has seen.

    Raises:
        PreconditionRequired: A PUT or PATCH without If-Match.
        PreconditionFailed: It has changed since.
    """
    wanted = request.headers.get("if-match")
    if wanted is None:
        if request.method in _GUARDED:
            raise PreconditionRequired
        return
    if view is None:
        return
    current = etag(view)["etag"]
    if wanted.strip() != "*" and current not in [each.strip() for each in wanted.split(",")]:
        last = await _last_own_event(tx, view.state.case_id)
        raise PreconditionFailed(public={"current": current, "last_event_here": last})


async def _last_own_event(tx: Tx, case_id: str) -> dict[str, str] | None:
    """Say who last said what of the case in this service; others' events leave no row here."""
    found = await tx.execute(_LAST_OWN_EVENT, {"topic": CASES, "subject": case_id})
    row = found.mappings().one_or_none()
    return dict(row) if row else None


def etag(view: CaseView | None) -> dict[str, str]:
    """Write the version of a case in this service as a header."""
    return {} if view is None else {"etag": f'"{view.version}"'}


async def position_header(desk: Desk, tx: Tx, case_id: str) -> dict[str, str]:
    """Say how far this service has spoken of the case, with or without this transaction."""
    last = tx.positions.get((CASES, case_id))
    if last is None:
        last = await positions.last_position(tx.connection, case_id)
    return {} if last is None else {positions.POSITION: f"{desk.service}={last}"}
