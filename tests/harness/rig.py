"""A stack to be broken, with everything that fault tests need around it."""

import asyncio
import random
from collections.abc import Awaitable, Callable, Collection, Sequence
from dataclasses import dataclass, field
from typing import Any

import asyncpg
import httpx

from extent import short_or_full
from harness import breaking
from harness.anomalies import Anomaly
from harness.checker import check
from harness.collect import collect, quiesce
from harness.counter import Counter
from harness.driver import Load, Pace
from harness.facts import Rest
from harness.history import History
from harness.monitor import Monitor
from harness.proxy import Detours
from stack.stacks import ALL_SERVICES, Stack
from stack.waiting import until

_NOT_OURS = frozenset({"kafka", "postgres"})
_ROUTED = """
select count(distinct subject) from outbox
where headers ->> 'ce_type' = 'case.routed.v1' and subject = any($1)
"""
RESTS_WITHIN = 60.0
_HOLDS_FOR = short_or_full(2.0, 10.0)


@dataclass(frozen=True, slots=True, kw_only=True)
class Rig:
    """The stack that all fault tests share, one test at a time."""

    stack: Stack
    detours: Detours
    history: History
    monitor: Monitor
    http: httpx.AsyncClient
    usual: Sequence[str]
    """The processes that run when nothing is broken."""
    judged: list[Rest] = field(default_factory=list)
    """How long each rest took after which it was judged."""

    def counter(self, *, replica: int = 1) -> Counter:
        return Counter(
            url=self.stack.url("intake", replica=replica),
            token=self.stack.token,
            http=self.http,
            history=self.history,
        )

    async def rest(self, *, within: float = RESTS_WITHIN) -> Rest:
        """Wait until nothing is on its way, and nothing comes for a while."""
        return await quiesce(self.stack, within=within, holds_for=_HOLDS_FOR)

    async def judge(self, *, within: float = RESTS_WITHIN) -> list[Anomaly]:
        """Wait for rest, read everything, and list what does not hold."""
        rest = await self.rest(within=within)
        self.judged.append(rest)
        dump = await collect(self.stack, self.history, rest=rest, monitor=self.monitor)
        return check(dump)

    async def heal(self) -> None:
        """Thaw, mend, and run again what runs usually, and nothing else."""
        await asyncio.to_thread(self.detours.heal)
        await asyncio.to_thread(breaking.thaw_all, self.stack)
        for process, now in (await asyncio.to_thread(self.stack.status)).items():
            if process in self.usual:
                await asyncio.to_thread(self.stack.start, process)
            elif now["state"] != "stopped":
                await asyncio.to_thread(self.stack.stop, process)

    async def start(self, *processes: str) -> None:
        await asyncio.gather(*(asyncio.to_thread(self.stack.start, one) for one in processes))

    async def stop(self, *processes: str) -> None:
        await asyncio.gather(*(asyncio.to_thread(self.stack.stop, one) for one in processes))

    async def kill(self, process: str) -> None:
        """SIGKILL it; returns when it is ready again."""
        await asyncio.to_thread(self.stack.kill, process)
        await asyncio.to_thread(self.stack.wait_until_ready, process)

    async def ask(self, service: str, query: str, *arguments: object) -> Any:  # noqa: ANN401 - a value of an untyped driver
        """Ask a service's database, past its detour, for one value."""
        connection = await asyncpg.connect(self.stack.dsn(service, role="owner"))
        try:
            return await connection.fetchval(query, *arguments)
        finally:
            await connection.close()

    def load(self, *, per_second: float = 3.0, replicas: int = 1) -> Load:
        """Make a load that works its cases, at the first replica of each service or at more."""
        doors = range(1, replicas + 1)
        return Load(
            urls={
                service: [self.stack.url(service, replica=number) for number in doors]
                for service in ALL_SERVICES
            },
            token=self.stack.token,
            history=self.history,
            pace=Pace(per_second=per_second, at_once=8),
            seed=random.randrange(2**32),
        )

    async def pids(self) -> dict[str, int | None]:
        """Tell which processes of ours run: Kafka and PostgreSQL are none."""
        states = await asyncio.to_thread(self.stack.status)
        return {name: now["pid"] for name, now in states.items() if name not in _NOT_OURS}

    async def has_routed(self, wanted: Collection[str]) -> bool:
        """Tell whether all these cases have their first route."""
        routed = await self.ask("router", _ROUTED, list(wanted))
        return bool(routed == len(wanted))

    async def readiness(self, service: str, *, replica: int = 1) -> tuple[int, dict[str, Any]]:
        answer = await self.http.get(f"{self.stack.url(service, replica=replica)}/readyz")
        return answer.status_code, answer.json()


async def lasting(seconds: float) -> None:
    """Let what was broken stay so: a figure of the test, no condition to wait for."""
    await asyncio.sleep(seconds)


async def eventually(
    condition: Callable[[], Awaitable[bool]], *, within: float, every: float = 0.2
) -> bool:
    """Wait until a condition holds; say whether it did in time."""
    try:
        await until(condition, within=within, every=every)
    except TimeoutError:
        return False
    return True
