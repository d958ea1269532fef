"""How many cases a second the whole system takes through steps 1 to 4, and what each costs."""

import asyncio
import time
from dataclasses import dataclass
from typing import Any

import asyncpg
from children import cpu_seconds, run_load
from figures import percentile, say, table

from stack.services import SERVICES
from stack.stacks import Stack
from stack.story.topics import Listener, listening
from stack.waiting import until

_CLIENTS = 8
_PATIENCE = 240.0
_STEP_4 = "seller.message_sent.v1"
_SAID = "select coalesce(max(id), 0) from outbox"
_WAITING = "select exists (select from outbox_pending)"
_STAGED = "select exists (select from staged)"


@dataclass(frozen=True, slots=True, kw_only=True)
class Passage:
    """What happened to the cases of one measurement."""

    load: dict[str, Any]
    seconds: float
    """From the first POST to the last letter."""
    delays: list[float]
    """Of each case, from its POST to its letter (s)."""


async def measure(stack: Stack, *, quick: bool) -> None:
    """File cases as fast as intake takes them; wait until each has its letter; print both."""
    idle = await _idle(stack, seconds=5.0 if quick else 20.0)
    cases = 60 if quick else 400
    say(f"\nSteps 1 to 4: {cases} cases by {_CLIENTS} clients, until each has its first letter.")
    await _pass(stack, cases=40)
    await settle(stack)
    before = cpu_seconds(stack)
    passage = await _pass(stack, cases=cases)
    await settle(stack)
    used = {name: seconds - before[name] for name, seconds in cpu_seconds(stack).items()}
    _tell(passage, cases)
    _tell_cpu(used | {"(load)": passage.load["cpu_seconds"]}, idle, cases)


async def _idle(stack: Stack, *, seconds: float) -> dict[str, float]:
    """Return which share of one core each process uses while nothing happens."""
    await settle(stack)
    before = cpu_seconds(stack)
    await asyncio.sleep(seconds)
    return {name: (used - before[name]) / seconds for name, used in cpu_seconds(stack).items()}


async def _pass(stack: Stack, *, cases: int) -> Passage:
    token, port = stack.token("harbour-front-end"), stack.layout.ports.service(1)
    letters: dict[str, float] = {}
    async with listening(stack.kafka, "cases.v1") as heard:
        noting = asyncio.create_task(_note(heard, letters))
        load = await asyncio.to_thread(
            run_load, port, clients=_CLIENTS, seconds=_PATIENCE, token=token, most=cases
        )
        sent: dict[str, float] = load["cases"]

        async def all_answered() -> bool:
            return sent.keys() <= letters.keys()

        await until(all_answered, within=_PATIENCE)
        noting.cancel()
    if len(sent) != cases:
        raise AssertionError(f"{cases} cases were sent, {len(sent)} were filed")
    delays = [letters[case] - began for case, began in sent.items()]
    last = max(letters[case] for case in sent)
    return Passage(load=load, seconds=last - min(sent.values()), delays=delays)


async def _note(heard: Listener, letters: dict[str, float]) -> None:
    """Note when each letter is readable; all processes of a machine share this clock."""
    looked_at = 0
    while True:
        async with heard.changed:
            await heard.changed.wait()
        for one in heard.told[looked_at:]:
            if one.type == _STEP_4:
                letters.setdefault(one.subject, time.monotonic())
        looked_at = len(heard.told)


async def settle(stack: Stack) -> None:
    """Wait until everything said is published, in the audit log, and nothing new is said."""
    services = [service.database for service in SERVICES]
    databases = {name: await asyncpg.connect(stack.superuser_dsn(name)) for name in services}
    last: list[Any] = []

    async def settled() -> bool:
        before = list(last)
        last[:] = [await each.fetchval(_SAID) for each in databases.values()]
        waiting = [await each.fetchval(_WAITING) for each in databases.values()]
        return (
            last == before and not any(waiting) and not await databases["audit"].fetchval(_STAGED)
        )

    try:
        await until(settled, within=_PATIENCE, every=1.0)
    finally:
        for each in databases.values():
            await each.close()


def _tell(passage: Passage, cases: int) -> None:
    filed = cases / passage.load["seconds"]
    table(
        ("", "cases/s", "p50 s", "p99 s"),
        [
            ("filed", filed, *_of([one / 1000 for one in passage.load["milliseconds"]])),
            ("to the letter", cases / passage.seconds, *_of(passage.delays)),
        ],
    )
    say("    to work towards: 25 cases/s to the letter")


def _of(values: list[float]) -> tuple[float, float]:
    return percentile(values, 0.5), percentile(values, 0.99)


def _tell_cpu(used: dict[str, float], idle: dict[str, float], cases: int) -> None:
    say("\nCPU: milliseconds a case (all services until quiet again), and % of a core when idle.")
    rows = [
        (name, seconds * 1000 / cases, idle.get(name, 0.0) * 100)
        for name, seconds in sorted(used.items(), key=lambda one: -one[1])
    ]
    whole = ("all", sum(row[1] for row in rows), sum(row[2] for row in rows))
    table(("", "ms/case", "idle %"), [*rows, whole])
