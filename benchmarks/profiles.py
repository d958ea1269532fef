"""Where the time goes: intake's POST and the router's consumer, each alone in one process."""

from dataclasses import dataclass
from typing import Any

import guarantees
from children import run_script
from figures import say, table
from shares import share_of

from stack.services import database_url, environment_of, service_named
from stack.stacks import Stack


@dataclass(frozen=True, slots=True, kw_only=True)
class Group:
    """
    A part of the work.

    Either plain functions by (end of file, name), with all that they call; or whole libraries by
    a part of file or name, without what they call: through coroutines and greenlets the profiler
    cannot follow a call.
    """

    name: str
    functions: tuple[tuple[str, str], ...] = ()
    libraries: tuple[str, ...] = ()


_LIBRARIES = (
    Group(name="SQLAlchemy, greenlets", libraries=("sqlalchemy/", "greenlet")),
    Group(name="asyncpg, sending", libraries=("asyncpg/", "'_socket.socket'")),
    Group(name="Starlette, FastAPI", libraries=("starlette/", "fastapi/")),
    Group(name="event loop", libraries=("asyncio/", "selectors.py", "_contextvars")),
)
POSTING = (
    Group(name="JWT: signature, claims, principal", functions=(("http/calls.py", "_believe"),)),
    Group(name="strict JSON", functions=(("chassis/strict_json.py", "_parsed"),)),
    Group(
        name="Pydantic: body and answer",
        functions=(
            ("dependencies/utils.py", "request_body_to_args"),
            ("http/writing.py", "render"),
        ),
    ),
    Group(
        name="playbook: facts and cue words",
        functions=(("api/filing.py", "check"), ("api/filing.py", "_signals")),
    ),
    Group(name="sealing (3 values)", functions=(("chassis/vault.py", "seal"),)),
    Group(name="tags and fingerprint", functions=(("chassis/vault.py", "tag"),)),
    Group(name="signing, headers", functions=(("chassis/outbox.py", "_headers"),)),
    Group(
        name="event and view as JSON",
        functions=(("chassis/outbox.py", "_payload"), ("chassis/views.py", "_dump")),
    ),
    Group(name="fold", functions=(("chassis/views.py", "project"),)),
    Group(name="log line and metrics", functions=(("http/around.py", "_note"),)),
)
ROUTING = (
    Group(name="envelopes", functions=(("chassis/cloudevents.py", "read_envelope"),)),
    Group(name="facts (Pydantic)", functions=(("chassis/taking.py", "_read"),)),
    Group(name="fold", functions=(("chassis/views.py", "project"),)),
    Group(
        name="decide: classify, route, due dates",
        functions=(
            ("playbook/classify.py", "classify"),
            ("playbook/route.py", "choose_route"),
            ("playbook/targets.py", "due_by"),
        ),
    ),
    Group(name="signing, headers", functions=(("chassis/outbox.py", "_headers"),)),
    Group(name="views as JSON", functions=(("chassis/views.py", "_dump"),)),
)


def show(stack: Stack, *, quick: bool) -> None:
    """Profile both on the stack's databases; their own processes are stopped meanwhile."""
    times = 100 if quick else 400
    for name in ("router", "intake"):
        stack.stop(name)
    token = stack.token("harbour-front-end")
    say(f"\nProfile of POST /v1/cases in intake ({times} times, one at a time, no relay):")
    posted = _run(stack, "intake", "posting", times=times, argument=token)
    _tell(posted, POSTING, per="request")
    say(f"\nProfile of the router's consumer ({times // 10} batches of 10 `case.opened`):")
    intake = database_url(service_named("intake"), "app", layout=stack.layout, keys=stack.keys)
    routed = _run(stack, "router", "routing", times=times // 10, argument=intake)
    _tell(routed, ROUTING, per="batch")
    guarantees.tell(posted, routed)


def _run(stack: Stack, service: str, what: str, *, times: int, argument: str) -> dict[str, Any]:
    spec = service_named(service)
    env = environment_of(spec, spec.programs[0], layout=stack.layout, keys=stack.keys)
    env["BENCH_ARGUMENT"] = argument
    return run_script("profiled.py", what, str(times), env=env)


def _tell(told: dict[str, Any], groups: tuple[Group, ...], *, per: str) -> None:
    asked = sum(one["ms"] for one in told["statements"])
    count = sum(one["times"] for one in told["statements"])
    say(
        f"    {told['wall_ms']:.2f} ms a {per}, of them {told['cpu_ms']:.2f} ms CPU here;"
        f" {count:.1f} statements of the driver's take {asked:.2f} ms"
    )
    table(
        ("statement", "times", "ms"),
        [
            (one["statement"][:56], one["times"], one["ms"])
            for one in told["statements"]
            if one["times"] > _SELDOM
        ],
    )
    shares = [
        (each.name, share_of(told, each.functions, each.libraries) * 100)
        for each in (*groups, *_LIBRARIES)
    ]
    rest = ("the rest", 100 - sum(share for _, share in shares))
    say("    share of the CPU time, under cProfile:")
    table(("", "%"), [*sorted(shares, key=_by_share, reverse=True), rest])


_SELDOM = 0.05


def _by_share(row: tuple[str, float]) -> float:
    return row[1]
