"""What happened anywhere in the log: by type, by actor, by time."""

from collections.abc import Iterable, Mapping
from typing import Annotated
from urllib.parse import urlencode

from fastapi import APIRouter, Depends, Query
from pydantic import AwareDatetime, BaseModel, ConfigDict, Field
from starlette.responses import Response

from audit.api.access import READ, note_reading
from audit.api.entries import TrailEvent, entry
from audit.domain.leaf import in_milliseconds
from audit.store import leaves, log
from audit.store.leaves import LoggedCase, Sought
from chassis import http
from chassis.door import Tx
from chassis.problems import FieldError, Invalid
from chassis.words import MarketplaceName

router = APIRouter(prefix="/v1/audit/events", tags=["events"])

_PATH = "/v1/audit/events"


class EventsPage(http.ResponseModel):
    items: list[TrailEvent] = Field(description="In the log's order.")
    next: int | None = Field(description="`after_idx` of the next page; null on the last one.")
    as_of: int = Field(description="Size of the tree that all pages are of: send it along.")


class EventsQuery(BaseModel):
    """What to look for. All that is given must fit."""

    model_config = ConfigDict(frozen=True, hide_input_in_errors=True)

    type: str | None = Field(
        default=None,
        pattern=r"^[a-z][a-z0-9_.]{0,99}$",
        description="Kind of event.",
        examples=["case.routed.v1"],
    )
    actor: str | None = Field(
        default=None,
        pattern=r"^[a-z_]+:[A-Za-z0-9._/-]{1,96}$",
        description="Who did it, as events name them.",
        examples=["service:router"],
    )
    since: AwareDatetime | None = Field(
        default=None, alias="from", description="Not before this instant, by its producer."
    )
    until: AwareDatetime | None = Field(default=None, alias="to", description="Before this one.")
    marketplace: MarketplaceName | None = Field(
        default=None, description="Only this marketplace; default all of yours."
    )
    as_of: int | None = Field(
        default=None, ge=0, le=2**53, description="`as_of` of the first page."
    )
    after_idx: int = Field(default=-1, ge=-1, le=2**53, description="`next` of the page before.")
    limit: int = Field(default=100, ge=1, le=200, description="Events a page.")


@router.get(
    "",
    response_model=EventsPage,
    summary="Look for events",
    description=(
        "Events of your marketplaces, and of none. All pages are of one tree size, `as_of`, so"
        " that they never shift. Every reading is itself recorded."
    ),
)
async def events(
    call: Annotated[http.Call, Depends(http.calling(READ))],
    query: Annotated[EventsQuery, Query()],
) -> Response:
    if query.marketplace:
        call.permit_marketplace(query.marketplace)

    async def work(tx: Tx) -> http.Reply:
        as_of = await _tree_size(tx, query)
        sought = _sought(query, call.principal.marketplaces, as_of)
        rows = await leaves.search(tx, sought, limit=query.limit + 1)
        shown = rows[: query.limit]
        page = EventsPage(
            items=[entry(one, call.principal.clearances) for one in shown],
            next=shown[-1].idx if len(rows) > query.limit else None,
            as_of=as_of,
        )
        asked = _asked(query)
        await note_reading(
            tx, call, "events", subject=log.LOG, query=asked, case=_whose(call, query)
        )
        return http.Reply(body=page, headers=_link(page, asked, query.limit))

    return await call.read(work)


async def _tree_size(tx: Tx, query: EventsQuery) -> int:
    size = (await log.read(tx)).head.size
    if query.as_of is not None and query.as_of > size:
        raise Invalid([FieldError("/query/as_of", "size", "the log is not that long")])
    return size if query.as_of is None else query.as_of


def _sought(query: EventsQuery, marketplaces: Iterable[str], as_of: int) -> Sought:
    return Sought(
        after=query.after_idx,
        before=as_of,
        marketplaces=[query.marketplace] if query.marketplace else sorted(marketplaces),
        type=query.type,
        actor=query.actor,
        since=query.since,
        until=query.until,
    )


def _asked(query: EventsQuery) -> dict[str, str]:
    """Write what was asked for: into the leaf of this reading, and the link to the next page."""
    asked = {
        "type": query.type,
        "actor": query.actor,
        "from": in_milliseconds(query.since) if query.since else None,
        "to": in_milliseconds(query.until) if query.until else None,
        "marketplace": query.marketplace,
        "as_of": None if query.as_of is None else str(query.as_of),
        "after_idx": str(query.after_idx) if query.after_idx >= 0 else None,
    }
    return {name: text for name, text in asked.items() if text is not None}


def _whose(call: http.Call, query: EventsQuery) -> LoggedCase | None:
    """Return the one marketplace that was read of, if it was one: the reading is its event."""
    read = [query.marketplace] if query.marketplace else sorted(call.principal.marketplaces)
    return LoggedCase(marketplace=read[0], correlation_id=None) if len(read) == 1 else None


def _link(page: EventsPage, asked: Mapping[str, str], limit: int) -> dict[str, str]:
    if page.next is None:
        return {}
    following = {"as_of": str(page.as_of), "after_idx": str(page.next), "limit": str(limit)}
    return {"link": f'<{_PATH}?{urlencode({**asked, **following})}>; rel="next"'}
