"""Batches: the cases of one incident, filed at once, each with a result of its own."""

from http import HTTPStatus
from typing import Annotated, Any, Final

from fastapi import APIRouter, Body, Depends
from pydantic import Field
from starlette.responses import Response

from chassis import http, idempotency
from chassis.auth import Action, Scope
from chassis.problems import Invalid
from chassis.words import MarketplaceName
from contracts.words import CaseId
from intake.api.batch_filing import Batch, Entry, file_chunk
from intake.api.batch_results import BatchResult, refused
from intake.api.bodies import EXAMPLE as ONE_CASE, CaseBody, NewCase
from intake.api.filing import check
from intake.api.state import GivenKit, Kit
from intake.domain.batches import chunks

FILE_MANY: Final = Action("case.file_many", {"front_end": Scope.MARKETPLACE})
MOST: Final = 1_000
LARGEST: Final = 1024 * 1024
"""Room for as many filings of a usual length; longer ones make a batch of fewer."""

router = APIRouter(prefix="/v1/case-batches", tags=["cases"])


class NewBatch(http.RequestModel):
    marketplace: MarketplaceName = Field(description="Where the sellers sell.")
    parent: CaseId | None = Field(
        default=None, description="The incident that all of them belong to: an open case."
    )
    cases: list[CaseBody] = Field(
        min_length=1, max_length=MOST, description="As `POST /v1/cases` takes them."
    )


class BatchResults(http.ResponseModel):
    items: list[BatchResult] = Field(description="One for each case, in the order of the request.")


EXAMPLE: Final[dict[str, Any]] = {
    "marketplace": "harbour",
    "cases": [
        {name: value for name, value in ONE_CASE.items() if name != "marketplace"}
        | {"external_ref": "HB-30001"}
    ],
}


@router.post(
    "",
    status_code=HTTPStatus.MULTI_STATUS,
    response_model=BatchResults,
    summary="File up to 1,000 cases at once",
    description="For 300 sellers whom one incident has hit, or one seller with many items. Each "
    "case is filed or refused by itself, and answered as `POST /v1/cases` would. They are filed in "
    "chunks of 50: a batch that was cut off goes on where it stopped when it is sent again under "
    "its key, and nothing is filed twice. A body that is no batch at all (422) files nothing. "
    "One that repeats a case which is set aside here (`case-on-hold`) is looked at again when the "
    "batch is sent again under its key. The whole body has at most 1 MiB. "
    "`Idempotency-Replayed: true` says that all of it had been answered before.",
)
async def post_batch(
    body: Annotated[NewBatch, Body(examples=[EXAMPLE])],
    call: Annotated[http.Call, Depends(http.calling(FILE_MANY, largest=LARGEST))],
    kit: GivenKit,
) -> Response:
    key = idempotency.read_key(call.request.headers.get(idempotency.HEADER), required=True)
    call.permit_marketplace(body.marketplace)
    batch = Batch.of(call, marketplace=body.marketplace, key=key or "")
    judged = [_judge(index, case, body, kit) for index, case in enumerate(body.cases)]
    results = {one.index: one for one in judged if isinstance(one, BatchResult)}
    entries = [one for one in judged if isinstance(one, Entry)]

    replayed = bool(entries)
    for chunk in chunks((one.subject, one) for one in entries):
        filed = await file_chunk(batch, chunk)
        results |= {one.index: one for one in filed.results}
        replayed = replayed and filed.replayed
    answer = BatchResults(items=[results[index] for index in range(len(body.cases))])
    return Response(
        answer.model_dump_json(),
        status_code=HTTPStatus.MULTI_STATUS,
        media_type="application/json",
        headers={idempotency.REPLAYED: "true"} if replayed else None,
    )


def _judge(index: int, case: CaseBody, body: NewBatch, kit: Kit) -> Entry | BatchResult:
    """Hold one case against the playbook, before anything is filed."""
    given = {name: getattr(case, name) for name in type(case).model_fields}
    whole = NewCase.model_construct(marketplace=body.marketplace, parent=body.parent, **given)
    try:
        filing = check(whole, kit.playbooks, assurance="front_end", text_model=kit.text_model)
    except Invalid as invalid:
        return refused(index, invalid, errors=invalid.errors)
    return Entry(index=index, filing=filing)
