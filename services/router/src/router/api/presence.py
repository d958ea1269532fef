"""Who is there, and who stands in for whom."""

import re
from datetime import datetime
from http import HTTPStatus
from typing import Annotated, Final, Literal

from fastapi import APIRouter, Depends
from pydantic import AwareDatetime, Field
from starlette.responses import Response

from chassis import http
from chassis.door import Tx
from chassis.problems import FieldError, Invalid, PreconditionFailed
from chassis.words import Code, Identifier, Instant
from router.api.actions import PRESENCE
from router.api.members import MemberId, get_permitted
from router.domain.presence import Delegation, Presence
from router.domain.work import Member, MemberNotFound
from router.handlers.change_presence import PresenceHasChanged, change_presence
from router.store import members, presences

router = APIRouter(prefix="/v1/members", tags=["members"])

Caller = Annotated[http.Call, Depends(http.calling(PRESENCE, raises=(MemberNotFound,)))]
_VERSION: Final = re.compile(r'"([0-9]{1,9})"')
_NO_VERSION: Final = -1
Word = Literal["available", "busy", "away", "offline"]


class DelegationBody(http.RequestModel):
    to: Identifier = Field(description="Who stands in: `mem_…` or a login.", examples=["jonas"])
    starts_at: Instant = Field(description="From when on.", examples=["2030-01-07T09:00:00Z"])
    ends_at: Instant = Field(description="Until when.", examples=["2030-01-11T17:00:00Z"])


class PresenceBody(http.RequestModel):
    presence: Word = Field(
        description="available: may be offered cases. offline: what cannot wait is given back.",
        examples=["available"],
    )
    until: Instant | None = Field(
        default=None, description="End of the shift if available, else when one will be back."
    )
    delegation: DelegationBody | None = Field(
        default=None, description="Who is asked first to take what one has to give back."
    )


class DelegationOut(http.ResponseModel):
    to: Code = Field(description="Who stands in.")
    starts_at: AwareDatetime = Field(description="From when on.")
    ends_at: AwareDatetime = Field(description="Until when.")


class PresenceOut(http.ResponseModel):
    member: Code = Field(description="Who.")
    presence: Code = Field(description="available, busy, away or offline, as it is now.")
    until: AwareDatetime | None = Field(description="End of the shift, or the return.")
    delegation: DelegationOut | None = Field(description="Who stands in, and when.")


@router.get(
    "/{member_id}/presence", response_model=PresenceOut, summary="Tell whether a member is there"
)
async def read_presence(member_id: MemberId, call: Caller) -> Response:
    """With an ETag, for whoever wants to change it."""

    async def work(tx: Tx) -> http.Reply:
        member = await get_permitted(call, tx, member_id)
        return _reply(await presences.find(tx, member.member), tx.now)

    return await call.read(work)


@router.put(
    "/{member_id}/presence", response_model=PresenceOut, summary="Come, leave, or name a stand-in"
)
async def put_presence(member_id: MemberId, body: PresenceBody, call: Caller) -> Response:
    """
    Whoever goes offline is offered nothing, and gives back what cannot wait for the return.

    One's own, or anybody's for a supervisor. If-Match is the ETag that was read, or `*`.
    """

    async def work(tx: Tx) -> http.Reply:
        member = await get_permitted(call, tx, member_id)
        said = await _said(body, member, tx=tx)
        try:
            kept = await change_presence(said, seen=_seen(call), tx=tx)
        except PresenceHasChanged as error:
            current = {"current": _etag(error.version), "last_event_here": None}
            raise PreconditionFailed(public=current) from error
        return _reply(kept, tx.now)

    return await call.write(work)


async def _said(body: PresenceBody, member: Member, *, tx: Tx) -> Presence:
    if body.until is not None and body.until <= tx.now:
        raise Invalid((FieldError("/until", "past", "It must be in the future."),))
    return Presence(
        member=member.member,
        presence=body.presence,
        until=body.until,
        delegation=await _delegation(body.delegation, member, tx=tx) if body.delegation else None,
    )


async def _delegation(asked: DelegationBody, member: Member, *, tx: Tx) -> Delegation:
    to = await members.get(tx, asked.to)
    where = "/delegation"
    if not set(to.marketplaces) & set(member.marketplaces):
        raise MemberNotFound
    if to.member == member.member:
        raise Invalid((FieldError(f"{where}/to", "oneself", "Name somebody else."),))
    if not asked.starts_at < asked.ends_at or asked.ends_at <= tx.now:
        detail = "It must come after `starts_at`, and not be over yet."
        raise Invalid((FieldError(f"{where}/ends_at", "order", detail),))
    return Delegation(to=to.member, starts_at=asked.starts_at, ends_at=asked.ends_at)


def _seen(call: http.Call) -> int | None:
    """Read If-Match; what is no version of ours matches none."""
    wanted = call.request.headers["if-match"].strip()
    if wanted == "*":
        return None
    found = _VERSION.fullmatch(wanted)
    return int(found[1]) if found else _NO_VERSION


def _etag(version: int) -> str:
    return f'"{version}"'


def _reply(said: Presence, now: datetime) -> http.Reply:
    delegation = said.delegation
    body = PresenceOut(
        member=said.member,
        presence=said.at(now),
        until=said.until,
        delegation=DelegationOut(
            to=delegation.to, starts_at=delegation.starts_at, ends_at=delegation.ends_at
        )
        if delegation
        else None,
    )
    return http.Reply(body=body, status=HTTPStatus.OK, headers={"etag": _etag(said.version)})
