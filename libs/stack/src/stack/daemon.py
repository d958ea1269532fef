"""The process that holds a stack: brings it up, obeys on a socket, takes it down."""

import asyncio
import fcntl
import json
import os
import signal
import sys
from collections.abc import Mapping
from contextlib import AsyncExitStack
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

from stack.assembly import STOPPED_LAST, Plan, bring_up
from stack.broken import StackProblem
from stack.control import Answer, listen
from stack.forking import CAN_FORK, ForkServer
from stack.layout import Layout, Ports, checkout, keep_ports
from stack.processes import Supervisor
from stack.services import plain_environment, service_named

STAY = b"stay\n"

_WISHED = ("durable", "env", "replicas", "spare", "split", "detoured")
_LOOKS = frozenset({"status", "leave"})


@dataclass(slots=True, kw_only=True)
class _Course:
    """How far the stack is, for whoever asks: each step so far, and why it failed if it did."""

    steps: list[str] = field(default_factory=list)
    ready: bool = False
    failed: str | None = None
    leaving: asyncio.Event = field(default_factory=asyncio.Event)

    @property
    def state(self) -> str:
        if self.leaving.is_set():
            return "leaving"
        return "ready" if self.ready else "starting"

    def step(self, said: str) -> None:
        self.steps.append(said)
        _tell({"step": said})


def main() -> None:
    """
    Run the stack that the first argument describes, as JSON.

    Progress goes to standard output, a JSON object a line: `{"step": …}`, then
    `{"ready": true}` or `{"failed": …}`. The stack lives as long as standard input is
    open, and on its own from the line `stay` on.
    """
    os.umask(0o077)
    plan = _plan(json.loads(sys.argv[1]))
    plan.layout.folder.mkdir(parents=True, exist_ok=True)
    if not _locked_for_life(plan.layout.folder / "supervisor.lock"):
        _tell({"failed": "This stack is running already.", "taken": True})
        sys.exit(1)
    keep_ports(plan.layout)
    sys.exit(asyncio.run(_hold(plan)))


def _plan(given: Mapping[str, Any]) -> Plan:
    layout = Layout(
        folder=Path(given["folder"]), cache=Path(given["cache"]), ports=Ports(**given["ports"])
    )
    services = tuple(service_named(name) for name in given["services"])
    wished = {name: given[name] for name in _WISHED}
    return Plan(layout=layout, services=services, **wished)


def _locked_for_life(path: Path) -> bool:
    """Lock a file that only the kernel unlocks: whoever gets the lock knows that we are gone."""
    lock = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_CLOEXEC, 0o600)
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True


async def _hold(plan: Plan) -> int:
    supervisor, course = Supervisor(_fork_server(plan.layout)), _Course()
    loop = asyncio.get_running_loop()
    for asked in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(asked, course.leaving.set)
    lifeline = asyncio.create_task(_watch_lifeline(course.leaving))
    async with AsyncExitStack() as stack:
        # Listens to the end: whoever asks meanwhile is told that we are leaving.
        await stack.enter_async_context(await _controlled(plan, supervisor, course))
        stack.callback(_end_one_shots)
        stack.push_async_callback(supervisor.stop_all, last=STOPPED_LAST)
        course.failed = await _bring_up_unless_leaving(course, plan, supervisor)
        if course.failed:
            course.leaving.set()
        await course.leaving.wait()
    lifeline.cancel()
    if course.failed:
        _tell({"failed": course.failed})
    return 1 if course.failed else 0


def _fork_server(layout: Layout) -> ForkServer | None:
    if not CAN_FORK:
        return None
    log = layout.logs / "forkserver.log"
    return ForkServer(log=log, env=plain_environment(), playbooks=checkout() / "playbooks")


async def _bring_up_unless_leaving(
    course: _Course, plan: Plan, supervisor: Supervisor
) -> str | None:
    """Bring everything up; return what went wrong, if anything did."""
    coming = asyncio.create_task(bring_up(plan, supervisor, course.step))
    asked = asyncio.create_task(course.leaving.wait())
    await asyncio.wait([coming, asked], return_when=asyncio.FIRST_COMPLETED)
    asked.cancel()
    if not coming.done():
        coming.cancel()
        await asyncio.wait([coming])
        return None
    try:
        await coming
    except (StackProblem, ExceptionGroup) as trouble:
        return _sentence_of(trouble)
    course.ready = True
    _tell({"ready": True})
    return None


async def _controlled(plan: Plan, supervisor: Supervisor, course: _Course) -> asyncio.Server:
    async def obey(command: Mapping[str, Any]) -> Answer:
        if course.leaving.is_set() and command["do"] not in _LOOKS:
            raise StackProblem("The stack is shutting down.")
        match command["do"]:
            case "stop":
                await supervisor.stop(command["process"])
            case "start":
                supervisor.start_again(command["process"], once=command.get("env", {}))
                await supervisor.ready(command["process"])
            case "wait":
                await supervisor.ready(command["process"])
            case "kill":
                supervisor.kill(command["process"])
            case "leave":
                course.leaving.set()
            case _:
                return {
                    "state": course.state,
                    "steps": course.steps,
                    "failed": course.failed,
                    "ports": asdict(plan.layout.ports),
                    "processes": supervisor.status(),
                    "pid": os.getpid(),
                }
        return {}

    return await listen(plan.layout.control, obey)


async def _watch_lifeline(leaving: asyncio.Event) -> None:
    """Leave when whoever started us is gone before it let us stay."""
    reader = asyncio.StreamReader()
    loop = asyncio.get_running_loop()
    await loop.connect_read_pipe(lambda: asyncio.StreamReaderProtocol(reader), sys.stdin)
    if await reader.readline() != STAY:
        leaving.set()


def _end_one_shots() -> None:
    """Interrupt what we run ourselves (initdb, Maven, migrations) and what is in our group."""
    # We get the signal too, and only note that we are leaving.
    os.killpg(os.getpgrp(), signal.SIGTERM)


def _sentence_of(trouble: StackProblem | ExceptionGroup) -> str:
    """Find what to tell a person; an error nobody foresaw goes on as it is."""
    while isinstance(trouble, ExceptionGroup):
        foreseen = trouble.subgroup(StackProblem)
        if foreseen is None:
            raise trouble
        trouble = foreseen.exceptions[0]
    return str(trouble)


def _tell(message: Mapping[str, object]) -> None:
    try:
        print(json.dumps(message), flush=True)  # noqa: T201 - how it talks to who started it
    except BrokenPipeError:
        # Nobody listens any more: the lifeline, not this line, decides what follows.
        sys.stdout = sys.stderr


if __name__ == "__main__":
    main()
