"""All seven services, each with one real case of `harbour`, and how to knock at any route."""

from collections.abc import AsyncIterator, Iterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from importlib import import_module
from pathlib import Path
from typing import Any, Final
from uuid import uuid4

import httpx
from fastapi import FastAPI
from fastapi.routing import APIRoute
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncEngine

from builders_resolution import records
from chassis import application
from chassis.auth import PUBLIC, Scope, Verifier
from chassis.consumer import deliver
from chassis.door import Pen
from chassis.http.calls import Calling
from chassis.http.openapi import api_routes, calling_of
from chassis.problems import MEDIA_TYPE
from chassis.signing import write_new_key
from chassis.subscriptions import Consumer
from contracts.event import Contract
from identities import AUDIENCE, ISSUER, MEMBERS, Identities

SERVICES = ("vault", "intake", "router", "resolution", "handoff", "sla-monitor", "audit")
PLAYBOOKS = Path(__file__).parents[1] / "playbooks"
CANARY = "Canary-7f3a-of-the-kiln"
PDF = b"%PDF-1.7\n%\xe2\xe3\xcf\xd3\n1 0 obj\n<<>>\nendobj\n"
HARBOUR: Mapping[str, str] = {
    "front_end": "harbour-front-end",
    "seller": "seller-clay-and-co",
    "agent": "mara",
    "senior_agent": "jonas",
    "supervisor": "sofia",
    "partner": "finance-desk",
    "compliance": "ines",
    "operator": "olga",
    "service": "service-intake",
}
SHAPE = {
    "type",
    "title",
    "status",
    "detail",
    "instance",
    "code",
    "request_id",
    "trace_id",
    "retryable",
    "errors",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Knock:
    """A route, and a request to it that is about the seeded case."""

    route: APIRoute
    calling: Calling
    method: str
    path: str
    query: Mapping[str, str]
    body: Any
    answers_stream: bool
    queries: frozenset[str]

    @property
    def name(self) -> str:
        return f"{self.method} {self.route.path}"

    @property
    def takes_json(self) -> bool:
        return self.method != "GET" and not self.calling.upload

    @property
    def is_of_a_marketplace(self) -> bool:
        """Whether the request names something that belongs to one marketplace."""
        named = self.path + str(self.query) + str(self.body)
        return any(sign in named for sign in _OF_A_MARKETPLACE)

    @property
    def bounded_roles(self) -> list[str]:
        """Roles whose power ends at a marketplace or a seller."""
        grants = self.calling.action.grants.items()
        return [role for role, scope in grants if Scope.ANY not in scope]

    @property
    def a_role(self) -> str:
        return next(iter(self.calling.action.grants))

    @property
    def creates(self) -> bool:
        return self.route.status_code == _CREATED

    def payload(self) -> dict[str, Any]:
        if self.method == "GET":
            return {}
        if self.calling.upload:
            form = {"kind": "business_registration"}
            return {"data": form, "files": {"file": ("a.pdf", PDF, "application/pdf")}}
        return {} if self.body is None else {"json": self.body}


_CREATED = 201
# Half a second for a service, and the same in every test.
_DESCRIBED: Final[dict[str, dict[str, Any]]] = {}
_OF_A_MARKETPLACE = (
    "case_",
    "hnd_",
    "msg_",
    "evd_",
    "esc_",
    "exp_",
    "hld_",
    "sel_",
    "inv_",
    "apl_",
    "event_id",
    "harbour",
)


@dataclass(slots=True, kw_only=True)
class House:
    """A service behind its door 1, with a case in it."""

    name: str
    app: FastAPI
    service: application.Service
    client: httpx.AsyncClient
    engine: AsyncEngine
    identities: Identities
    folder: Path
    ids: dict[str, str] = field(default_factory=dict)
    """What stands for each path parameter: something of marketplace `harbour`."""
    bodies: dict[str, Any] = field(default_factory=dict)
    """Bodies by the route's name, where the documented example cannot know our ids."""
    queries: dict[str, dict[str, str]] = field(default_factory=dict)

    async def hear(self, *facts: Contract) -> None:
        consumer = next(one for one in self.service.consumers if isinstance(one, Consumer))
        pen: Pen = self.app.state.desk.pen
        outcome = await deliver(records(facts), to=consumer, engine=self.engine, pen=pen)
        assert outcome.parked == 0

    async def ask(self, method: str, path: str, **given: Any) -> httpx.Response:  # noqa: ANN401 - as httpx takes it
        """Send a request. Whatever is refused is refused in the agreed shape, without an echo."""
        response = await self.client.request(method, path, **given)
        what = (self.name, method, path, response.status_code, response.text[:300])
        assert response.status_code < 500 or response.json()["code"] == "vault-unavailable", what
        if response.status_code >= 400:
            check_problem(response)
        return response

    async def knock(
        self,
        knock: Knock,
        headers: Mapping[str, str],
        **changed: Any,  # noqa: ANN401 - as httpx takes it
    ) -> httpx.Response:
        """Send the request, with a key of its own unless the headers bring one."""
        given = {"params": knock.query, **knock.payload()} | changed
        keyed = {"idempotency-key": uuid4().hex} if knock.method != "GET" else {}
        sent = {name: value.encode("latin-1") for name, value in {**keyed, **headers}.items()}
        return await self.ask(knock.method, knock.path, headers=sent, **given)

    def harbour(self, role: str, **claims: object) -> dict[str, str]:
        """Return the headers of somebody of harbour in this role."""
        who = HARBOUR.get(role)
        if who is None:
            return self.identities.headers("jonas", roles=[role], **claims)
        return self.identities.headers(who, **claims)

    def identities_of_harbour(self) -> set[str]:
        return {MEMBERS[who] for who in HARBOUR.values() if who in MEMBERS}

    def knocks(self) -> Iterator[Knock]:
        """Make a request for every route; one without an id for a parameter fails here."""
        if self.name not in _DESCRIBED:
            _DESCRIBED[self.name] = self.app.openapi()
        document = _DESCRIBED[self.name]
        for route in api_routes(self.app):
            calling = calling_of(route)
            assert calling is not None
            for method in sorted(route.methods or ()):
                operation = document["paths"][route.path_format][method.lower()]
                yield Knock(
                    route=route,
                    calling=calling,
                    method=method,
                    path=route.path_format.format_map(_Known(self.ids)),
                    query=self.queries.get(route.name, {}),
                    body=self._body(route, operation, document),
                    queries=frozenset(
                        one["name"]
                        for one in operation.get("parameters", ())
                        if one["in"] == "query"
                    ),
                    answers_stream="text/event-stream" in str(operation["responses"]),
                )

    def _body(
        self, route: APIRoute, operation: Mapping[str, Any], document: Mapping[str, Any]
    ) -> Any:  # noqa: ANN401 - any JSON
        if route.name in self.bodies:
            return self.bodies[route.name]
        return _example(operation, document)

    def protected(self) -> Iterator[Knock]:
        yield from (one for one in self.knocks() if one.calling.action is not PUBLIC)

    async def remains(self) -> dict[str, str]:
        """Return a digest of every table: any row that comes, goes or changes shows."""
        wanted = text("select tablename from pg_tables where schemaname = 'public' order by 1")
        async with self.engine.connect() as connection:
            tables = (await connection.execute(wanted)).scalars().all()
            rows = await connection.execute(text(" union all ".join(map(_digest, tables))))
            return {row[0]: row[1] for row in rows}


def check_problem(response: httpx.Response) -> None:
    """Hold an error to api.md §3, and to saying nothing of what was sent."""
    what = f"{response.request.method} {response.request.url} {response.text[:300]}"
    assert response.headers["content-type"] == MEDIA_TYPE, what
    problem = response.json()
    assert problem.keys() >= SHAPE, what
    assert problem["status"] == response.status_code, what
    assert problem["type"] == f"/problems/{problem['code']}", what
    assert problem["request_id"] == response.headers["x-request-id"], what
    assert isinstance(problem["retryable"], bool), what
    assert all(one.keys() == {"pointer", "code", "detail"} for one in problem["errors"]), what
    assert CANARY.lower() not in (response.text + str(response.headers)).lower(), what


class _Known(dict[str, str]):
    def __missing__(self, name: str) -> str:
        raise AssertionError(f"tests/street.py does not know what stands for {{{name}}} in a path")


def _digest(table: str) -> str:
    return (
        f"select '{table}', count(*) || md5(string_agg(t::text, '|' order by t::text))"  # noqa: S608 - names come from the catalogue
        f' from "{table}" t having count(*) > 0'
    )


def _example(operation: Mapping[str, Any], document: Mapping[str, Any]) -> Any:  # noqa: ANN401 - any JSON
    content = operation.get("requestBody", {}).get("content", {})
    schema = content.get("application/json", {}).get("schema")
    return None if schema is None else example_of(schema, document)


def example_of(schema: Mapping[str, Any], document: Mapping[str, Any]) -> Any:  # noqa: ANN401 - any JSON
    """Return the documented example of a schema, put together from its parts if need be."""
    if schema.get("examples"):
        return schema["examples"][0]
    if "$ref" in schema:
        return example_of(resolve(schema["$ref"], document), document)
    if "anyOf" in schema:  # a body that may be left out
        return example_of(schema["anyOf"][0], document)
    if schema.get("type") == "array":
        return [example_of(schema["items"], document)]
    if schema.get("type") != "object":
        raise LookupError("no example")
    parts = schema.get("properties", {})
    shown = [name for name, part in parts.items() if part.get("examples")]
    wanted = schema.get("required") or shown
    return {name: example_of(parts[name], document) for name in wanted}


def resolve(ref: str, document: Mapping[str, Any]) -> Mapping[str, Any]:
    found: Any = document
    for step in ref.removeprefix("#/").split("/"):
        found = found[step]
    return found  # type: ignore[no-any-return] # any JSON


def put_together(
    name: str, folder: Path, *, database_url: str, verifier: Verifier | None = None
) -> tuple[application.Service, FastAPI]:
    """Make a service and its application as its own `main` does; nothing is opened yet."""
    package = name.replace("-", "_")
    main, settings_module = import_module(f"{package}.main"), import_module(f"{package}.settings")
    settings = settings_module.Settings(**_given(name, database_url, folder))
    service: application.Service = main.build(settings)
    return service, application.create_app(service, settings, verifier=verifier)


@asynccontextmanager
async def open_service(name: str, engine: AsyncEngine, folder: Path) -> AsyncIterator[House]:
    """Put a service together as its own `main` does, on this database; nothing is in it yet."""
    identities = Identities()
    url = engine.url.render_as_string(hide_password=False)
    service, app = put_together(name, folder, database_url=url, verifier=identities.verifier())
    transport = httpx.ASGITransport(app, raise_app_exceptions=False)
    async with (
        app.router.lifespan_context(app),
        httpx.AsyncClient(transport=transport, base_url=f"http://{name}.test") as client,
    ):
        yield House(
            name=name,
            app=app,
            service=service,
            client=client,
            engine=engine,
            identities=identities,
            folder=folder,
            ids={"parked_id": f"{name}~cases.v1~0~1"},
        )


def _given(name: str, database_url: str, folder: Path) -> dict[str, Any]:
    tag_key, master_key, signing_key = (folder / each for each in ("tag", "master", "signing.pem"))
    for file in (tag_key, master_key):
        file.write_bytes(bytes(range(32)))
        file.chmod(0o600)
    write_new_key(signing_key)
    return {
        "service": name,
        "port": 0,
        "role": "api",
        "database_url": database_url,
        "issuer": ISSUER,
        "audience": AUDIENCE,
        "jwks_url": f"{ISSUER}/jwks.json",
        "urls": {"vault": "http://127.0.0.1:9"},
        "token_url": "http://127.0.0.1:9/token",
        "signing_key_file": signing_key,
        "tag_key_file": tag_key,
        "master_key_file": master_key,
        "public_keys_file": folder / "public.json",
        "guard_patience": 0,
        "playbooks": PLAYBOOKS,
        "data": folder / "data",
    }
