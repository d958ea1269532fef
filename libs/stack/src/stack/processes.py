"""The supervisor: starts processes, waits until they are ready, restarts what exits."""

import asyncio
import os
import signal
import time
from collections.abc import Awaitable, Callable, Iterable, Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from pathlib import Path
from typing import Protocol

from stack.broken import StackProblem
from stack.children import child_options, kill_group, tail
from stack.forking import ForkServer
from stack.forkserver import Birth

_FIRST_PAUSE, _LONGEST_PAUSE = 0.1, 5.0
_STEADY_AFTER = 10.0
_GIVES_UP_AFTER = 4


class Child(Protocol):
    """What was started; `wait` tells how it ended."""

    @property
    def pid(self) -> int: ...

    async def wait(self) -> int: ...


class State(StrEnum):
    """How a supervised process is."""

    STARTING = "starting"
    READY = "ready"
    EXITED = "exited"
    STOPPED = "stopped"


@dataclass(frozen=True, slots=True, kw_only=True)
class Process:
    """
    What to run, and how to tell that it is ready. `ready` gets the process id.

    What is `forked` is a `python -P -m MODULE …`, which a fork server can become.
    """

    name: str
    command: tuple[str, ...]
    log: Path
    ready: Callable[[int], Awaitable[bool]]
    env: Mapping[str, str] = field(default_factory=dict)
    folder: Path | None = None
    politely: signal.Signals = signal.SIGTERM
    parting: signal.Signals = signal.SIGKILL
    leaves_within: float = 30.0
    unprivileged: bool = False
    forked: bool = False


@dataclass(slots=True, kw_only=True)
class _Kept:
    """What the supervisor knows of one process while it keeps it."""

    process: Process
    task: asyncio.Task[None] | None = None
    state: State = State.STOPPED
    pid: int | None = None
    exit: int | None = None
    """How it ended last; negative: the signal that ended it."""
    starts: int = 0
    failures: int = 0
    unwanted: asyncio.Event = field(default_factory=asyncio.Event)
    once: Mapping[str, str] = field(default_factory=dict)
    problem: str = ""
    """Why it could not even be started the last time."""


class Supervisor:
    """
    Keeps processes running, each in a group of its own, none longer than itself.

    Lives in one event loop, in the main thread: the kernel ends the children with the
    thread that started them.
    """

    def __init__(self, forks: ForkServer | None = None) -> None:
        self._kept: dict[str, _Kept] = {}
        self._forks = forks

    async def prepare_to_fork(self) -> None:
        """Let the fork server import what it has to, while others do other things."""
        if self._forks is not None:
            await self._forks.connected()

    def start(self, process: Process) -> None:
        """Begin to keep a process. Await `ready` to know that it works."""
        self.know(process)
        self._begin(self._kept[process.name])

    def know(self, process: Process) -> None:
        """Take note of a process that rests until it is started again."""
        self._kept[process.name] = _Kept(process=process)

    def start_again(self, name: str, *, once: Mapping[str, str]) -> None:
        """Keep a stopped process again; `once` is added to the environment of the first start."""
        kept = self._find(name)
        if kept.state is State.STOPPED:
            kept.once = once
            self._begin(kept)

    async def ready(self, name: str, *, within: float = 90.0) -> None:
        """
        Wait until a process is ready.

        Raises:
            StackProblem: It is not in time, or exits again and again.
        """
        kept = self._find(name)
        deadline = time.monotonic() + within
        while kept.state is not State.READY:
            late = time.monotonic() > deadline
            if late or kept.failures >= _GIVES_UP_AFTER:
                raise StackProblem(_why_not_ready(kept))
            await asyncio.sleep(0.02)

    async def stop(self, name: str) -> None:
        """Ask a process to leave, insist if it does not, and wait until it is gone."""
        kept = self._find(name)
        kept.unwanted.set()
        if kept.task is None:
            return
        _send(kept, kept.process.politely)
        done, _ = await asyncio.wait([kept.task], timeout=kept.process.leaves_within)
        if not done:
            self.kill(name)
            await kept.task

    def kill(self, name: str) -> None:
        """SIGKILL a process; it is started again unless it was asked to leave."""
        kept = self._find(name)
        if kept.pid is not None:
            kept.state = State.EXITED
            kill_group(kept.pid)

    def status(self) -> dict[str, dict[str, object]]:
        return {
            name: {
                "state": kept.state,
                "pid": kept.pid,
                "restarts": max(kept.starts - 1, 0),
                "exit": kept.exit,
            }
            for name, kept in self._kept.items()
        }

    async def stop_all(self, *, last: Iterable[str] = ()) -> None:
        """Stop everything at once, and after it one by one what the others live on."""
        kept_longer = [name for name in last if name in self._kept]
        first = [name for name in self._kept if name not in kept_longer]
        await asyncio.gather(*(self.stop(name) for name in first))
        for name in kept_longer:
            await self.stop(name)
        if self._forks is not None:
            await self._forks.close()

    def _find(self, name: str) -> _Kept:
        if name not in self._kept:
            raise StackProblem(f"There is no process {name}; there are: {', '.join(self._kept)}.")
        return self._kept[name]

    def _begin(self, kept: _Kept) -> None:
        kept.unwanted.clear()
        kept.starts = kept.failures = 0
        kept.state = State.STARTING
        kept.task = asyncio.create_task(_keep(kept, self._forks), name=f"keep {kept.process.name}")


