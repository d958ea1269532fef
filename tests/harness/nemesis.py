"""The nemesis: breaks a running stack at random, one thing after the other, and notes each."""

import asyncio
import json
import random
import time
from collections import Counter
from collections.abc import Awaitable, Callable, Sequence
from contextlib import AsyncExitStack
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Final

from aiokafka.errors import KafkaError

from harness import breaking
from harness.proxy import KAFKA, POSTGRES, Detours, Weather
from stack.broken import StackProblem
from stack.stacks import ALL_SERVICES, Stack

_HEALS_WITHIN: Final = 180.0
_SECOND_BLOW: Final = 0.3  # how likely something is killed while something else is broken
_UNTOUCHED: Final = frozenset({"issuer"})
_BAD_WEATHER: Final = tuple(one for one in Weather if one is not Weather.OPEN)


@dataclass(frozen=True, slots=True, kw_only=True)
class Fault:
    """What was broken, when (seconds since 1970), and for how long."""

    kind: str
    target: str
    at: float
    seconds: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Temper:
    """How often and how long it breaks things. Seconds, from and to."""

    peace: tuple[float, float] = (5.0, 15.0)
    frozen: tuple[float, float] = (1.0, 40.0)
    cut: tuple[float, float] = (1.0, 40.0)
    away: tuple[float, float] = (0.0, 10.0)
    kinds: Sequence[str] | None = None
    """Which kinds of faults; all unless named."""


Break = Callable[[], Awaitable[tuple[str, float]]]


