"""Door 1 for what only looks."""

from typing import TYPE_CHECKING

from starlette.responses import Response

from chassis import door, positions, views
from chassis.door import Tx
from chassis.http.cases import Work, aged, etag, journey, wait_for_others
from chassis.http.models import Reply
from chassis.http.writing import as_reply, content_type, render, route_status
from chassis.paging import Page, link_to
from chassis.problems import NotFound
from chassis.views import CaseNotFound, CaseView

if TYPE_CHECKING:
    from chassis.http.calls import Call


async def read(call: "Call", work: Work, *, case_id: str | None, permit: bool) -> Response:
    """See `Call.read`."""
    after = positions.read_after(call.request.headers.get(positions.AFTER))
    if after and case_id:
        await wait_for_others(call.desk, case_id, after)
    desk = call.desk
    async with door.open_door(desk.engine, pen=desk.pen, journey=journey(call)) as tx:
        try:
            view = await _look(call, tx, case_id, permit=permit)
            reply = as_reply(await work(tx))
        except (NotFound, CaseNotFound) as error:
            raise aged(error, tx.now, call.request) from error
    return _respond(call, reply, view)


async def _look(call: "Call", tx: Tx, case_id: str | None, *, permit: bool) -> CaseView | None:
    if case_id is None:
        return None
    found = await views.find_version(tx, case_id)
    if found is None:
        raise NotFound(case_id)
    view = tx.views[case_id] = CaseView(state=found[0], version=found[1])
    if permit:
        call.permit_case(view.state)
    return view


def _respond(call: "Call", reply: Reply, view: CaseView | None) -> Response:
    headers = {**content_type(reply), **etag(view), **reply.headers}
    if isinstance(reply.body, Page) and reply.body.next:
        url = call.request.url
        headers["link"] = link_to(url.path, url.query, reply.body.next)
    return Response(
        render(reply.body), status_code=reply.status or route_status(call), headers=headers
    )
