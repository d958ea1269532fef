"""A service of tests with one route of every sort, behind the real door 1."""

import asyncio
import os
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any
from uuid import UUID

import httpx
from fastapi import APIRouter, Depends, FastAPI
from pydantic import Field
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncEngine
from starlette.responses import Response

from bells import pen_of
from builders_contracts import a_case_opened, an_id
from chassis import http, ids, views
from chassis.auth import Action, Scope
from chassis.door import Tx
from chassis.outbox import announce
from chassis.positions import Changes
from chassis.problems import NotAllowedNow, Problem, ProblemTable
from chassis.settings import ServiceSettings
from chassis.words import Amount, Day, Identifier, MarketplaceName, Note
from contracts.cases import SellerMessageReceived
from identities import AUDIENCE, ISSUER, Identities

PIN = "marketplace-core@1.0.0"
FILE = Action("porch.file", {"front_end": Scope.MARKETPLACE, "seller": Scope.OWN})
WORK = Action("porch.work", {"front_end": Scope.MARKETPLACE, "agent": Scope.WORKER | Scope.TEAM})
READ = Action("porch.read", {**WORK.grants, "seller": Scope.OWN, "compliance": Scope.MARKETPLACE})
router = APIRouter(prefix="/v1", tags=["porch"])


class BellIsBroken(Exception):
    """A domain error that knows nothing of HTTP."""


class NotYetRouted(Exception):
    """A guard of the domain: it may hold in a moment."""


PROBLEMS: ProblemTable = {
    BellIsBroken: Problem("bell-is-broken", "The bell is broken", 409, help="Knock."),
    NotYetRouted: Problem("not-allowed-now", "It is in no queue yet", 409, help="Wait."),
}


class Filing(http.RequestModel):
    marketplace: MarketplaceName = Field(description="Whose.", examples=["harbour"])
    external_ref: Identifier = Field(description="Theirs.")
    description: Note = Field(description="Words.")
    amount: Amount | None = Field(default=None, description="At risk.")
    since: Day | None = Field(default=None, description="Since when.")
    score: float | None = Field(default=None, description="A number.")
    facts: dict[str, Any] = Field(default={}, description="Anything.")


class CaseOut(http.ResponseModel):
    id: str = Field(description="The case.")
    status: str = Field(description="Its status.")
    description: http.Restricted = Field(default=None, description="What they say.")


class Done(http.ResponseModel):
    done: str = Field(description="What.")


@router.post("/cases", status_code=201, response_model=CaseOut, summary="File a case")
async def file_case(
    body: Filing, call: Annotated[http.Call, Depends(http.calling(FILE))]
) -> Response:
    call.permit_marketplace(body.marketplace)

    async def work(tx: Tx) -> http.Reply:
        case = ids.new_id("case", tx.now)
        fact = a_case_opened(external_ref=body.external_ref)
        announce(tx, fact, subject=case, marketplace=body.marketplace, playbook=PIN)
        where = {"location": f"/v1/cases/{case}"}
        return http.Reply(body=CaseOut(id=case, status="opened"), case=case, headers=where)

    return await call.write(work, marketplace=body.marketplace)


@router.get("/cases/{case_id}", response_model=CaseOut, summary="Read a case")
async def read_case(
    case_id: http.CaseId, call: Annotated[http.Call, Depends(http.calling(READ))]
) -> Response:
    async def work(tx: Tx) -> CaseOut:
        state = tx.views[case_id].state
        shown = call.reveal(state.description)
        return CaseOut(id=case_id, status=state.status, description=shown)

    return await call.read(work, case=case_id)


@router.get("/cases", response_model=http.Page[CaseOut], summary="List cases")
async def list_cases(
    wanted: http.PageWanted, call: Annotated[http.Call, Depends(http.calling(READ))]
) -> Response:
    async def work(tx: Tx) -> http.Page[CaseOut]:
        found = await tx.execute(
            text(
                "select case_id::text from case_view where marketplace = any(:mine) and"
                " (cast(:after as text) is null or case_id::text > :after) order by 1 limit :n"
            ),
            {
                "mine": list(call.principal.marketplaces),
                "after": wanted.after[0] if wanted.after else None,
                "n": wanted.limit + 1,
            },
        )
        return wanted.page(
            found.scalars().all(),
            key=lambda id_: (id_,),
            item=lambda id_: CaseOut(id=id_, status=""),
        )

    return await call.read(work)


@router.post("/cases/{case_id}/messages", response_model=Done, summary="Say something")
async def say(
    case_id: http.CaseId, call: Annotated[http.Call, Depends(http.calling(WORK))]
) -> Response:
    async def work(tx: Tx) -> Done:
        fact = SellerMessageReceived(message=an_id("msg"), channel="portal", repeated_contact=False)
        announce(tx, fact, subject=case_id)
        return Done(done="said")

    return await call.write(work, case=case_id)


@router.post("/cases/{case_id}/lingering", response_model=Done, summary="Takes its time")
async def linger(
    case_id: http.CaseId, call: Annotated[http.Call, Depends(http.calling(WORK))]
) -> Response:
    async def work(_tx: Tx) -> Done:
        call.request.app.state.lingering.set()
        await call.request.app.state.let_go.wait()
        return Done(done=case_id)

    return await call.write(work, case=case_id)


