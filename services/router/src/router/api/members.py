"""Who works here, and what each has in hand."""

from typing import Annotated

from fastapi import APIRouter, Depends, Path
from pydantic import Field
from starlette.responses import Response

from chassis import http
from chassis.auth import Resource
from chassis.door import Tx
from chassis.paging import Key
from chassis.problems import NotFound
from chassis.words import Code, Identifier
from router.api.actions import LIST_MEMBERS, LIST_OWN_WORK
from router.api.worklists import FiltersWanted, QueuedCaseOut, cases_out, key_of, place_of
from router.domain.work import Member, MemberNotFound
from router.store import members, on_hold, queued_cases

router = APIRouter(prefix="/v1/members", tags=["members"])

Caller = Annotated[http.Call, Depends(http.calling(LIST_MEMBERS))]
Worker = Annotated[http.Call, Depends(http.calling(LIST_OWN_WORK))]
MemberId = Annotated[Identifier, Path(description="`mem_…` or the login.", examples=["mara"])]


class MemberOut(http.ResponseModel):
    member: Code = Field(description="Pseudonym, the same everywhere.")
    login: str = Field(description="Login: staff names stand only here.")
    name: str = Field(description="Name.")
    teams: tuple[Code, ...] = Field(description="Teams.")
    roles: tuple[Code, ...] = Field(description="Roles.")
    authority: int = Field(description="What the person may decide, 0 to 4.")
    clearances: tuple[Code, ...] = Field(description="Classes the person may open.")
    skills: tuple[Code, ...] = Field(description="What the person knows.")
    capacity: int = Field(description="Cases at a time.")


@router.get("", response_model=http.Page[MemberOut], summary="List the members, by login")
async def list_members(wanted: http.PageWanted, call: Caller) -> Response:
    async def work(tx: Tx) -> http.Page[MemberOut]:
        found = await members.list_page(
            tx,
            marketplaces=call.principal.marketplaces,
            after=_login(wanted.after),
            limit=wanted.limit + 1,
        )
        return wanted.page(found, key=lambda member: (member.login,), item=_out)

    return await call.read(work)


@router.get(
    "/{member_id}/cases",
    response_model=http.Page[QueuedCaseOut],
    summary="List what a member holds, what breaks first first",
)
async def list_cases_of_member(
    member_id: MemberId, wanted: http.PageWanted, filters: FiltersWanted, call: Worker
) -> Response:
    """One's own; supervisors see everybody's of their marketplaces."""

    async def work(tx: Tx) -> http.Page[QueuedCaseOut]:
        member = await get_permitted(call, tx, member_id)
        rows = await queued_cases.list_held(
            tx,
            member.member,
            marketplaces=call.principal.marketplaces,
            wanted=filters.by(),
            after=place_of(wanted.after),
            limit=wanted.limit + 1,
        )
        return wanted.page(rows, key=key_of, item=cases_out(await on_hold.list_cases(tx)))

    return await call.read(work)


async def get_permitted(
    call: http.Call, tx: Tx, member_id: str, *, for_update: bool = False
) -> Member:
    """
    Find a member whom the caller may ask about.

    Raises:
        NotFound: Nobody of the caller's marketplaces has this id or login.
        Forbidden: It is somebody else, and the caller does not supervise.
    """
    try:
        member = await members.get(tx, member_id, for_update=for_update)
    except MemberNotFound as error:
        raise NotFound from error
    shared = sorted(call.principal.marketplaces & set(member.marketplaces))
    marketplace = shared[0] if shared else None
    call.permit(Resource(marketplace=marketplace, members=frozenset({member.member})))
    return member


def _out(member: Member) -> MemberOut:
    return MemberOut(
        member=member.member,
        login=member.login,
        name=member.name,
        teams=member.teams,
        roles=member.roles,
        authority=member.authority,
        clearances=member.clearances,
        skills=member.skills,
        capacity=member.capacity,
    )


def _login(key: Key | None) -> str | None:
    match key:
        case [str(login)]:
            return login
        case _:
            return None  # the first page, or a cursor of another list