async def _keep(kept: _Kept, forks: ForkServer | None) -> None:
    """Run a process again and again until it is unwanted."""
    pause = _FIRST_PAUSE
    while not kept.unwanted.is_set():
        began = time.monotonic()
        await _run_once(kept, forks)
        steady = time.monotonic() - began > _STEADY_AFTER
        pause = _FIRST_PAUSE if steady else min(pause * 2, _LONGEST_PAUSE)
        await _unless_unwanted(kept, pause)
    kept.state = State.STOPPED


async def _run_once(kept: _Kept, forks: ForkServer | None) -> None:
    """Run a process until it exits."""
    try:
        child = await _spawn(kept, forks)
    except (StackProblem, OSError) as problem:
        kept.state, kept.failures, kept.problem = State.EXITED, kept.failures + 1, str(problem)
        return
    kept.pid, kept.starts, kept.state = child.pid, kept.starts + 1, State.STARTING
    kept.once, kept.problem = {}, ""
    watch = asyncio.create_task(_watch_readiness(kept, child.pid))
    if kept.unwanted.is_set():
        _send(kept, kept.process.politely)
    kept.exit = await child.wait()
    watch.cancel()
    kill_group(child.pid)
    kept.pid, kept.state = None, State.EXITED
    kept.failures += 1


async def _spawn(kept: _Kept, forks: ForkServer | None) -> Child:
    process = kept.process
    env = {**process.env, **kept.once}
    if process.forked and forks is not None:
        return await forks.fork(_birth(process, env))
    options = child_options(
        log=process.log, parting=process.parting, unprivileged=process.unprivileged
    )
    try:
        return await asyncio.create_subprocess_exec(
            *process.command, env=env, cwd=process.folder, **options
        )
    finally:
        os.close(options["stdout"])


def _birth(process: Process, env: dict[str, str]) -> Birth:
    _python, _safe_path, _m, module, *arguments = process.command
    return Birth(
        name=process.name,
        module=module,
        arguments=tuple(arguments),
        env=env,
        folder=str(process.folder) if process.folder else None,
        log=str(process.log),
        parting=process.parting,
    )


async def _watch_readiness(kept: _Kept, pid: int) -> None:
    pause = 0.02
    while not await kept.process.ready(pid):
        await asyncio.sleep(pause)
        pause = min(pause * 1.5, 0.25)
    kept.state, kept.failures = State.READY, 0


async def _unless_unwanted(kept: _Kept, pause: float) -> None:
    try:
        async with asyncio.timeout(pause):
            await kept.unwanted.wait()
    except TimeoutError:
        return


def _send(kept: _Kept, what: signal.Signals) -> None:
    if kept.pid is None:
        return
    try:
        os.kill(kept.pid, what)
    except ProcessLookupError:
        return


def _why_not_ready(kept: _Kept) -> str:
    process, times = kept.process, kept.failures
    if kept.problem:
        return f"{process.name} cannot be started: {kept.problem}."
    what = f"exited {times} times before it was ready" if times else "does not get ready"
    return f"{process.name} {what}; its log ({process.log}) ends:\n{tail(process.log)}"