@router.post("/cases/{case_id}/closing", response_model=Done, summary="Only once it is routed")
async def close(
    case_id: http.CaseId, call: Annotated[http.Call, Depends(http.calling(WORK))]
) -> Response:
    async def work(tx: Tx) -> Done:
        state = tx.views[case_id].state
        if state.route is None:
            call.request.app.state.refused.set()
        if state.route is None and call.request.query_params:
            raise NotYetRouted
        if state.route is None:
            raise NotAllowedNow(status=state.status, allowed=["wait"])
        return Done(done="closed")

    return await call.write(work, case=case_id)


@router.put("/cases/{case_id}/shelf", response_model=Done, summary="Change an own row")
async def shelve(
    case_id: http.CaseId, call: Annotated[http.Call, Depends(http.calling(WORK))]
) -> Response:
    async def work(tx: Tx) -> Done:
        views.touch(tx.views[case_id])
        return Done(done="shelved")

    return await call.write(work, case=case_id)


@router.post("/things/{thing}", response_model=Done, summary="Of a case that has to be found")
async def find_thing(
    thing: str, call: Annotated[http.Call, Depends(http.calling(WORK))]
) -> Response:
    async def case_of(tx: Tx) -> str:
        found = await tx.scalar(text("select case_id::text from case_view limit 1"))
        if found is None or thing != "known":
            raise http.NotFound(thing)
        return ids.from_uuid("case", UUID(found))

    async def work(tx: Tx) -> Done:
        return Done(done=next(iter(tx.views)))

    return await call.write(work, case=case_of)


@router.post("/previews", response_model=Done, summary="Stores nothing")
async def preview(
    body: Filing, call: Annotated[http.Call, Depends(http.calling(FILE, transient=True))]
) -> Response:
    async def work(tx: Tx) -> Done:
        return Done(done=body.description)

    return await call.write(work)


@router.post("/deferred", status_code=201, response_model=Done, summary="Fails at the commit")
async def deferred(call: Annotated[http.Call, Depends(http.calling(FILE))]) -> Response:
    async def work(tx: Tx) -> Done:
        await tx.execute(
            text("create temp table t (a int unique deferrable initially deferred) on commit drop")
        )
        await tx.execute(text("insert into t values (1), (1)"))
        return Done(done="never")

    return await call.write(work)


@router.post("/crashes/{how}", response_model=Done, summary="Fails")
async def crash(
    how: str, call: Annotated[http.Call, Depends(http.calling(FILE, raises=(BellIsBroken,)))]
) -> Response:
    async def work(tx: Tx) -> Done:
        if how == "bell":
            raise BellIsBroken("canary-7f3a")
        if how == "database":
            await tx.execute(text("select cast('canary-7f3a' as int)"))
        raise RuntimeError("canary-7f3a")

    return await call.write(work)


@router.post("/files", response_model=Done, summary="Takes a file")
async def upload(
    call: Annotated[http.Call, Depends(http.calling(FILE, upload=True))],
) -> Response:
    length = 0
    async for chunk in call.request.stream():
        length += len(chunk)

    async def work(_tx: Tx) -> Done:
        return Done(done=str(length))

    return await call.write(work, fingerprint=[length])


@dataclass(frozen=True, slots=True, kw_only=True)
class Porch:
    """The running service, and whoever knocks."""

    client: httpx.AsyncClient
    desk: http.Desk
    app: FastAPI
    identities: Identities

    def as_(self, name: str, **changed: object) -> dict[str, str]:
        return self.identities.headers(name, **changed)


def settings_in(folder: Path, **changed: object) -> ServiceSettings:
    tag_key = folder / "tag.key"
    tag_key.write_bytes(os.urandom(32))
    tag_key.chmod(0o600)
    given: dict[str, Any] = {
        "service": "porch",
        "port": 0,
        "database_url": "postgresql://unused",
        "issuer": ISSUER,
        "audience": AUDIENCE,
        "jwks_url": "http://issuer.test/jwks.json",
        "signing_key_file": folder / "signing.key",
        "tag_key_file": tag_key,
        "data": folder,
    }
    return ServiceSettings(**(given | changed))


@asynccontextmanager
async def open_porch(engine: AsyncEngine, folder: Path, **changed: object) -> AsyncIterator[Porch]:
    identities, settings = Identities(), settings_in(folder, **changed)
    app = FastAPI(**http.fastapi_options(title="porch", summary="Tests.", version="1"))
    http.install(app, routers=(router,), problems=PROBLEMS)
    app.state.refused = asyncio.Event()  # set when the guard of `close` has failed
    app.state.lingering, app.state.let_go = asyncio.Event(), asyncio.Event()
    async with http.open_desk(
        settings,
        engine=engine,
        pen=pen_of("intake"),
        changes=Changes(),
        verifier=identities.verifier(),
    ) as desk:
        app.state.desk = desk
        transport = httpx.ASGITransport(app)
        async with httpx.AsyncClient(transport=transport, base_url="http://porch") as client:
            yield Porch(client=client, desk=desk, app=app, identities=identities)


def a_filing(**changed: object) -> dict[str, object]:
    filing = {"marketplace": "harbour", "external_ref": "HB-20931", "description": "Help."}
    return filing | changed


async def file_one(porch: Porch, key: str = "key-1") -> httpx.Response:
    headers = porch.as_("harbour-front-end") | {"idempotency-key": key}
    return await porch.client.post("/v1/cases", json=a_filing(), headers=headers)
