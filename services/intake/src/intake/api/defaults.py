"""Which defaults of the forms do not fit: how often sellers say something else, and why."""

from datetime import timedelta
from typing import Annotated, Final

from fastapi import APIRouter, Depends, Query
from pydantic import Field
from starlette.responses import Response

from chassis import http
from chassis.auth import Action, Scope
from chassis.door import Tx
from chassis.words import Instant
from intake.store import defaults

COUNT: Final = Action(
    "default.count", dict.fromkeys(("supervisor", "compliance"), Scope.MARKETPLACE)
)
USUAL: Final = timedelta(days=30)

router = APIRouter(prefix="/v1/defaults", tags=["forms"])


class DefaultCount(http.ResponseModel):
    issue_type: str = Field(description="As declared.")
    fact: str = Field(description="The fact's name.")
    source: str = Field(description="Who had filled it in: playbook or marketplace.")
    filled: int = Field(description="In how many cases it came filled in.")
    overridden: int = Field(description="In how many of them the seller said something else.")
    reasons: dict[str, int] = Field(description="How often each reason was given.")


class DefaultCounts(http.ResponseModel):
    items: list[DefaultCount] = Field(description="By issue type, fact and source.")


@router.get("", response_model=DefaultCounts, summary="Count defaults and their overrides")
async def count_defaults(
    call: Annotated[http.Call, Depends(http.calling(COUNT))],
    since: Annotated[
        Instant | None, Query(description="Filed from here on; by default 30 days ago.")
    ] = None,
    until: Annotated[Instant | None, Query(description="Filed before; by default now.")] = None,
) -> Response:
    async def work(tx: Tx) -> DefaultCounts:
        end = until or tx.now
        start = since or end - USUAL
        found = await defaults.count(tx, call.principal.marketplaces, since=start, until=end)
        return DefaultCounts(
            items=[
                DefaultCount(
                    issue_type=one.issue_type,
                    fact=one.fact,
                    source=one.source,
                    filled=one.filled,
                    overridden=one.overridden,
                    reasons=one.reasons,
                )
                for one in found
            ]
        )

    return await call.read(work)
