"""`/ops` of every service: what waits, what failed, and asking for it again. No case content."""

import re
from operator import itemgetter
from typing import Annotated, Any, Final

from fastapi import APIRouter, Depends, Path
from sqlalchemy import RowMapping, TextClause, text
from starlette.responses import Response

from chassis.auth import Action, Scope
from chassis.door import Tx
from chassis.http.calls import Call, calling
from chassis.ops.answers import (
    ParkedRecord,
    PendingEvent,
    QuarantinedRecord,
    Released,
    RepublishBody,
    Republished,
    StreamHead,
)
from chassis.paging import Page, PageWanted
from chassis.problems import NotFound

LOOK: Final = Action("ops.look", {"operator": Scope.ANY})
RETRY: Final = Action("ops.retry", {"operator": Scope.ANY})
HEADS: Final = Action("ops.heads", {"operator": Scope.ANY, "service": Scope.ANY})
REPUBLISH: Final = Action("ops.republish", {"operator": Scope.ANY, "service": Scope.ANY})


_NUMBER: Final = re.compile(r"[0-9]{1,18}")
_PLACE: Final = ("consumer", "topic", "partition", "offset")

_PARKED = text("""
select concat_ws('~', consumer, src_topic, src_partition, src_offset) as id,
       consumer, src_topic as topic, src_partition as "partition", src_offset as "offset",
       producer, subject, sequence, event_id, headers ->> 'ce_type' as type, reason, state, error,
       attempts, greatest(next_attempt_at, first_failed_at) as next_attempt_at, first_failed_at
from parked_event
where state in ('waiting', 'dead')
  and (consumer, src_topic, src_partition, src_offset)
      > (:consumer, :topic, cast(:partition as bigint), :offset)
order by consumer, src_topic, src_partition, src_offset limit :limit
""")
_TRY_AGAIN = text("""
update parked_event set state = 'waiting', next_attempt_at = '-infinity'
where consumer = :consumer and src_topic = :topic and src_partition = cast(:partition as bigint)
  and src_offset = :offset and state in ('waiting', 'dead')
returning subject
""")
_PENDING = text("""
select p.id, o.event_id, p.topic, p.subject, o.sequence, o.headers ->> 'ce_type' as type,
       o.created_at, p.attempts, greatest(p.next_attempt_at, o.created_at) as next_attempt_at,
       p.error
from outbox_pending p join outbox o using (id)
where p.id > :after order by p.id limit :limit
""")
_HEADS = text("""
select topic, subject, last_sequence, last_time from stream_head
where (topic, subject) > (:topic, :subject) order by topic, subject limit :limit
""")
_REPUBLISH = text("""
with again as (
    select id, topic, subject from outbox
    where topic = :topic and subject = :subject and sequence >= :from_sequence
), added as (
    insert into outbox_pending (id, topic, subject) select id, topic, subject from again
    on conflict do nothing returning id
)
select count(*) from again
""")
_QUARANTINED = text("""
select src_topic as topic, src_partition as "partition", src_offset as "offset", error,
       coalesce(length(raw), 0) as size, seen_at
from quarantine
where (src_topic, src_partition, src_offset) > (:topic, cast(:partition as bigint), :offset)
order by src_topic, src_partition, src_offset limit :limit
""")


def router() -> APIRouter:
    """Return the routes; every service has them."""
    routes = APIRouter(prefix="/ops", tags=["operations"])
    routes.get("/parked", response_model=Page[ParkedRecord], summary="List parked records")(
        list_parked
    )
    routes.post(
        "/parked/{parked_id}/retry", response_model=Released, summary="Try a parked record again"
    )(retry_parked)
    routes.get("/quarantine", response_model=Page[QuarantinedRecord], summary="List what is none")(
        list_quarantined
    )
    routes.get("/outbox", response_model=Page[PendingEvent], summary="List unpublished events")(
        list_pending
    )
    routes.get("/outbox/heads", response_model=Page[StreamHead], summary="List last sequences")(
        list_heads
    )
    routes.post("/outbox/republish", response_model=Republished, summary="Publish events again")(
        republish
    )
    return routes


