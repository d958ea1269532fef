"""What was kept long enough may go: by itself every hour, or when compliance asks for it."""

import asyncio
from collections.abc import Callable, Sequence
from typing import Annotated, Final

from fastapi import APIRouter, Depends
from pydantic import Field
from starlette.responses import Response

from audit.domain.retention import Rule
from audit.handlers.clear_bodies import HeldBodies, check_no_holds, clear_expired
from chassis import http
from chassis.auth import Action, Scope
from chassis.door import Tx
from chassis.words import MarketplaceName

CLEAR: Final = Action("retention.apply", {"compliance": Scope.MARKETPLACE})

router = APIRouter(prefix="/v1/retention", tags=["retention"])


class RetentionBody(http.RequestModel):
    marketplace: MarketplaceName = Field(description="Whose bodies.", examples=["harbour"])


class RetentionOut(http.ResponseModel):
    """What was cleared just now."""

    marketplace: str = Field(description="Whose.")
    cleared: dict[str, int] = Field(
        description="Bodies by class; of each at most 500 a call, the oldest first."
    )


@router.post(
    "",
    response_model=RetentionOut,
    summary="Clear bodies whose time has come",
    description="By the playbook's `retention.yaml`. Leaves are never cleared. 409, and nothing is"
    " cleared, while a legal hold keeps any of them; the hourly round clears what is not held.",
)
async def post_retention(
    body: RetentionBody,
    call: Annotated[http.Call, Depends(http.calling(CLEAR, raises=(HeldBodies,)))],
    all_rules: Annotated[Callable[[], Sequence[Rule]], Depends(http.from_state("retention_rules"))],
) -> Response:
    call.permit_marketplace(body.marketplace)
    known = await asyncio.to_thread(all_rules)
    rules = [rule for rule in known if rule.marketplace == body.marketplace]

    async def work(tx: Tx) -> RetentionOut:
        await check_no_holds(tx, rules)
        signer = call.desk.pen.signer
        cleared = {rule.what: await clear_expired(tx, rule, signer=signer) for rule in rules}
        return RetentionOut(marketplace=body.marketplace, cleared=cleared)

    return await call.write(work, marketplace=body.marketplace)
