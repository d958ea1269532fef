"""The process that holds a stack: brings it up, obeys on a socket, takes it down."""

import asyncio
import fcntl
import json
import os
import signal
import sys
from collections.abc import Mapping
from contextlib import AsyncExitStack
from pathlib import Path
from typing import Any

from stack.assembly import STOPPED_LAST, Plan, bring_up
from stack.broken import StackProblem
from stack.control import Answer, listen
from stack.layout import Layout, Ports
from stack.processes import Supervisor
from stack.services import service_named

STAY = b"stay\n"


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
        _tell({"failed": "This stack is running already."})
        sys.exit(1)
    sys.exit(asyncio.run(_hold(plan)))


def _plan(given: Mapping[str, Any]) -> Plan:
    layout = Layout(
        folder=Path(given["folder"]), cache=Path(given["cache"]), ports=Ports(**given["ports"])
    )
    services = tuple(service_named(name) for name in given["services"])
    return Plan(layout=layout, services=services, durable=given["durable"], env=given["env"])


def _locked_for_life(path: Path) -> bool:
    """Lock a file that only the kernel unlocks: whoever gets the lock knows that we are gone."""
    lock = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_CLOEXEC, 0o600)
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True


async def _hold(plan: Plan) -> int:
    supervisor, leaving = Supervisor(), asyncio.Event()
    loop = asyncio.get_running_loop()
    for asked in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(asked, leaving.set)
    lifeline = asyncio.create_task(_watch_lifeline(leaving))
    async with AsyncExitStack() as stack:
        stack.callback(_end_one_shots)
        stack.push_async_callback(supervisor.stop_all, last=STOPPED_LAST)
        await stack.enter_async_context(await _controlled(plan, supervisor, leaving))
        failed = await _bring_up_unless(leaving, plan, supervisor)
        if failed is None:
            await leaving.wait()
    lifeline.cancel()
    if failed:
        _tell({"failed": failed})
    return 1 if failed else 0


async def _bring_up_unless(
    leaving: asyncio.Event, plan: Plan, supervisor: Supervisor
) -> str | None:
    """Bring everything up; return what went wrong, if anything did."""
    coming = asyncio.create_task(bring_up(plan, supervisor, lambda step: _tell({"step": step})))
    asked = asyncio.create_task(leaving.wait())
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
    _tell({"ready": True})
    return None


async def _controlled(plan: Plan, supervisor: Supervisor, leaving: asyncio.Event) -> asyncio.Server:
    async def obey(command: Mapping[str, Any]) -> Answer:
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
                leaving.set()
            case _:
                return {"processes": supervisor.status(), "pid": os.getpid()}
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
