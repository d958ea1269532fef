"""`/ops` of every service: what waits, what failed, and asking for it again. No case content."""

from operator import itemgetter
from typing import Annotated, Final

from fastapi import APIRouter, Depends
from sqlalchemy import text
from starlette.responses import Response

from chassis import relay
from chassis.auth import Action, Scope
from chassis.door import Tx
from chassis.http.calls import Call, calling
from chassis.ops import parked, rows
from chassis.ops.answers import (
    PendingEvent,
    QuarantinedRecord,
    RepublishBody,
    Republished,
    StreamHead,
)
from chassis.ops.rows import LOOK
from chassis.paging import Page, PageWanted
from chassis.problems import NotFound

HEADS: Final = Action("ops.heads", {"operator": Scope.ANY, "service": Scope.ANY})
REPUBLISH: Final = Action("ops.republish", {"operator": Scope.ANY, "service": Scope.ANY})


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
    parked.add_to(routes)
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


async def list_quarantined(
    wanted: PageWanted, call: Annotated[Call, Depends(calling(LOOK))]
) -> Response:
    """Return records that are no events, in the order of the topics."""

    async def work(tx: Tx) -> Page[QuarantinedRecord]:
        after = rows.after(wanted.after, ("", -1, -1))
        place = dict(zip(rows.PLACE[1:], after, strict=True))
        found = await rows.fetch(tx, _QUARANTINED, wanted.limit, place)
        return wanted.page(found, key=itemgetter(*place), item=QuarantinedRecord.model_validate)

    return await call.read(work)


async def list_pending(
    wanted: PageWanted, call: Annotated[Call, Depends(calling(LOOK))]
) -> Response:
    """Return what is not published yet, oldest first."""

    async def work(tx: Tx) -> Page[PendingEvent]:
        (after,) = rows.after(wanted.after, (-1,))
        found = await rows.fetch(tx, _PENDING, wanted.limit, {"after": after})
        return wanted.page(found, key=lambda row: (row["id"],), item=PendingEvent.model_validate)

    return await call.read(work)


async def list_heads(
    wanted: PageWanted, call: Annotated[Call, Depends(calling(HEADS))]
) -> Response:
    """Return the last sequence of each stream, to compare with what others have seen."""

    async def work(tx: Tx) -> Page[StreamHead]:
        topic, subject = rows.after(wanted.after, ("", ""))
        found = await rows.fetch(tx, _HEADS, wanted.limit, {"topic": topic, "subject": subject})
        return wanted.page(
            found, key=itemgetter("topic", "subject"), item=StreamHead.model_validate
        )

    return await call.read(work)


async def republish(
    body: RepublishBody,
    call: Annotated[Call, Depends(calling(REPUBLISH, always=True))],
) -> Response:
    """
    Put events back in line, from a sequence on; what was refused is tried again at once.

    Who has them already skips them.
    """

    async def work(tx: Tx) -> Republished:
        events = await relay.republish(tx, **body.model_dump())
        if not events:
            raise NotFound
        return Republished(events=events)

    return await call.write(work)
