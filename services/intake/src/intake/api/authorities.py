"""Authority grants: who may act for a seller, in what, until when."""

from typing import Annotated, Any, Final

from fastapi import APIRouter, Body, Depends, Path
from pydantic import AwareDatetime, Field
from starlette.responses import Response

from chassis import http, ids
from chassis.auth import Action, Resource, Scope
from chassis.door import Tx
from chassis.problems import FieldError, Invalid, NotFound
from chassis.words import Code, Instant
from intake.api.bodies import DelegateBody
from intake.api.delegates import name_delegate
from intake.api.state import GivenKit, Kit
from intake.domain.authority import Grant, GrantEnded
from intake.handlers.grant_authority import end_authority, grant_authority
from intake.store import authorities, sellers
from playbook.model import Playbook, for_marketplace

GRANT: Final = Action("authority.grant", {"front_end": Scope.MARKETPLACE, "seller": Scope.OWN})
END: Final = Action("authority.end", {**GRANT.grants, "supervisor": Scope.MARKETPLACE})
READ_GRANTS: Final = Action("authority.read", {**END.grants, "compliance": Scope.MARKETPLACE})

router = APIRouter(prefix="/v1/sellers/{seller}/authorities", tags=["authority"])

_Seller = Annotated[str, Path(description="The seller by pseudonym, `sel_…`.")]
_MOST_TYPES: Final = 50


class NewAuthority(http.RequestModel):
    party: DelegateBody = Field(description="Who may act; the handle is never kept.")
    issue_types: list[Code] = Field(
        default_factory=list, max_length=_MOST_TYPES, description="In which matters; none: in all."
    )
    valid_from: Instant | None = Field(default=None, description="From when; by default now.")
    valid_until: Instant | None = Field(default=None, description="Until when, if it ends.")


class Ending(http.RequestModel):
    reason: Code = Field(
        description="One of the playbook's list `authority_end`.", examples=["no_longer_acts"]
    )


class Authority(http.ResponseModel):
    id: str = Field(description="Our id of it.")
    seller: str = Field(description="For whom, by pseudonym.")
    party: str = Field(description="Who may act, by pseudonym, as `acting_party.id` of a case.")
    kind: str = Field(description="In which role.")
    issue_types: list[str] = Field(description="In which matters; none named: in all.")
    assurance: str = Field(description="Who vouches: `front_end`, or the seller by its `token`.")
    valid_from: AwareDatetime = Field(description="From when.")
    valid_until: AwareDatetime | None = Field(description="Until when, if it ends.")
    ended_at: AwareDatetime | None = Field(description="When it was taken back, if it was.")


class Authorities(http.ResponseModel):
    items: list[Authority] = Field(description="Newest first, ended ones too; at most 200.")


EXAMPLE: Final[dict[str, Any]] = {
    "party": {"ref": "kiln-agency", "kind": "agency"},
    "issue_types": ["payout_hold"],
    "valid_until": "2027-06-30T00:00:00Z",
}


@router.post("", status_code=201, response_model=Authority, summary="Let somebody act for a seller")
async def grant(
    seller: _Seller,
    body: Annotated[NewAuthority, Body(examples=[EXAMPLE])],
    call: Annotated[http.Call, Depends(http.calling(GRANT))],
    kit: GivenKit,
) -> Response:
    marketplace = await _permitted(call, seller)
    _check_types(body.issue_types, _playbook(kit, marketplace))

    async def work(tx: Tx) -> Authority:
        given = _grant(call, body, tx, marketplace=marketplace, seller=seller)
        await grant_authority(tx, given)
        return _shown(given)

    return await call.write(work, marketplace=marketplace, actor=_actor(call, seller))


@router.get("", response_model=Authorities, summary="List who may act for a seller")
async def list_authorities(
    seller: _Seller, call: Annotated[http.Call, Depends(http.calling(READ_GRANTS))]
) -> Response:
    await _permitted(call, seller)

    async def work(tx: Tx) -> Authorities:
        found = await authorities.find_of(tx, seller)
        return Authorities(items=[_shown(one) for one in found])

    return await call.read(work)


@router.post(
    "/{authority_id}/revocation", response_model=Authority, summary="Take a grant back at once"
)
async def revoke(
    seller: _Seller,
    authority_id: Annotated[str, Path(description="The grant, `aut_…`.")],
    body: Ending,
    call: Annotated[http.Call, Depends(http.calling(END, raises=(GrantEnded,)))],
    kit: GivenKit,
) -> Response:
    marketplace = await _permitted(call, seller)
    reasons = _playbook(kit, marketplace).codes.authority_end
    if body.reason not in reasons:
        detail = f"One of authority_end: {', '.join(reasons)}."
        raise Invalid([FieldError("/reason", "unknown-code", detail)])

    async def work(tx: Tx) -> Authority:
        given = await authorities.lock(tx, seller, authority_id)
        if given is None:
            raise NotFound
        await end_authority(tx, given, reason=body.reason)
        ended = await authorities.lock(tx, seller, authority_id)
        return _shown(ended or given)

    return await call.write(work, marketplace=marketplace, actor=_actor(call, seller))


async def _permitted(call: http.Call, seller: str) -> str:
    """
    Return the seller's marketplace.

    Raises:
        NotFound: There is no such seller, or not for the caller; one that was erased is none.
    """
    marketplace = await sellers.marketplace_of(call.desk.engine, seller)
    if marketplace is None:
        raise NotFound
    call.permit(Resource(marketplace=marketplace, seller=seller))
    return marketplace


def _actor(call: http.Call, seller: str) -> str | None:
    return f"seller:{seller}" if call.principal.kind == "seller" else None


def _playbook(kit: Kit, marketplace: str) -> Playbook:
    playbook = for_marketplace(kit.playbooks, marketplace)
    if playbook is None:
        raise NotFound
    return playbook


def _check_types(named: list[str], playbook: Playbook) -> None:
    """
    Hold the matters of a grant to the playbook: a misspelt one would cover nothing, in silence.

    Raises:
        Invalid: One is none of its issue types.
    """
    errors = [
        FieldError(f"/issue_types/{index}", "unknown-code", "an issue type of the playbook")
        for index, code in enumerate(named)
        if playbook.issue_type(code) is None
    ]
    if errors:
        raise Invalid(errors)


def _grant(call: http.Call, body: NewAuthority, tx: Tx, *, marketplace: str, seller: str) -> Grant:
    """
    Make the grant of what was asked.

    Raises:
        Invalid: It would end before it begins, or has ended.
    """
    begins = body.valid_from or tx.now
    if body.valid_until is not None and body.valid_until <= max(begins, tx.now):
        raise Invalid([FieldError("/valid_until", "too-early", "it ends after it begins and now")])
    return Grant(
        id=ids.new_id("aut", tx.now),
        marketplace=marketplace,
        seller=seller,
        party=name_delegate(call.desk.tag_key, marketplace, body.party),
        kind=body.party.kind,
        issue_types=tuple(dict.fromkeys(body.issue_types)),
        assurance="token" if call.principal.kind == "seller" else "front_end",
        valid_from=begins,
        valid_until=body.valid_until,
    )


def _shown(grant: Grant) -> Authority:
    return Authority(
        id=grant.id,
        seller=grant.seller,
        party=grant.party,
        kind=grant.kind,
        issue_types=list(grant.issue_types),
        assurance=grant.assurance,
        valid_from=grant.valid_from,
        valid_until=grant.valid_until,
        ended_at=grant.ended_at,
    )
