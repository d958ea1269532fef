"""Erasure of a seller, by two people of compliance."""

from collections.abc import Sequence
from typing import Annotated, Final, Literal, Protocol

from fastapi import APIRouter, Body, Depends, Path
from pydantic import AwareDatetime, Field
from starlette.responses import Response

from chassis import http, ids
from chassis.auth import Action, Resource, Scope
from chassis.door import Tx
from chassis.problems import FieldError, Invalid, NotFound
from chassis.words import Code
from vault.clients import HoldsUnknown
from vault.domain.erasure import (
    LEGAL_BASES,
    AskedOtherwise,
    CaseStillOpen,
    Erasure,
    LegalHold,
)
from vault.handlers.erase_seller import EraseSeller, SellerUnknown, erase_seller
from vault.store import keys

ERASE: Final = Action("seller.erase", {"compliance": Scope.MARKETPLACE})
_DONE, _ASKED = 200, 202

router = APIRouter(prefix="/v1/sellers", tags=["erasure"])


class AskForHolds(Protocol):
    """Lists the legal holds on a seller."""

    async def __call__(self, *, marketplace: str, seller: str) -> Sequence[str]: ...


Caller = Annotated[
    http.Call,
    Depends(
        http.calling(
            ERASE, raises=(LegalHold, CaseStillOpen, AskedOtherwise, SellerUnknown, HoldsUnknown)
        )
    ),
]
GivenHolds = Annotated[AskForHolds, Depends(http.from_state("holds"))]
SellerId = Annotated[
    str,
    Path(description="The seller by pseudonym.", examples=["sel_01m80000000000000000000000"]),
]


class ErasureBody(http.RequestModel):
    legal_basis: Code = Field(
        default="data_subject_request",
        description=f"Why: {', '.join(sorted(LEGAL_BASES))}. Both say the same.",
        examples=["data_subject_request"],
    )


class ErasureOut(http.ResponseModel):
    """How far an erasure is."""

    seller: str = Field(description="The seller by pseudonym.")
    state: Literal["requested", "erased"] = Field(
        description="requested: another person has to send the same; erased: the key is gone."
    )
    legal_basis: str = Field(description="Why.")
    requested_by: str = Field(description="Who asked for it.")
    requested_at: AwareDatetime = Field(description="When.")
    approved_by: str | None = Field(description="Who agreed.")
    erased_at: AwareDatetime | None = Field(description="When the key was destroyed.")


@router.post(
    "/{seller}/erasure",
    status_code=_ASKED,
    response_model=ErasureOut,
    summary="Erase a seller",
    description="The first call asks for it; the same call by another person destroys the key. "
    "409 while a case is open or a legal hold stands. It cannot be undone.",
    responses={_DONE: {"model": ErasureOut, "description": "The seller is erased."}},
)
async def post_erasure(
    seller: SellerId,
    call: Caller,
    holds: GivenHolds,
    body: Annotated[ErasureBody | None, Body()] = None,
) -> Response:
    legal_basis = _check_basis(body or ErasureBody())
    marketplace = await _find_marketplace(call, seller)
    command = EraseSeller(
        marketplace=marketplace,
        seller=seller,
        legal_basis=legal_basis,
        holds=await holds(marketplace=marketplace, seller=seller),
    )

    async def work(tx: Tx) -> http.Reply:
        erasure = await erase_seller(command, tx=tx)
        return http.Reply(body=_out(erasure), status=_DONE if erasure.erased_at else _ASKED)

    return await call.write(work, marketplace=marketplace)


def _check_basis(body: ErasureBody) -> str:
    if body.legal_basis not in LEGAL_BASES:
        known = ", ".join(sorted(LEGAL_BASES))
        raise Invalid((FieldError("/legal_basis", "unknown-code", f"One of: {known}."),))
    return body.legal_basis


async def _find_marketplace(call: http.Call, seller: str) -> str:
    """
    Find whose seller it is, and permit the caller.

    Raises:
        NotFound: There is no such seller, or it is another marketplace's.
    """
    seen: list[str] = []

    async def work(tx: Tx) -> http.Reply:
        pair = await keys.find_of_seller(tx, seller) if _is_seller(seller) else None
        if pair is None or pair.marketplace is None:
            raise NotFound(seller)
        call.permit(Resource(marketplace=pair.marketplace, seller=seller), named=seller)
        seen.append(pair.marketplace)
        return http.Reply(body=None)

    await call.read(work)
    return seen[-1]


def _is_seller(text: str) -> bool:
    try:
        ids.to_uuid(text, prefix="sel")
    except ids.NotAnId:
        return False
    return True


def _out(erasure: Erasure) -> ErasureOut:
    return ErasureOut(
        seller=erasure.seller,
        state="erased" if erasure.erased_at else "requested",
        legal_basis=erasure.legal_basis,
        requested_by=erasure.requested_by,
        requested_at=erasure.requested_at,
        approved_by=erasure.approved_by,
        erased_at=erasure.erased_at,
    )
