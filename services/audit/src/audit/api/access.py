"""Who may read the log, and the leaf that each reading leaves behind."""

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from typing import Final, TypeVar

from sqlalchemy import text
from starlette.responses import Response

from audit.handlers.bear_witness import bear_witness
from audit.handlers.export_subject import NotSignedYet
from audit.store import leaves
from audit.store.leaves import LoggedCase
from chassis import http, ids
from chassis.auth import Action, Resource, Scope
from chassis.door import Tx
from chassis.positions import AFTER, PATIENCE, read_after
from chassis.problems import NotCaughtUp
from contracts.audit import AuditAccessed
from contracts.catalogue import CASES

READ: Final = Action("audit.read", {"compliance": Scope.MARKETPLACE})
EXPORT: Final = Action("audit.export", {"compliance": Scope.MARKETPLACE})
# What the log says of itself as a whole: no marketplace's event is in it.
VERIFY: Final = Action("audit.verify", {"compliance": Scope.ANY})

_LOOK_AGAIN: Final = 0.05
_PROGRESS = text(
    "select producer, last_sequence from streams where topic = :topic and subject = :s"
)
T = TypeVar("T")


async def open_case(tx: Tx, call: http.Call, case_id: str) -> LoggedCase:
    """
    Find a case of the caller's marketplaces in the log.

    Raises:
        NotFound: There is none, or it is another marketplace's.
    """
    case = await leaves.find_case(tx, case_id, topic=CASES) if _is_case(case_id) else None
    if case is None:
        raise http.NotFound(case_id)
    call.permit(Resource(marketplace=case.marketplace), named=case_id)
    return case


def _is_case(case_id: str) -> bool:
    try:
        ids.to_uuid(case_id, prefix="case")
    except ids.NotAnId:
        return False
    return True


async def note_reading(
    tx: Tx,
    call: http.Call,
    what: str,
    *,
    subject: str,
    query: Mapping[str, str],
    case: LoggedCase | None,
) -> None:
    """Leave a leaf of this reading, in its own transaction: none is answered without it."""
    await bear_witness(
        tx,
        AuditAccessed(what=what, query=dict(query)),
        signer=call.desk.pen.signer,
        subject=subject,
        marketplace=case.marketplace if case else None,
        correlation_id=case.correlation_id if case else None,
    )


async def read_raw(call: http.Call, work: Callable[[Tx], Awaitable[Response]]) -> Response:
    """Read in one transaction what is no JSON; the answer leaves after the commit."""
    answers: list[Response] = []

    async def inside(tx: Tx) -> http.Reply:
        answers.append(await work(tx))
        return http.Reply(body=None)

    await call.read(inside)
    return answers[-1]


async def wait_for_sequencing(call: http.Call, case_id: str) -> None:
    """
    Wait at most 2 s until the log holds what `SellerWorks-After` refers to.

    Raises:
        NotCaughtUp: It does not yet.
    """
    wanted = read_after(call.request.headers.get(AFTER))

    async def attempt() -> None:
        async with call.desk.engine.connect() as connection:
            rows = await connection.execute(_PROGRESS, {"topic": CASES, "s": case_id})
            come = {row.producer: row.last_sequence for row in rows}
        if any(come.get(producer, 0) < sequence for producer, sequence in wanted.items()):
            raise NotCaughtUp

    if wanted:
        await patiently(attempt)


async def patiently(attempt: Callable[[], Awaitable[T]]) -> T:
    """Try again for 2 s while the log is not that far; each attempt is a whole transaction."""
    loop = asyncio.get_running_loop()
    until = loop.time() + PATIENCE
    while True:
        try:
            return await attempt()
        except (NotSignedYet, NotCaughtUp):
            if loop.time() >= until:
                raise
        await asyncio.sleep(_LOOK_AGAIN)