async def list_parked(
    wanted: PageWanted, call: Annotated[Call, Depends(calling(LOOK))]
) -> Response:
    """Return what waits, in the order of the topics."""

    async def work(tx: Tx) -> Page[ParkedRecord]:
        after = _after(wanted.after, ("", "", -1, -1))
        rows = await _fetch(tx, _PARKED, wanted.limit, dict(zip(_PLACE, after, strict=True)))
        return wanted.page(rows, key=itemgetter(*_PLACE), item=ParkedRecord.model_validate)

    return await call.read(work)


async def retry_parked(
    parked_id: Annotated[str, Path(description="The record's place, as the list names it.")],
    call: Annotated[Call, Depends(calling(RETRY, always=True))],
) -> Response:
    """Make a parked record, dead or waiting, due at once. Its followers come after it."""

    async def work(tx: Tx) -> Released:
        found = await tx.execute(_TRY_AGAIN, _place(parked_id))
        subject = found.scalar_one_or_none()
        if subject is None:
            raise NotFound
        return Released(subject=subject)

    return await call.write(work)


async def list_quarantined(
    wanted: PageWanted, call: Annotated[Call, Depends(calling(LOOK))]
) -> Response:
    """Return records that are no events, in the order of the topics."""

    async def work(tx: Tx) -> Page[QuarantinedRecord]:
        after = _after(wanted.after, ("", -1, -1))
        place = dict(zip(_PLACE[1:], after, strict=True))
        rows = await _fetch(tx, _QUARANTINED, wanted.limit, place)
        return wanted.page(rows, key=itemgetter(*_PLACE[1:]), item=QuarantinedRecord.model_validate)

    return await call.read(work)


async def list_pending(
    wanted: PageWanted, call: Annotated[Call, Depends(calling(LOOK))]
) -> Response:
    """Return what is not published yet, oldest first."""

    async def work(tx: Tx) -> Page[PendingEvent]:
        (after,) = _after(wanted.after, (-1,))
        rows = await _fetch(tx, _PENDING, wanted.limit, {"after": after})
        return wanted.page(rows, key=lambda row: (row["id"],), item=PendingEvent.model_validate)

    return await call.read(work)


async def list_heads(
    wanted: PageWanted, call: Annotated[Call, Depends(calling(HEADS))]
) -> Response:
    """Return the last sequence of each stream, to compare with what others have seen."""

    async def work(tx: Tx) -> Page[StreamHead]:
        topic, subject = _after(wanted.after, ("", ""))
        rows = await _fetch(tx, _HEADS, wanted.limit, {"topic": topic, "subject": subject})
        return wanted.page(rows, key=itemgetter("topic", "subject"), item=StreamHead.model_validate)

    return await call.read(work)


async def republish(
    body: RepublishBody,
    call: Annotated[Call, Depends(calling(REPUBLISH, always=True))],
) -> Response:
    """Put events back in line, from a sequence on. Who has them already skips them."""

    async def work(tx: Tx) -> Republished:
        events = await tx.scalar(_REPUBLISH, body.model_dump())
        if not events:
            raise NotFound
        return Republished(events=events)

    return await call.write(work)


def _after(key: tuple[Any, ...] | None, start: tuple[Any, ...]) -> tuple[Any, ...]:
    """Return where to go on; a cursor of another list is taken for none."""
    fits = key is not None and [type(part) for part in key] == [type(part) for part in start]
    return key if fits and key is not None else start


async def _fetch(
    tx: Tx, statement: TextClause, limit: int, where: dict[str, Any]
) -> list[RowMapping]:
    found = await tx.execute(statement, where | {"limit": limit + 1})
    return list(found.mappings())


def _place(parked_id: str) -> dict[str, Any]:
    """
    Read the id that `_parked` has written.

    Raises:
        NotFound: It is none.
    """
    parts = parked_id.split("~")
    if len(parts) != len(_PLACE) or not all(_NUMBER.fullmatch(part) for part in parts[2:]):
        raise NotFound
    consumer, topic, partition, offset = parts
    return {
        "consumer": consumer,
        "topic": topic,
        "partition": int(partition),
        "offset": int(offset),
    }
