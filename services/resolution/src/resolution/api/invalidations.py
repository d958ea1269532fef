"""Withdrawing a letter, and who had got it by then."""

from collections.abc import Mapping
from typing import Annotated, Final

from fastapi import APIRouter, Depends, Path, Query
from pydantic import AwareDatetime, ConfigDict, Field, JsonValue
from starlette.responses import Response

from chassis import http
from chassis.auth import Action, Resource, Scope
from chassis.door import Tx
from chassis.paging import moment_and_id
from chassis.problems import Invalid, NotFound
from chassis.words import Code, Instant, MarketplaceName
from contracts.words import Reference
from resolution.api.access import is_id, playbooks_of
from resolution.domain.invalidation import Invalidation, Recontact
from resolution.handlers.invalidate_letter import (
    InvalidatedAlready,
    InvalidateLetter,
    invalidate_letter,
)
from resolution.store import invalidations, recontacts

INVALIDATE: Final = Action(
    "asset.invalidate", {"policy_owner": Scope.MARKETPLACE, "council": Scope.MARKETPLACE}
)
LIST: Final = Action(
    "asset.invalidations",
    {
        "policy_owner": Scope.MARKETPLACE,
        "council": Scope.MARKETPLACE,
        "supervisor": Scope.MARKETPLACE,
        "compliance": Scope.MARKETPLACE,
    },
)
AssetPin = Annotated[
    str,
    Path(
        description="Template and version, as letters name it.",
        examples=["payout_hold.update@1"],
        pattern=r"^[A-Za-z0-9][A-Za-z0-9_.-]{0,63}@[0-9]{1,9}$",
    ),
]
InvalidationPath = Annotated[
    str, Path(description="The withdrawal.", examples=["inv_01m80000000000000000000000"])
]

router = APIRouter(prefix="/v1", tags=["letters"])

_RAISES: Final = (Invalid, InvalidatedAlready, NotFound)
_EXAMPLE: Final[dict[str, JsonValue]] = {
    "marketplace": "harbour",
    "reason": "policy_change",
    "instead": "payout_hold.first_response",
}


class InvalidationBody(http.RequestModel):
    """Where a letter is withdrawn, why, from when, and what stands in for it."""

    model_config = ConfigDict(json_schema_extra={"examples": [_EXAMPLE]})

    marketplace: MarketplaceName = Field(description="On which marketplace.")
    reason: Code = Field(description="Of the playbook's list template_withdrawn.")
    playbook: Reference | None = Field(
        default=None, description="Only as this version has it; left out: in every version."
    )
    regions: Annotated[list[Code], Field(max_length=50)] = Field(
        default=[], description="Only in the wording of these; none: in every region."
    )
    instead: Code | None = Field(default=None, description="The template to use in its place.")
    from_: Instant | None = Field(
        default=None, alias="from", description="From a moment to come; left out: at once."
    )


class InvalidationOut(http.ResponseModel):
    """A letter that was withdrawn."""

    id: str = Field(description="Our id of it.")
    marketplace: str = Field(description="Where.")
    asset: str = Field(description="Template and version.")
    playbook: str | None = Field(description="Only as this version has it; null: in every one.")
    regions: list[str] = Field(description="Only in their wording; none: in every region.")
    reason: str = Field(description="Why, a code of the playbook.")
    instead: str | None = Field(description="The template to use in its place.")
    effective_at: AwareDatetime = Field(description="It is sent no more from then on.")
    invalidated_at: AwareDatetime = Field(description="When it was withdrawn.")
    invalidated_by: str = Field(description="By whom, a pseudonym.")
    listed: bool = Field(description="Whether all cases that used it are known: once in force.")
    cases: int = Field(description="Cases that used it.")
    decided: int = Field(description="Of those, in how many somebody has decided.")


class AffectedCase(http.ResponseModel):
    """A case whose seller has the letter."""

    case: str = Field(description="The case.")
    first_used_at: AwareDatetime = Field(description="When the letter went out first.")
    messages: list[str] = Field(description="Every letter that used it, the oldest first.")
    asked: bool | None = Field(
        description="Whether the case was open, so that its owner is asked; null: not told yet."
    )
    outcome: str | None = Field(description="contact_again, no_contact; null: not decided.")
    reason: str | None = Field(description="Why it was decided so.")
    decided_by: str | None = Field(description="By whom, a pseudonym.")
    decided_at: AwareDatetime | None = Field(description="When.")


