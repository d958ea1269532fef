"""Where the time goes: intake's POST and the router's consumer, each alone in one process."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from children import run_script
from figures import say, table

from stack.services import database_url, environment_of, service_named
from stack.stacks import Stack

_IN_LINES = 14
_Functions = list[dict[str, Any]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Group:
    """A part of the work: functions by (end of file, name); the topmost of each counts."""

    name: str
    functions: tuple[tuple[str, str], ...]


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
    Group(
        name="SQLAlchemy and asyncpg, sending",
        functions=(
            ("asyncpg/connection.py", "_execute"),
            ("asyncpg/connection.py", "execute"),
            ("util/concurrency.py", "greenlet_spawn"),
        ),
    ),
    Group(name="log line and metrics", functions=(("http/around.py", "_note"),)),
)
ROUTING = (
    Group(name="envelopes", functions=(("chassis/cloudevents.py", "read_envelope"),)),
    Group(name="facts (Pydantic)", functions=(("chassis/taking.py", "_read_fact"),)),
    Group(name="fold", functions=(("chassis/views.py", "project"),)),
    Group(
        name="handler: classify and route", functions=(("handlers/route_case.py", "route_case"),)
    ),
    Group(name="signing, headers", functions=(("chassis/outbox.py", "_headers"),)),
    Group(name="views as JSON", functions=(("chassis/views.py", "_dump"),)),
    Group(
        name="SQLAlchemy and asyncpg, sending",
        functions=(
            ("asyncpg/connection.py", "_execute"),
            ("asyncpg/connection.py", "execute"),
            ("util/concurrency.py", "greenlet_spawn"),
        ),
    ),
)


def show(stack: Stack, *, quick: bool) -> None:
    """Profile both on the stack's databases; their own processes are stopped meanwhile."""
    times = 100 if quick else 400
    for name in ("router", "intake"):
        stack.stop(name)
    token = stack.token("harbour-front-end")
    say(f"\nProfile of POST /v1/cases in intake ({times} times, one at a time, no relay):")
    told = _run(stack, "intake", "posting", times=times, argument=token)
    _tell(told, POSTING, whole=("http/around.py", "__call__"), per="request")
    say(f"\nProfile of the router's consumer ({times // 10} batches of 10 `case.opened`):")
    intake = database_url(service_named("intake"), "app", layout=stack.layout, keys=stack.keys)
    told = _run(stack, "router", "routing", times=times // 10, argument=intake)
    _tell(told, ROUTING, whole=("chassis/consumer.py", "deliver"), per="batch")


def _run(stack: Stack, service: str, what: str, *, times: int, argument: str) -> dict[str, Any]:
    spec = service_named(service)
    env = environment_of(spec, spec.programs[0], layout=stack.layout, keys=stack.keys)
    env["BENCH_ARGUMENT"] = argument
    return run_script("profiled.py", what, str(times), env=env)


def _tell(
    told: dict[str, Any], groups: tuple[Group, ...], *, whole: tuple[str, str], per: str
) -> None:
    asked = sum(one["ms"] for one in told["statements"])
    count = sum(one["times"] for one in told["statements"])
    say(
        f"    {told['wall_ms']:.2f} ms a {per}, of them {told['cpu_ms']:.2f} ms CPU here;"
        f" {count:.1f} statements take {asked:.2f} ms"
    )
    table(
        ("statement", "times", "ms"),
        [
            (one["statement"][:56], one["times"], one["ms"])
            for one in told["statements"]
            if one["times"] > _SELDOM
        ],
    )
    functions: _Functions = told["functions"]
    total = _sum(functions, [whole])
    shares = [(group.name, _sum(functions, group.functions) / total * 100) for group in groups]
    say("    share of the CPU time (under cProfile):")
    table(
        ("", "%"),
        [
            *sorted(shares, key=_by_share, reverse=True),
            ("the rest: framework, event loop", 100 - sum(share for _, share in shares)),
        ],
    )


_SELDOM = 0.05


def _by_share(row: tuple[str, float]) -> float:
    return row[1]


def _sum(functions: _Functions, wanted: Sequence[tuple[str, str]]) -> float:
    return float(
        sum(
            one["all"]
            for one in functions
            for file, name in wanted
            if one["file"].endswith(file) and one["name"] == name
        )
    )
