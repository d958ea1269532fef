"""A supervisor that runs, or begins, or ends: how far it is, and how to see it gone."""

import fcntl
import shutil
import time
from contextlib import suppress
from typing import Any

from stack.broken import NotRunning, StackProblem
from stack.control import ask
from stack.layout import Layout

_LEAVES_WITHIN = 90.0


def is_running(layout: Layout) -> bool:
    """Tell whether a supervisor holds this stack, ready or not."""
    path = layout.folder / "supervisor.lock"
    if not path.exists():
        return False
    with path.open("a") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            return True
    return False


def leave(layout: Layout) -> None:
    """Ask the supervisor to take everything down and wait until it has, as `await_gone` does."""
    if how_far(layout) is not None:
        with suppress(NotRunning):
            ask(layout, do="leave")
    await_gone(layout)


def how_far(layout: Layout) -> dict[str, Any] | None:
    """
    Ask the supervisor how far the stack is; None when there is no supervisor.

    It does not listen yet in its first moments, and no longer in its last.

    Raises:
        StackProblem: There is one, and it does not answer.
    """
    deadline = time.monotonic() + _LEAVES_WITHIN
    while is_running(layout):
        try:
            return ask(layout, do="status")
        except NotRunning:
            if time.monotonic() > deadline:
                raise
        time.sleep(0.05)
    return None


def await_gone(layout: Layout) -> None:
    """
    Wait until nothing of a stack that was asked to leave is left.

    Raises:
        StackProblem: It is still there after a minute and a half.
    """
    deadline = time.monotonic() + _LEAVES_WITHIN
    while is_running(layout):
        if time.monotonic() > deadline:
            raise StackProblem(f"The stack does not stop; see {layout.logs / 'stack.log'}.")
        time.sleep(0.05)


def forget(layout: Layout) -> None:
    """Delete everything a stopped stack has kept."""
    if layout.folder.exists():
        shutil.rmtree(layout.folder)
