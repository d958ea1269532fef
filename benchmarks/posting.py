"""How many cases a second intake takes, beside an endpoint that only writes two rows."""

from contextlib import ExitStack
from dataclasses import dataclass
from statistics import median
from typing import Any

import asyncpg
from children import bare_endpoint, make_bare_database, run_load, wait_for_port
from figures import percentile, say, table

from stack.stacks import Stack, running_stack
from stack.waiting import until

CLIENTS = (1, 8, 32)
_DRAINS_WITHIN = 180.0
_WARM_UP = 2.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Effort:
    """How long to measure."""

    rounds: int
    seconds: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Round:
    """One side's figures in one round."""

    rate: float
    p50: float
    p99: float


async def compare(*, quick: bool) -> None:
    """Measure both sides in turn, several rounds, and print medians and their ratio."""
    effort = Effort(rounds=2, seconds=2.0) if quick else Effort(rounds=5, seconds=5.0)
    say("\nPOST /v1/cases: authenticated, validated, sealed, signed; against a bare endpoint that")
    say("writes one row and one outbox row in one statement, on the same PostgreSQL (fsync on).")
    say("Intake's process also publishes what it filed and reads it back from Kafka meanwhile.")
    with ExitStack() as held:
        stack = held.enter_context(running_stack(services=("vault", "intake"), durable=True))
        bare = held.enter_context(bare_endpoint(await make_bare_database(stack)))
        await wait_for_port(bare)
        rows = [await _at(clients, stack, bare, effort) for clients in CLIENTS]
    head = ("clients", "bare/s", "p50 ms", "p99 ms", "intake/s", "p50 ms", "p99 ms", "ratio")
    table(head, rows)
    say("    ratio: requests a second, intake / bare; to work towards: 0.40")


async def _at(clients: int, stack: Stack, bare: int, effort: Effort) -> tuple[object, ...]:
    intake, token = stack.layout.ports.service(1), stack.token("harbour-front-end")
    for port in (bare, intake):
        run_load(port, clients=clients, seconds=_WARM_UP, token=token)
    bares, intakes, ratios = [], [], []
    for nth in range(effort.rounds):
        await _drain(stack)
        bares.append(_round(run_load(bare, clients=clients, seconds=effort.seconds, token=token)))
        intakes.append(
            _round(run_load(intake, clients=clients, seconds=effort.seconds, token=token))
        )
        ratios.append(intakes[-1].rate / bares[-1].rate)
        say(f"    {clients} clients, round {nth + 1}: ratio {ratios[-1]:.2f}")
    return (clients, *_medians(bares), *_medians(intakes), median(ratios))


def _round(told: dict[str, Any]) -> Round:
    refused = {status: n for status, n in told["statuses"].items() if status != "201"}
    if refused:
        raise AssertionError(f"not every case was filed: {refused}")
    times = told["milliseconds"]
    rate = len(times) / told["seconds"]
    return Round(rate=rate, p50=percentile(times, 0.5), p99=percentile(times, 0.99))


def _medians(rounds: list[Round]) -> tuple[float, float, float]:
    return (
        median(one.rate for one in rounds),
        median(one.p50 for one in rounds),
        median(one.p99 for one in rounds),
    )


async def _drain(stack: Stack) -> None:
    """Wait until intake has published everything: the other side must not pay for it."""
    connection = await asyncpg.connect(stack.dsn("intake"))

    async def empty() -> bool:
        return not await connection.fetchval("select exists (select from outbox_pending)")

    try:
        await until(empty, within=_DRAINS_WITHIN)
    finally:
        await connection.close()
