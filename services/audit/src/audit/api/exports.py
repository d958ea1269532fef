"""Bundles to take away: everything about a case, provable offline."""

from typing import Annotated

from fastapi import APIRouter, Depends, Path
from pydantic import Field
from starlette.responses import Response

from audit.api.access import (
    EXPORT,
    note_reading,
    open_case,
    patiently,
    read_raw,
    wait_for_sequencing,
)
from audit.handlers.export_subject import ExportTooLarge, NotSignedYet, export_subject
from audit.store import exports, leaves
from chassis import http
from chassis.auth import Resource
from chassis.door import Tx
from contracts.catalogue import CASES
from contracts.words import CaseId

router = APIRouter(prefix="/v1/exports", tags=["exports"])


class ExportBody(http.RequestModel):
    case: CaseId = Field(description="The case.", examples=["case_01m80000000000000000000000"])


class ExportOut(http.ResponseModel):
    id: str = Field(description="Our id of it; fetch the zip with it.")
    case: str = Field(description="The case.")
    as_of: int = Field(description="Size of the signed tree that every proof leads to.")
    events: int = Field(description="Events in it.")


@router.post(
    "",
    status_code=201,
    response_model=ExportOut,
    summary="Export a case",
    description="Made at once, up to 10,000 events, and recorded. For `audit-verify bundle`.",
)
async def export(
    body: ExportBody,
    call: Annotated[
        http.Call, Depends(http.calling(EXPORT, raises=(NotSignedYet, ExportTooLarge)))
    ],
) -> Response:
    await wait_for_sequencing(call, body.case)

    async def work(tx: Tx) -> http.Reply:
        case = await open_case(tx, call, body.case)
        made = await export_subject(
            tx,
            body.case,
            case=case,
            public_keys=call.request.app.state.public_keys(),
            signer=call.desk.pen.signer,
        )
        out = ExportOut(id=made.id, case=body.case, as_of=made.as_of, events=made.events)
        return http.Reply(body=out, headers={"location": f"/v1/exports/{made.id}"})

    return await patiently(lambda: call.write(work))


@router.get(
    "/{export_id}",
    response_class=Response,
    summary="Fetch an export",
    description="The zip as it was made. Fetching it is recorded too.",
)
async def fetch(
    export_id: Annotated[
        str, Path(description="The export.", examples=["exp_01m80000000000000000000000"])
    ],
    call: Annotated[http.Call, Depends(http.calling(EXPORT))],
) -> Response:
    async def work(tx: Tx) -> Response:
        made = await exports.find(tx, export_id)
        if made is None:
            raise http.NotFound
        call.permit(Resource(marketplace=made.marketplace))
        case = await leaves.find_case(tx, made.subject, topic=CASES)
        query = {"export": export_id}
        await note_reading(tx, call, "export", subject=made.subject, query=query, case=case)
        disposition = f'attachment; filename="{export_id}.zip"'
        headers = {"content-disposition": disposition}
        return Response(made.zip, media_type="application/zip", headers=headers)

    return await read_raw(call, work)
