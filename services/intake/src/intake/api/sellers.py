"""Sellers: from the marketplace's handle to the pseudonym."""

from typing import Annotated, Final

from fastapi import APIRouter, Body, Depends
from pydantic import Field
from starlette.responses import Response

from chassis import http
from chassis.auth import Action, Scope
from chassis.door import Tx
from chassis.problems import NotFound
from chassis.vault import tag
from chassis.words import Line, MarketplaceName
from intake.store import sellers

LOOK_UP: Final = Action(
    "seller.look_up",
    {
        "front_end": Scope.MARKETPLACE,
        "seller": Scope.OWN,
        "supervisor": Scope.MARKETPLACE,
        "compliance": Scope.MARKETPLACE,
    },
)

router = APIRouter(prefix="/v1/sellers", tags=["sellers"])


class Handle(http.RequestModel):
    marketplace: MarketplaceName = Field(description="Where the seller sells.")
    ref: Line = Field(description="The seller's own handle there.")


class Pseudonym(http.ResponseModel):
    seller: str = Field(description="The seller by pseudonym, `sel_…`.")


@router.post(
    "/lookup",
    response_model=Pseudonym,
    summary="Find a seller's pseudonym",
    description="Handles appear in no path and no query, since those are logged.",
)
async def look_up_seller(
    body: Annotated[Handle, Body(examples=[{"marketplace": "harbour", "ref": "clay-and-co"}])],
    call: Annotated[http.Call, Depends(http.calling(LOOK_UP, transient=True))],
) -> Response:
    call.permit_marketplace(body.marketplace)

    async def work(tx: Tx) -> Pseudonym:
        mark = tag(call.desk.tag_key, body.marketplace, body.ref)
        seller = await sellers.find(tx, body.marketplace, mark)
        foreign = call.principal.kind == "seller" and seller not in call.principal.sellers
        if seller is None or foreign:
            raise NotFound
        return Pseudonym(seller=seller)

    return await call.write(work)
