"""Puts door 1 together: layers, routes, pages, and the check that every route says who may."""

from collections.abc import Iterable, Mapping
from functools import partial
from typing import Any

from fastapi import APIRouter, FastAPI
from fastapi.exceptions import RequestValidationError
from fastapi.routing import APIRoute
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Match
from starlette.types import Message, Scope, Send

from chassis import ops
from chassis.http import pages
from chassis.http.around import Around
from chassis.http.errors import answer
from chassis.http.openapi import api_routes, calling_of, describe
from chassis.problems import Problem, ProblemTable, Refusal, check_table
from chassis.strict_json import LARGEST_BODY, StrictJson


class RouteWithoutAction(Exception):
    """A route does not say who may: the service must not start."""


class NestedRouter(Exception):
    """A router includes another: routes must be seen to be checked. List both in the service."""


def fastapi_options(*, title: str, summary: str, version: str) -> dict[str, Any]:
    """Return what FastAPI is made with: our own pages instead of its, strict about content."""
    return {
        "title": title,
        "summary": summary,
        "version": version,
        "openapi_url": None,
        "docs_url": None,
        "redoc_url": None,
        "redirect_slashes": False,
    }


def install(app: FastAPI, *, routers: Iterable[APIRouter], problems: ProblemTable) -> None:
    """
    Give an application its routes, layers and pages.

    Raises:
        RouteWithoutAction: A route lacks `Depends(calling(…))`.
        NestedRouter: A router includes another one.
        TableContradicts: The problem table gives a common slug another status.
    """
    check_table(problems)
    app.state.problems = problems
    for router in (*routers, ops.router()):
        app.router.routes.extend(_flat(router))
    check_actions(app)
    app.router.routes.extend(pages.routes(app, _by_slug(problems)))
    app.openapi = partial(_described_once, app, problems)  # type: ignore[method-assign] # FastAPI's documented way
    _handle_errors(app, problems)


def _flat(router: APIRouter) -> list[APIRoute]:
    flat = [route for route in router.routes if isinstance(route, APIRoute)]
    if len(flat) < len(router.routes):
        raise NestedRouter(router.prefix)
    return flat


def check_actions(app: FastAPI) -> None:
    """Refuse an application with a route that does not declare its action."""
    for route in api_routes(app):
        if calling_of(route) is None:
            raise RouteWithoutAction(f"{sorted(route.methods or ())} {route.path}")


def _by_slug(problems: ProblemTable) -> Mapping[str, Problem]:
    return {problem.slug: problem for problem in problems.values()}


def _described_once(app: FastAPI, problems: ProblemTable) -> dict[str, Any]:
    if app.openapi_schema is None:
        app.openapi_schema = describe(app, problems)
    return app.openapi_schema


def _handle_errors(app: FastAPI, problems: ProblemTable) -> None:
    """Answer FastAPI's own errors as ours; all others travel up to the outermost layer."""

    async def handle(request: Request, error: Exception) -> Response:
        return answer(error, request.scope, problems)

    async def refuse(scope: Scope, refusal: Refusal, send: Send) -> None:
        await answer(refusal, scope, problems)(scope, _nothing_more, send)

    app.add_exception_handler(RequestValidationError, handle)
    app.add_exception_handler(HTTPException, handle)
    app.add_middleware(StrictJson, answer=refuse, limit=partial(_largest, app))
    app.add_middleware(Around, problems=problems)


def _largest(app: FastAPI, scope: Scope) -> int | None:
    """Say how large a body the route takes; None: it reads its body itself."""
    for route in api_routes(app):
        if route.matches(scope)[0] is Match.FULL and (calling := calling_of(route)):
            return None if calling.upload else calling.largest
    return LARGEST_BODY


async def _nothing_more() -> Message:
    return {"type": "http.disconnect"}