@dataclass(slots=True, kw_only=True)
class Nemesis:
    """Breaks a stack as long as it runs; `heal` makes all well again."""

    stack: Stack
    chance: random.Random
    detours: Detours | None = None
    temper: Temper = field(default_factory=Temper)
    log: Path | None = None
    faults: list[Fault] = field(default_factory=list)
    _wanted: Sequence[str] = ()
    _spare: Sequence[str] = ()

    async def run(self, stop: asyncio.Event) -> None:
        """Break things until told to stop; what is broken by then is healed."""
        await self._look_around()
        while not await _set(stop, self.chance.uniform(*self.temper.peace)):
            kind = self.chance.choice(self._kinds())
            began = time.time()
            try:
                target, seconds = await self._ways()[kind]()
            except (StackProblem, KafkaError, TimeoutError) as error:
                # What it wanted to break was away already; the fault that was counts.
                target, seconds = f"({type(error).__name__})", 0.0
            self._note(Fault(kind=kind, target=target, at=began, seconds=seconds))
        await self.heal()

    async def heal(self) -> None:
        """Thaw, mend and start everything; returns when all processes are ready."""
        if self.detours:
            await asyncio.to_thread(self.detours.heal)
        await asyncio.to_thread(breaking.thaw_all, self.stack)
        for process in self._wanted:
            await asyncio.to_thread(self._start, process)
        for process in self._spare:
            await asyncio.to_thread(self.stack.stop, process)

    def counted(self) -> dict[str, int]:
        return dict(Counter(fault.kind for fault in self.faults))

    def _note(self, fault: Fault) -> None:
        self.faults.append(fault)
        if self.log:
            with self.log.open("a") as file:
                file.write(json.dumps(asdict(fault)) + "\n")

    async def _look_around(self) -> None:
        states = await asyncio.to_thread(self.stack.status)
        self._wanted = [name for name, now in states.items() if now["state"] != "stopped"]
        self._spare = [name for name, now in states.items() if now["state"] == "stopped"]

    def _ways(self) -> dict[str, Break]:
        ways: dict[str, Break] = {
            "kill": self._kill,
            "freeze": self._freeze,
            "leave": self._leave,
            "broker-bounce": self._bounce_broker,
            "postgres-restart": self._restart_postgres,
            "repeat": self._repeat,
            "replay-from-0": self._replay,
        }
        if self._spare:
            ways["scale"] = self._scale
        if self.detours:
            ways["cut"] = self._cut
        return ways

    def _kinds(self) -> Sequence[str]:
        return self.temper.kinds or list(self._ways())

    def _anything(self) -> str:
        return self.chance.choice([one for one in self._wanted if one not in _UNTOUCHED])

    async def _kill(self) -> tuple[str, float]:
        process = self._anything()
        await asyncio.to_thread(self.stack.kill, process)
        return process, 0.0

    async def _freeze(self) -> tuple[str, float]:
        process, seconds = self._anything(), self.chance.uniform(*self.temper.frozen)
        async with breaking.frozen(self.stack, process):
            await self._let_pass(seconds)
        return process, seconds

    async def _leave(self) -> tuple[str, float]:
        """Let one process leave politely, as in a deployment, and come back."""
        process, seconds = self._process(), self.chance.uniform(*self.temper.away)
        async with breaking.stopped(self.stack, process):
            await asyncio.sleep(seconds)
        return process, seconds

    async def _bounce_broker(self) -> tuple[str, float]:
        return await self._away("kafka")

    async def _restart_postgres(self) -> tuple[str, float]:
        return await self._away("postgres")

    async def _away(self, process: str) -> tuple[str, float]:
        seconds = self.chance.uniform(*self.temper.away)
        async with breaking.stopped(self.stack, process):
            await self._let_pass(seconds)
        return process, seconds

    async def _repeat(self) -> tuple[str, float]:
        async with asyncio.timeout(_HEALS_WITHIN):
            sent = await breaking.repeat(self.stack, self.chance, most=self.chance.randint(1, 300))
        return f"{sent} records", 0.0

    async def _replay(self) -> tuple[str, float]:
        """Let a service read its topics from the beginning once more."""
        service = self.chance.choice(ALL_SERVICES)
        processes = [
            name for name in self._wanted if name in {service, *_numbered(service, self._wanted)}
        ]
        async with breaking.stopped(self.stack, *processes):
            await breaking.rewind(self.stack, service)
        return service, 0.0

    async def _scale(self) -> tuple[str, float]:
        """Start a replica more, or let one go, for a while."""
        seconds = self.chance.uniform(*self.temper.cut)
        spare = self.chance.choice(self._spare)
        await asyncio.to_thread(self.stack.start, spare)
        await self._let_pass(seconds)
        await asyncio.to_thread(self.stack.stop, spare)
        return spare, seconds

    async def _cut(self) -> tuple[str, float]:
        detours = self.detours
        if detours is None:
            raise StackProblem("There are no detours to cut.")
        weather, seconds = self.chance.choice(_BAD_WEATHER), self.chance.uniform(*self.temper.cut)
        service: str | None = self.chance.choice([*ALL_SERVICES, None])
        kind = self.chance.choice([KAFKA, POSTGRES])
        async with AsyncExitStack() as mended:
            mended.push_async_callback(asyncio.to_thread, detours.heal)
            await asyncio.to_thread(detours.turn, weather, service=service, kind=kind)
            await self._let_pass(seconds)
        return f"{weather} {service or 'all'} to {kind}", seconds

    async def _let_pass(self, seconds: float) -> None:
        """Wait; sometimes kill something in the middle."""
        if self.chance.random() > _SECOND_BLOW:
            await asyncio.sleep(seconds)
            return
        first = self.chance.uniform(0, seconds)
        await asyncio.sleep(first)
        process = self._process()
        await asyncio.to_thread(self.stack.kill, process)
        self._note(Fault(kind="kill", target=f"{process} (amid)", at=time.time(), seconds=0.0))
        await asyncio.sleep(seconds - first)

    def _process(self) -> str:
        """Choose a process of ours: neither Kafka nor PostgreSQL."""
        ours = [one for one in self._wanted if one not in {"kafka", "postgres", *_UNTOUCHED}]
        return self.chance.choice(ours)

    def _start(self, process: str) -> None:
        """Start it unless it runs, and wait until it is ready, also if it fails a few times."""
        deadline = time.monotonic() + _HEALS_WITHIN
        while True:
            try:
                self.stack.start(process)
                self.stack.wait_until_ready(process)
            except StackProblem:
                if time.monotonic() > deadline:
                    raise
                time.sleep(1)
            else:
                return


def _numbered(service: str, processes: Sequence[str]) -> list[str]:
    return [one for one in processes if one.removeprefix(f"{service}-").isdigit()]


async def _set(event: asyncio.Event, seconds: float) -> bool:
    """Wait so long, or until the event; say whether it is set."""
    try:
        async with asyncio.timeout(seconds):
            await event.wait()
    except TimeoutError:
        return False
    return True
