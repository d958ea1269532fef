"""Starting a supervisor: what it shall run, and following it until all is ready."""

import json
import os
import subprocess
import sys
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import IO, Self

from stack.broken import AlreadyRunning, StackProblem
from stack.children import append_to, tail
from stack.daemon import STAY
from stack.layout import Layout
from stack.services import SERVICES

ALL_SERVICES = tuple(service.name for service in SERVICES)

_LEAVES_WITHIN = 90.0

Say = Callable[[str], None]
Environments = Mapping[str, Mapping[str, str]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Wish:
    """
    What a stack shall be. `env`: settings to add, per process.

    `replicas` of each service run; as many as `spare` say more are known and rest until
    they are started. `split` runs each service's HTTP and its consuming apart. `detoured`
    services reach Kafka and PostgreSQL through ports of their own, where somebody must
    stand who passes everything on.
    """

    services: Sequence[str] = ALL_SERVICES
    durable: bool = True
    replicas: int = 1
    spare: int = 0
    split: bool = False
    detoured: bool = False
    env: Environments = field(default_factory=dict)


@dataclass(slots=True, kw_only=True)
class Starting:
    """A supervisor that we started: it lives as long as the `with` block, until `let_stay`."""

    layout: Layout
    child: subprocess.Popen[bytes]
    stays: bool = False

    @classmethod
    def begin(cls, layout: Layout, wish: Wish) -> Self:
        layout.folder.mkdir(parents=True, exist_ok=True)
        layout.logs.mkdir(exist_ok=True, mode=0o700)
        plan = {
            "folder": str(layout.folder),
            "cache": str(layout.cache),
            "ports": asdict(layout.ports),
            **asdict(wish),
        }
        with os.fdopen(append_to(_log_of(layout)), "ab") as log:
            child = subprocess.Popen(  # noqa: S603 - our own module
                [sys.executable, "-P", "-m", "stack.daemon", json.dumps(plan)],
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=log,
                start_new_session=True,
                cwd=layout.folder,
            )
        return cls(layout=layout, child=child)

    def follow(self, say: Say) -> None:
        """
        Tell each step until all is ready.

        Raises:
            AlreadyRunning: Somebody else was faster.
            StackProblem: It will not be; everything is down again.
        """
        for line in _open(self.child.stdout):
            message = json.loads(line)
            if message.get("ready"):
                return
            if "failed" in message:
                self.child.wait(timeout=_LEAVES_WITHIN)
                raise (AlreadyRunning if message.get("taken") else StackProblem)(message["failed"])
            say(message["step"])
        log = _log_of(self.layout)
        raise StackProblem(f"The supervisor ended; its log ({log}) ends:\n{tail(log)}")

    def let_stay(self) -> None:
        """Let the stack outlive us."""
        _open(self.child.stdin).write(STAY)
        self.stays = True

    def is_alive(self) -> bool:
        return self.child.poll() is None

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        """Close its lifeline; unless it stays, wait until nothing of it is left."""
        _open(self.child.stdin).close()
        if not self.stays:
            self._await_end()
        _open(self.child.stdout).close()

    def _await_end(self) -> None:
        try:
            self.child.wait(timeout=_LEAVES_WITHIN)
        except subprocess.TimeoutExpired:
            self.child.kill()
            self.child.wait()


def _log_of(layout: Layout) -> Path:
    return layout.logs / "stack.log"


def _open(pipe: IO[bytes] | None) -> IO[bytes]:
    if pipe is None:
        raise StackProblem("The supervisor was started without its pipes.")
    return pipe
