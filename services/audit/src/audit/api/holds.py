"""Legal holds: placed and released by two people of compliance; the vault asks for them too."""

from typing import Annotated, Final, Literal

from fastapi import APIRouter, Body, Depends, Path, Query
from pydantic import AwareDatetime, Field
from starlette.responses import Response

from audit.api.access import open_case
from audit.domain.hold import REASONS, Hold, Scope
from audit.handlers.place_hold import place_hold
from audit.handlers.release_hold import release_hold
from audit.store import holds
from chassis import http
from chassis.auth import Action, Resource, Scope as Reach
from chassis.door import Tx
from chassis.problems import FieldError, Forbidden, Invalid, NotFound
from chassis.words import Code, MarketplaceName
from contracts.words import CaseId, SellerId

HOLD: Final = Action("hold.place", {"compliance": Reach.MARKETPLACE})
READ_HOLDS: Final = Action("hold.read", {"compliance": Reach.MARKETPLACE, "service": Reach.ANY})
_READER: Final = "vault"

router = APIRouter(prefix="/v1/holds", tags=["holds"])
Placing = Annotated[http.Call, Depends(http.calling(HOLD))]


class HoldBody(http.RequestModel):
    marketplace: MarketplaceName = Field(description="Whose.", examples=["harbour"])
    seller: SellerId | None = Field(default=None, description="All that is of this seller.")
    case: CaseId | None = Field(default=None, description="Or one case, and its seller's key.")
    reason: Code = Field(description=f"Why: {', '.join(sorted(REASONS))}.", examples=["litigation"])


class HoldOut(http.ResponseModel):
    """A hold, and who said what about it."""

    id: str = Field(description="Our id of it.")
    marketplace: str = Field(description="Whose.")
    seller: str | None = Field(description="The seller that is held; null: of an unknown one.")
    case: str | None = Field(description="The one case, if it is about one.")
    reason: str = Field(description="Why.")
    state: Literal["placed", "confirmed", "release_requested", "released"] = Field(
        description="It stands until it is released, whether or not it was confirmed."
    )
    placed_by: str = Field(description="Who placed it.")
    placed_at: AwareDatetime = Field(description="When; it stands since.")
    approved_by: str | None = Field(description="Who confirmed it.")
    release_requested_by: str | None = Field(description="Who asked for its release.")
    released_by: str | None = Field(description="Who released it.")
    released_at: AwareDatetime | None = Field(description="When it ended.")


class HoldsOut(http.ResponseModel):
    items: list[HoldOut] = Field(description="Oldest first, at most 1,000.")


_EXAMPLE: Final = {
    "marketplace": "harbour",
    "seller": "sel_01m80000000000000000000000",
    "reason": "litigation",
}


@router.post(
    "",
    status_code=201,
    response_model=HoldOut,
    summary="Place a legal hold",
    description="It stands at once; the same call by another person confirms it (200). While it"
    " stands, the seller is not erased and nothing under it is cleared.",
    responses={
        200: {"model": HoldOut, "description": "It stood already; confirmed if by another."}
    },
)
async def place(body: Annotated[HoldBody, Body(examples=[_EXAMPLE])], call: Placing) -> Response:
    _check(body)
    call.permit_marketplace(body.marketplace)

    async def work(tx: Tx) -> http.Reply:
        case = await open_case(tx, call, body.case) if body.case else None
        if case and case.marketplace != body.marketplace:
            raise NotFound(body.case)
        hold = await place_hold(
            tx,
            await _scope(tx, body),
            body.reason,
            signer=call.desk.pen.signer,
            correlation_id=case.correlation_id if case else None,
        )
        is_new = hold.placed_at == tx.now
        return http.Reply(body=_out(hold), status=201 if is_new else 200)

    return await call.write(work, marketplace=body.marketplace)


def _check(body: HoldBody) -> None:
    if body.reason not in REASONS:
        known = ", ".join(sorted(REASONS))
        raise Invalid((FieldError("/reason", "unknown-code", f"One of: {known}."),))
    if (body.seller is None) == (body.case is None):
        raise Invalid((FieldError("/seller", "one-of", "name a seller or a case, one of them"),))


async def _scope(tx: Tx, body: HoldBody) -> Scope:
    seller = body.seller
    if body.case:
        seller = await holds.find_seller(tx, body.marketplace, body.case)
    return Scope(marketplace=body.marketplace, seller=seller, case=body.case)


@router.post(
    "/{hold_id}/release",
    status_code=202,
    response_model=HoldOut,
    summary="Release a legal hold",
    description="The first call asks for it (202), the same call by another person does it (200).",
    responses={200: {"model": HoldOut, "description": "It is released."}},
)
async def release(
    hold_id: Annotated[str, Path(description="The hold, `hld_…`.")], call: Placing
) -> Response:
    async def work(tx: Tx) -> http.Reply:
        hold = await holds.find(tx, hold_id)
        if hold is None:
            raise NotFound(hold_id)
        call.permit(Resource(marketplace=hold.scope.marketplace), named=hold_id)
        case = hold.scope.case and await open_case(tx, call, hold.scope.case)
        done = await release_hold(
            tx,
            hold,
            signer=call.desk.pen.signer,
            correlation_id=case.correlation_id if case else None,
        )
        return http.Reply(body=_out(done), status=200 if done.released_at else 202)

    return await call.write(work)


@router.get(
    "",
    response_model=HoldsOut,
    summary="List legal holds",
    description="Those that stand; with `seller`, those that keep that seller from being erased.",
)
async def list_holds(
    call: Annotated[http.Call, Depends(http.calling(READ_HOLDS))],
    seller: Annotated[SellerId | None, Query(description="The seller by pseudonym.")] = None,
    marketplace: Annotated[MarketplaceName | None, Query(description="Only of this one.")] = None,
    released: Annotated[bool, Query(description="Also those that stand no more.")] = False,  # noqa: FBT002 - a query's default
) -> Response:
    marketplaces = _marketplaces(call, marketplace)

    async def work(tx: Tx) -> HoldsOut:
        found = await holds.find_all(tx, marketplaces, seller=seller, released=released)
        return HoldsOut(items=[_out(hold) for hold in found])

    return await call.read(work)


def _marketplaces(call: http.Call, named: str | None) -> frozenset[str]:
    """Say of which marketplaces the caller hears; the vault of the one that it names."""
    if call.principal.kind == "service":
        if call.principal.service != _READER or named is None:
            raise Forbidden
        return frozenset({named})
    if named is not None:
        call.permit_marketplace(named)
        return frozenset({named})
    return call.principal.marketplaces


def _out(hold: Hold) -> HoldOut:
    return HoldOut(
        id=hold.id,
        marketplace=hold.scope.marketplace,
        seller=hold.scope.seller,
        case=hold.scope.case,
        reason=hold.reason,
        state=hold.state,
        placed_by=hold.placed_by,
        placed_at=hold.placed_at,
        approved_by=hold.approved_by,
        release_requested_by=hold.release_requested_by,
        released_by=hold.released_by,
        released_at=hold.released_at,
    )
