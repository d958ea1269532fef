"""Bundles to take away, provable offline: all about a case, or a range of the whole log."""

from typing import Annotated

from fastapi import APIRouter, Depends, Path
from pydantic import ConfigDict, Field, JsonValue, model_validator
from starlette.responses import Response

from audit.api.access import (
    EXPORT,
    note_reading,
    open_case,
    patiently,
    read_raw,
    wait_for_sequencing,
)
from audit.handlers.export_range import ExportRange, export_range
from audit.handlers.export_subject import ExportTooLarge, NotSignedYet, export_subject
from audit.store import exports, leaves
from audit.store.exports import Export
from audit.store.leaves import LoggedCase
from chassis import http
from chassis.auth import Resource
from chassis.door import Tx
from chassis.words import MarketplaceName
from contracts.catalogue import CASES
from contracts.words import CaseId

router = APIRouter(prefix="/v1/exports", tags=["exports"])


_AN_EXAMPLE: JsonValue = {"case": "case_01m80000000000000000000000"}


class RangeBody(http.RequestModel):
    """Places in the log, whatever they are about."""

    begin: int = Field(alias="from", ge=0, le=2**53, description="The first.")
    end: int | None = Field(
        default=None,
        alias="to",
        ge=1,
        le=2**53,
        description="Behind the last; default: all signed.",
    )


class ExportBody(http.RequestModel):
    """Either a case, or a range for a marketplace."""

    model_config = ConfigDict(json_schema_extra={"examples": [_AN_EXAMPLE]})

    case: CaseId | None = Field(default=None, description="The case.")
    range_: RangeBody | None = Field(
        default=None,
        alias="range",
        description="At most 100,000 entries; of other marketplaces' only the hash.",
    )
    marketplace: MarketplaceName | None = Field(
        default=None, description="To whom a range is told: one of yours."
    )

    @model_validator(mode="after")
    def _names_one(self) -> "ExportBody":
        of_a_range = self.range_ is not None and self.marketplace is not None
        of_a_case = self.case is not None and self.range_ is None and self.marketplace is None
        if of_a_case or (of_a_range and self.case is None):
            return self
        raise ValueError("name a case, or a range and a marketplace")


class ExportOut(http.ResponseModel):
    id: str = Field(description="Our id of it; fetch the zip with it.")
    case: str | None = Field(description="The case; null: a range.")
    as_of: int = Field(description="Size of the signed tree that every proof leads to.")
    events: int = Field(description="Entries in it.")


@router.post(
    "",
    status_code=201,
    response_model=ExportOut,
    summary="Export a case, or a range of the log",
    description=(
        "Made at once and recorded: a case up to 10,000 events, for `audit-verify bundle`; a range"
        " up to 100,000 entries, for `audit-verify fsck`, which no entry can be left out of."
    ),
)
async def export(
    body: ExportBody,
    call: Annotated[
        http.Call, Depends(http.calling(EXPORT, raises=(NotSignedYet, ExportTooLarge)))
    ],
) -> Response:
    if body.case:
        await wait_for_sequencing(call, body.case)

    async def work(tx: Tx) -> http.Reply:
        made = await _export(tx, call, body)
        out = ExportOut(id=made.id, case=body.case, as_of=made.as_of, events=made.events)
        return http.Reply(body=out, headers={"location": f"/v1/exports/{made.id}"})

    return await patiently(lambda: call.write(work, marketplace=body.marketplace))


async def _export(tx: Tx, call: http.Call, body: ExportBody) -> Export:
    keys, signer = call.request.app.state.public_keys(), call.desk.pen.signer
    if body.case:
        case = await open_case(tx, call, body.case)
        return await export_subject(tx, body.case, case=case, public_keys=keys, signer=signer)
    return await export_range(tx, _ranged(call, body), public_keys=keys, signer=signer)


def _ranged(call: http.Call, body: ExportBody) -> ExportRange:
    if body.range_ is None or body.marketplace is None:
        raise AssertionError("an export names a case, or a range and a marketplace")
    call.permit(Resource(marketplace=body.marketplace), named=body.marketplace)
    return ExportRange(begin=body.range_.begin, end=body.range_.end, marketplace=body.marketplace)


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
        case = await leaves.find_case(tx, made.subject, topic=CASES) or LoggedCase(
            marketplace=made.marketplace, correlation_id=None
        )
        query = {"export": export_id}
        await note_reading(tx, call, "export", subject=made.subject, query=query, case=case)
        disposition = f'attachment; filename="{export_id}.zip"'
        headers = {"content-disposition": disposition}
        return Response(made.zip, media_type="application/zip", headers=headers)

    return await read_raw(call, work)
