"""Who works here."""

from typing import Annotated

from fastapi import APIRouter, Depends
from pydantic import Field
from starlette.responses import Response

from chassis import http
from chassis.door import Tx
from chassis.paging import Key
from chassis.words import Code
from router import store
from router.api.actions import LIST_MEMBERS
from router.domain.work import Member

router = APIRouter(prefix="/v1/members", tags=["members"])

Caller = Annotated[http.Call, Depends(http.calling(LIST_MEMBERS))]


class MemberOut(http.ResponseModel):
    member: Code = Field(description="Pseudonym, the same everywhere.")
    login: str = Field(description="Login: staff names stand only here.")
    name: str = Field(description="Name.")
    teams: tuple[Code, ...] = Field(description="Teams.")
    roles: tuple[Code, ...] = Field(description="Roles.")
    authority: int = Field(description="What the person may decide, 0 to 4.")
    skills: tuple[Code, ...] = Field(description="What the person knows.")
    capacity: int = Field(description="Cases at a time.")


@router.get("", response_model=http.Page[MemberOut], summary="List the members, by login")
async def list_members(wanted: http.PageWanted, call: Caller) -> Response:
    async def work(tx: Tx) -> http.Page[MemberOut]:
        found = await store.list_members(
            tx,
            marketplaces=call.principal.marketplaces,
            after=_login(wanted.after),
            limit=wanted.limit + 1,
        )
        return wanted.page(found, key=lambda member: (member.login,), item=_out)

    return await call.read(work)


def _out(member: Member) -> MemberOut:
    return MemberOut(
        member=member.member,
        login=member.login,
        name=member.name,
        teams=member.teams,
        roles=member.roles,
        authority=member.authority,
        skills=member.skills,
        capacity=member.capacity,
    )


def _login(key: Key | None) -> str | None:
    match key:
        case [str(login)]:
            return login
        case _:
            return None  # the first page, or a cursor of another list
