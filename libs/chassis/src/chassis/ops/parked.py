"""`/ops/parked`: what waits and why; trying it again; going on without it, which takes two."""

from collections.abc import Iterator
from contextlib import contextmanager
from operator import itemgetter
from typing import Annotated, Any, Final

from fastapi import APIRouter, Depends, Path
from sqlalchemy import text
from starlette.responses import Response

from chassis import parking, skipping
from chassis.auth import Action, Scope
from chassis.door import Tx
from chassis.http.calls import Call, calling
from chassis.ops import rows
from chassis.ops.answers import ParkedRecord, Released, SkipBody, SkipDone, SkipRequested
from chassis.ops.rows import LOOK, PLACE
from chassis.paging import Page, PageWanted
from chassis.parking import Place
from chassis.problems import Forbidden, NotAllowedNow, NotFound, Refusal

ParkedId = Annotated[
    str, Path(description="Its `id` in `GET /ops/parked`.", examples=["router~cases.v1~7~4711"])
]

RETRY: Final = Action("ops.retry", {"operator": Scope.ANY})
SKIP: Final = Action("ops.skip", {"operator": Scope.ANY})

_PARKED = text("""
select concat_ws('~', consumer, src_topic, src_partition, src_offset) as id,
       consumer, src_topic as topic, src_partition as "partition", src_offset as "offset",
       producer, subject, sequence, event_id, headers ->> 'ce_type' as type, reason, state, error,
       attempts, greatest(next_attempt_at, first_failed_at) as next_attempt_at, first_failed_at,
       case when reason = 'behind' then 0 else (
           select count(*) from parked_event as other
           where other.consumer = held.consumer and other.subject = held.subject
             and other.state in ('waiting', 'dead') and other.reason = 'behind'
       ) end as waiting_behind,
       skip_reason, skip_requested_by, skip_requested_at
from parked_event as held
where state in ('waiting', 'dead')
  and (consumer, src_topic, src_partition, src_offset)
      > (:consumer, :topic, cast(:partition as bigint), :offset)
order by consumer, src_topic, src_partition, src_offset limit :limit
""")


class AnotherPersonNeeded(Refusal):
    """One person asks for a skip, another one approves it."""

    problem = Forbidden.problem

    def __init__(self) -> None:
        super().__init__(public={"detail": "Another person than who asked for it has to approve."})


def add_to(routes: APIRouter) -> None:
    """Add the routes."""
    routes.get("/parked", response_model=Page[ParkedRecord], summary="List parked records")(
        list_parked
    )
    routes.post(
        "/parked/{parked_id}/retry", response_model=Released, summary="Try a parked record again"
    )(retry_parked)
    routes.post(
        "/parked/{parked_id}/skip-request",
        response_model=SkipRequested,
        summary="Ask to go on without it",
    )(request_skip)
    routes.post(
        "/parked/{parked_id}/skip-approval",
        response_model=SkipDone,
        summary="Go on without it, as another person has asked",
    )(approve_skip)


async def list_parked(
    wanted: PageWanted, call: Annotated[Call, Depends(calling(LOOK))]
) -> Response:
    """Return what waits, in the order of the topics."""

    async def work(tx: Tx) -> Page[ParkedRecord]:
        after = rows.after(wanted.after, ("", "", -1, -1))
        found = await rows.fetch(tx, _PARKED, wanted.limit, dict(zip(PLACE, after, strict=True)))
        return wanted.page(found, key=itemgetter(*PLACE), item=ParkedRecord.model_validate)

    return await call.read(work)


async def retry_parked(
    parked_id: ParkedId, call: Annotated[Call, Depends(calling(RETRY, always=True))]
) -> Response:
    """Make a parked record, dead or waiting, due at once. Its followers come after it."""
    consumer, place = _named(parked_id)

    async def work(tx: Tx) -> Released:
        subject = await parking.retry(tx, consumer, place)
        if subject is None:
            raise NotFound
        return Released(subject=subject)

    return await call.write(work)


async def request_skip(
    parked_id: ParkedId,
    body: SkipBody,
    call: Annotated[Call, Depends(calling(SKIP, always=True))],
) -> Response:
    """
    Ask that this service goes on without a record, or without what is missing before it.

    Nothing happens until another person approves. A record that is skipped is never handled here.
    """
    consumer, place = _named(parked_id)
    by = call.principal.pseudonym

    async def work(tx: Tx) -> SkipRequested:
        with _translated():
            subject = await skipping.request(tx, consumer, place, reason=body.reason, by=by)
        return SkipRequested(subject=subject, requested_by=by)

    return await call.write(work)


async def approve_skip(
    parked_id: ParkedId, call: Annotated[Call, Depends(calling(SKIP, always=True))]
) -> Response:
    """
    Go on without a record, as another person has asked.

    Its case flows again. `delivery.skipped` says so in the audit log, with both people.
    """
    consumer, place = _named(parked_id)
    by, fold = call.principal.pseudonym, call.desk.pen.fold

    async def work(tx: Tx) -> SkipDone:
        with _translated():
            done = await skipping.approve(tx, consumer, place, by=by, fold=fold)
        return SkipDone(
            subject=done.subject,
            skipped=done.what,
            said_by=done.stream.producer,
            first_sequence=done.first,
            last_sequence=done.last,
            folded=done.folded,
        )

    return await call.write(work)


def _named(parked_id: str) -> tuple[str, Place]:
    found: dict[str, Any] = rows.read_place(parked_id)
    return found["consumer"], (found["topic"], found["partition"], found["offset"])


@contextmanager
def _translated() -> Iterator[None]:
    try:
        yield
    except skipping.NotParked as error:
        raise NotFound from error
    except skipping.NothingToSkip as error:
        raise NotAllowedNow(status="behind") from error
    except skipping.NotRequested as error:
        raise NotAllowedNow(status="waiting", allowed=["skip-request"]) from error
    except skipping.SamePerson as error:
        raise AnotherPersonNeeded from error