@router.post(
    "/assets/{asset}/invalidation",
    status_code=201,
    response_model=InvalidationOut,
    summary="Withdraw a letter",
)
async def invalidate(
    asset: AssetPin,
    body: InvalidationBody,
    call: Annotated[http.Call, Depends(http.calling(INVALIDATE, raises=_RAISES))],
) -> Response:
    """
    Let a version of a letter be sent no more.

    Every sending of it has happened before the answer, and its case is listed, or is refused.
    """
    call.permit_marketplace(body.marketplace)
    command = InvalidateLetter(
        marketplace=body.marketplace,
        asset=asset,
        reason=body.reason,
        playbook=body.playbook,
        regions=tuple(body.regions),
        instead=body.instead,
        effective_at=body.from_,
    )

    async def work(tx: Tx) -> InvalidationOut:
        made = await invalidate_letter(tx, command, playbooks=playbooks_of(call))
        return _shown(made, await recontacts.count(tx, [made.id]))

    return await call.write(work, marketplace=body.marketplace)


@router.get(
    "/asset-invalidations",
    response_model=http.Page[InvalidationOut],
    summary="List withdrawn letters, the oldest first",
)
async def list_invalidations(
    wanted: http.PageWanted,
    call: Annotated[http.Call, Depends(http.calling(LIST))],
    asset: Annotated[
        Reference | None, Query(description="Only of this template and version.")
    ] = None,
) -> Response:
    """Those of the caller's marketplaces, with how many cases are left to decide about."""

    async def work(tx: Tx) -> http.Page[InvalidationOut]:
        rows = await invalidations.find_page(
            tx,
            marketplaces=call.principal.marketplaces,
            asset=asset,
            after=moment_and_id(wanted.after, prefix="inv"),
            limit=wanted.limit + 1,
        )
        counted = await recontacts.count(tx, [row.id for row in rows])
        return wanted.page(
            rows,
            key=lambda row: (row.invalidated_at, row.id),
            item=lambda row: _shown(row, counted),
        )

    return await call.read(work)


@router.get(
    "/asset-invalidations/{invalidation_id}/cases",
    response_model=http.Page[AffectedCase],
    summary="List the cases that used a withdrawn letter",
)
async def list_cases(
    invalidation_id: InvalidationPath,
    wanted: http.PageWanted,
    call: Annotated[http.Call, Depends(http.calling(LIST))],
) -> Response:
    """In the order in which they first used it, each with all its uses and what was decided."""

    async def work(tx: Tx) -> http.Page[AffectedCase]:
        invalidation = await _get(tx, invalidation_id, call)
        rows = await recontacts.find_page(
            tx,
            invalidation.id,
            after=moment_and_id(wanted.after, prefix="case"),
            limit=wanted.limit + 1,
        )
        uses = await recontacts.uses_of(tx, invalidation, [row.case for row in rows])
        return wanted.page(
            rows,
            key=lambda row: (row.first_used_at, row.case),
            item=lambda row: _affected(row, uses),
        )

    return await call.read(work)


async def _get(tx: Tx, invalidation_id: str, call: http.Call) -> Invalidation:
    """Find a withdrawal of the caller's marketplaces; another's is as unknown as none."""
    known = is_id(invalidation_id, "inv")
    found = await invalidations.find(tx, invalidation_id) if known else None
    if found is None:
        raise NotFound(invalidation_id)
    call.permit(Resource(marketplace=found.marketplace), named=invalidation_id)
    return found


def _shown(one: Invalidation, counted: Mapping[str, tuple[int, int]]) -> InvalidationOut:
    cases, decided = counted.get(one.id, (0, 0))
    return InvalidationOut(
        id=one.id,
        marketplace=one.marketplace,
        asset=one.asset,
        playbook=one.playbook,
        regions=list(one.regions),
        reason=one.reason,
        instead=one.instead,
        effective_at=one.effective_at,
        invalidated_at=one.invalidated_at,
        invalidated_by=one.actor,
        listed=one.listed_at is not None,
        cases=cases,
        decided=decided,
    )


def _affected(row: Recontact, uses: Mapping[str, tuple[str, ...]]) -> AffectedCase:
    return AffectedCase(
        case=row.case,
        first_used_at=row.first_used_at,
        messages=list(uses.get(row.case, ())),
        asked=row.asked,
        outcome=row.outcome,
        reason=row.reason,
        decided_by=row.decided_by,
        decided_at=row.decided_at,
    )
