"""What every service answers beside its own routes: health, figures, problems, documentation."""

import asyncio
import html
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from importlib.metadata import version
from typing import Any, Final

import orjson
from fastapi import FastAPI
from prometheus_client import CONTENT_TYPE_LATEST, Gauge, generate_latest
from sqlalchemy import text
from sqlalchemy.exc import SQLAlchemyError
from starlette.requests import Request
from starlette.responses import HTMLResponse, Response
from starlette.routing import Route

from chassis import figures
from chassis.http.desk import Desk
from chassis.problems import COMMON, NotFound, Problem

_CHECK_PATIENCE: Final = 2.0
_READY: Final = Gauge("chassis_ready", "1 while requests may come.")
_DEGRADED: Final = Gauge(
    "chassis_degraded", "1 while a check of `/readyz` finds something wrong.", ("check",)
)
_STYLE: Final = (
    "body{font:16px/1.5 system-ui;max-width:52rem;margin:2rem auto;padding:0 1rem}"
    "code{background:#eee;padding:0 .3em}h3{margin-bottom:0}table{border-collapse:collapse}"
    "td,th{border-bottom:1px solid #ddd;padding:.2em .8em .2em 0;text-align:left}"
)
_PAGE_POLICY: Final = "default-src 'none'; style-src 'unsafe-inline'; frame-ancestors 'none'"


@dataclass(frozen=True, slots=True, kw_only=True)
class Readiness:
    """Whether requests may come, and what is not as it should be."""

    ready: bool
    problems: Mapping[str, str]

    @property
    def state(self) -> str:
        if not self.ready:
            return "not ready"
        return "degraded" if self.problems else "ready"


def routes(app: FastAPI, problems: Mapping[str, Problem]) -> list[Route]:
    """Return the public pages. None of them shows anything of a case."""
    return [
        Route("/healthz", _healthz),
        Route("/readyz", _readyz),
        Route("/metrics", _metrics),
        Route("/version", _version),
        Route("/problems/{slug}", _problem_page(problems)),
        Route("/openapi.json", _openapi(app)),
        Route("/docs", _docs(app)),
    ]


async def _healthz(_request: Request) -> Response:
    """The loop is alive: it has just answered."""
    return _json({"status": "alive"})


async def _readyz(request: Request) -> Response:
    desk: Desk | None = getattr(request.app.state, "desk", None)
    if desk is None:
        return _json({"status": "starting"}, status=503)
    readiness = await ask(desk)
    body = {"status": readiness.state, "problems": dict(readiness.problems)}
    return _json(body, status=200 if readiness.ready else 503)


async def ask(desk: Desk) -> Readiness:
    """Ask the database and every check, all at once, each for at most 2 s."""
    names = ["database", *desk.checks]
    asked = [_database(desk), *(check.ask() for check in desk.checks.values())]
    said = await asyncio.gather(*(_within(each) for each in asked))
    problems = {name: sentence for name, sentence in zip(names, said, strict=True) if sentence}
    required = {"database"} | {name for name, check in desk.checks.items() if check.required}
    return Readiness(ready=not required & problems.keys(), problems=problems)


async def _within(asked: Any) -> str | None:  # noqa: ANN401 - an awaitable of a sentence
    try:
        async with asyncio.timeout(_CHECK_PATIENCE):
            sentence: str | None = await asked
    except TimeoutError:
        return "does not answer in time"
    return sentence


async def _database(desk: Desk) -> str | None:
    try:
        async with desk.engine.connect() as connection:
            await connection.execute(text("select 1"))
    except (SQLAlchemyError, OSError) as error:
        return f"cannot be reached ({type(error).__name__})"
    return None


async def _metrics(request: Request) -> Response:
    desk: Desk | None = getattr(request.app.state, "desk", None)
    if desk is not None:
        await figures.read(desk.engine)
        _show(await ask(desk), desk.checks)
    return Response(generate_latest(), media_type=CONTENT_TYPE_LATEST)


def _show(readiness: Readiness, checks: Iterable[str]) -> None:
    _READY.set(readiness.ready)
    for name in ("database", *checks):
        _DEGRADED.labels(name).set(name in readiness.problems)


async def _version(request: Request) -> Response:
    return _json({"service": request.app.title, "version": version("sellerworks-chassis")})


def _problem_page(problems: Mapping[str, Problem]) -> Callable[[Request], Any]:
    known = {**COMMON, **problems}

    async def page(request: Request) -> Response:
        problem = known.get(request.path_params["slug"])
        if problem is None:
            raise NotFound
        again = "Yes, unchanged, after a moment." if problem.retryable else "Not unchanged."
        return _html(
            problem.title,
            f"<h1>{html.escape(problem.title)}</h1><p><code>{problem.slug}</code>, HTTP status "
            f"{problem.status}</p><h3>What to do</h3><p>{html.escape(problem.help)}</p>"
            f"<h3>Try again?</h3><p>{again}</p>",
        )

    return page


def _openapi(app: FastAPI) -> Callable[[Request], Any]:
    async def page(_request: Request) -> Response:
        return _json(app.openapi())

    return page


def _docs(app: FastAPI) -> Callable[[Request], Any]:
    """Show the routes without a script from elsewhere: it works where nothing else is reached."""

    async def page(_request: Request) -> Response:
        described = app.openapi()
        info = described["info"]
        body = "".join(
            _operation(path, method, operation)
            for path, methods in described["paths"].items()
            for method, operation in methods.items()
        )
        return _html(
            info["title"],
            f"<h1>{html.escape(info['title'])}</h1><p>{html.escape(info.get('summary', ''))}</p>"
            f"<p><a href='/openapi.json'>openapi.json</a></p>{body}",
        )

    return page


def _operation(path: str, method: str, operation: Mapping[str, Any]) -> str:
    answers = "".join(
        f"<tr><td>{status}</td><td>{html.escape(answer['description'])}</td></tr>"
        for status, answer in operation["responses"].items()
    )
    return (
        f"<h3><code>{method.upper()} {html.escape(path)}</code></h3>"
        f"<p>{html.escape(operation.get('summary', ''))}</p>"
        f"<p>{html.escape(operation.get('description', ''))}</p><table>{answers}</table>"
    )


def _html(title: str, body: str) -> Response:
    document = (
        f"<!doctype html><html lang='en'><meta charset='utf-8'><title>{html.escape(title)}</title>"
        f"<style>{_STYLE}</style><body>{body}</body></html>"
    )
    return HTMLResponse(document, headers={"content-security-policy": _PAGE_POLICY})


def _json(body: object, *, status: int = 200) -> Response:
    return Response(orjson.dumps(body), status_code=status, media_type="application/json")
