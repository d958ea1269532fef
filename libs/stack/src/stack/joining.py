"""A stack that somebody started already: follow it until it is ready, or wait until it is gone."""

import time
from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any, Final

from stack.broken import StackProblem
from stack.control import ask
from stack.layout import Ports
from stack.leaving import await_gone, how_far
from stack.services import SERVICES
from stack.stacks import Stack
from stack.waiting import listens

STARTING: Final = "starting"
READY: Final = "ready"
LEAVING: Final = "leaving"

_EVERY = 0.1

Say = Callable[[str], None]


def join(stack: Stack, *, say: Say, say_step: Say) -> Stack | None:
    """
    Wait until the stack is ready and return it where it runs; None when nothing runs any more.

    Raises:
        StackProblem: It was starting, and could not; or a process of it does not get ready.
    """
    followed, shown = False, 0
    while (now := how_far(stack.layout)) is not None:
        if _state(now) == STARTING and not followed:
            followed = True
            say("The stack is starting already: waiting until it is ready.")
        if followed:
            shown = _say_new(now["steps"], shown, say_step)
        if _state(now) == READY:
            return _settled(stack, now)
        if _state(now) == LEAVING:
            _see_it_go(stack, now, followed=followed, say=say)
        time.sleep(_EVERY)
    return None


def require_reachable(stack: Stack) -> None:
    """
    See to it that all can be asked.

    Raises:
        StackProblem: The stack does not run, or not yet, or a part of it does not answer.
    """
    state = _state(ask(stack.layout, do="status"))
    up = f"`{stack.layout.make('up')}` waits until everything is ready"
    if state != READY:
        doing = "starting" if state == STARTING else "shutting down"
        raise StackProblem(f"The stack is {doing}: {up}.")
    ports = stack.layout.ports
    doors = {service.name: ports.service(service.port_offset) for service in SERVICES}
    silent = [name for name, port in {**doors, "kafka": ports.kafka}.items() if not listens(port)]
    if silent:
        logs = stack.layout.make("logs")
        raise StackProblem(f"Nobody answers at {', '.join(silent)}: {up}, `{logs}` shows why not.")


def _state(now: Mapping[str, Any]) -> str:
    state: str = now.get("state", READY)
    return state


def _say_new(steps: list[str], shown: int, say_step: Say) -> int:
    for step in steps[shown:]:
        say_step(step)
    return len(steps)


def _settled(stack: Stack, now: Mapping[str, Any]) -> Stack:
    """Wait for what is being restarted at this moment, and take the ports that are in use."""
    for name, process in now["processes"].items():
        if process["state"] not in {"ready", "stopped"}:
            stack.wait_until_ready(name)
    ports = Ports(**now["ports"]) if "ports" in now else stack.layout.ports
    return Stack(layout=replace(stack.layout, ports=ports))


def _see_it_go(stack: Stack, now: Mapping[str, Any], *, followed: bool, say: Say) -> None:
    say("The stack is shutting down: waiting until it is gone.")
    await_gone(stack.layout)
    if followed and now.get("failed"):
        raise StackProblem(now["failed"])
