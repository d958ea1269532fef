"""A stack from outside: start one, ask it, stop it. Used by the command line and by tests."""

import fcntl
import json
import os
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import IO, Any, Self

from stack.blocks import claimed_block
from stack.broken import AlreadyRunning, NotRunning, StackProblem
from stack.children import append_to, tail
from stack.control import ask
from stack.daemon import STAY
from stack.issuer import Issuer
from stack.keys import Keys
from stack.layout import Layout, home, make_home, scratch
from stack.preflight import check_machine
from stack.seed import Identity
from stack.services import SERVICES, issuer_url, plain_database_url, service_named, service_urls

ALL_SERVICES = tuple(service.name for service in SERVICES)

_LEAVES_WITHIN = 90.0

Say = Callable[[str], None]
Environments = Mapping[str, Mapping[str, str]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Stack:
    """A stack on this machine, running or not, known by its folder and ports."""

    layout: Layout

    @property
    def folder(self) -> Path:
        return self.layout.folder

    @property
    def keys(self) -> Keys:
        return Keys(folder=self.layout.keys)

    @property
    def kafka(self) -> str:
        """`host:port` of the broker."""
        return f"127.0.0.1:{self.layout.ports.kafka}"

    @property
    def issuer_url(self) -> str:
        return issuer_url(self.layout)

    def url(self, service: str) -> str:
        return service_urls(self.layout)[service]

    def token(self, identity: Identity | str) -> str:
        """Sign a bearer token as the development issuer does, also for someone made up."""
        return Issuer.load(self.keys.issuer, url=self.issuer_url).token_for(identity)

    def dsn(self, service: str, *, role: str = "app") -> str:
        """Address a service's database for asyncpg or psql, as its `app` or its `owner`."""
        return plain_database_url(service_named(service), role, layout=self.layout, keys=self.keys)

    def superuser_dsn(self, database: str) -> str:
        """Address any database as PostgreSQL's superuser: for attacks in tests."""
        password = (self.layout.postgres / "superuser").read_text()
        return f"postgresql://postgres:{password}@127.0.0.1:{self.layout.ports.postgres}/{database}"

    def log(self, process: str) -> Path:
        return self.layout.logs / f"{process}.log"

    def data(self, service: str) -> Path:
        """Give a service's private folder."""
        return self.layout.data(service)

    def status(self) -> dict[str, dict[str, Any]]:
        """Tell `{process: {state, pid, restarts}}`."""
        processes: dict[str, dict[str, Any]] = ask(self.layout, do="status")["processes"]
        return processes

    def supervisor_pid(self) -> int:
        pid: int = ask(self.layout, do="status")["pid"]
        return pid

    def pid(self, process: str) -> int:
        found = self.status().get(process, {}).get("pid")
        if not isinstance(found, int):
            raise StackProblem(f"There is no running process {process}.")
        return found

    def kill(self, process: str) -> None:
        """SIGKILL it; the supervisor starts it again."""
        ask(self.layout, do="kill", process=process)

    def stop(self, process: str) -> None:
        """Ask it to leave; returns when it is gone, and it stays away."""
        ask(self.layout, do="stop", process=process)

    def start(self, process: str, *, once: Mapping[str, str] | None = None) -> None:
        """Start it again; returns when it is ready. `once`: settings of this one start."""
        ask(self.layout, do="start", process=process, env=dict(once or {}))

    def wait_until_ready(self, process: str) -> None:
        """Wait until it is ready, for instance after `kill`."""
        ask(self.layout, do="wait", process=process)

    def signal(self, process: str, what: signal.Signals) -> None:
        """Send any signal, SIGSTOP for instance."""
        os.kill(self.pid(process), what)


@dataclass(frozen=True, slots=True, kw_only=True)
class Wish:
    """What a stack shall be. `env`: settings to add, per process."""

    services: Sequence[str] = ALL_SERVICES
    durable: bool = True
    env: Environments = field(default_factory=dict)


@dataclass(slots=True, kw_only=True)
class Starting:
    """A supervisor that we started: it lives as long as the `with` block, until `let_stay`."""

    stack: Stack
    child: subprocess.Popen[bytes]
    stays: bool = False

    @classmethod
    def begin(cls, stack: Stack, wish: Wish) -> Self:
        layout = stack.layout
        layout.folder.mkdir(parents=True, exist_ok=True)
        layout.logs.mkdir(exist_ok=True, mode=0o700)
        plan = {
            "folder": str(layout.folder),
            "cache": str(layout.cache),
            "ports": asdict(layout.ports),
            **asdict(wish),
        }
        with os.fdopen(append_to(stack.log("stack")), "ab") as log:
            child = subprocess.Popen(  # noqa: S603 - our own module
                [sys.executable, "-P", "-m", "stack.daemon", json.dumps(plan)],
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=log,
                start_new_session=True,
                cwd=layout.folder,
            )
        return cls(stack=stack, child=child)

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
        log = self.stack.log("stack")
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


@contextmanager
def running_stack(
    *,
    env: Environments | None = None,
    services: Sequence[str] = ALL_SERVICES,
    durable: bool = False,
) -> Iterator[Stack]:
    """
    Run a whole private stack as long as the block lasts: own ports, own folder.

    Args:
        env: Settings to add, per process: `{"router": {"SELLERWORKS_FAILPOINTS": "…"}}`.
        services: Which ones; the development issuer, Kafka and PostgreSQL always run.
        durable: PostgreSQL syncs each commit to the disk, as in production: for benchmarks.

    Raises:
        StackProblem: It does not start.
    """
    with ExitStack() as held:
        make_home()
        ports = held.enter_context(claimed_block(home() / "ports"))
        folder = held.enter_context(scratch())
        layout = Layout(folder=folder, cache=home() / "cache", ports=ports)
        check_machine(layout)
        wish = Wish(services=services, durable=durable, env=env or {})
        starting = held.enter_context(Starting.begin(Stack(layout=layout), wish))
        starting.follow(lambda _: None)
        yield starting.stack


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


def _open(pipe: IO[bytes] | None) -> IO[bytes]:
    if pipe is None:
        raise StackProblem("The supervisor was started without its pipes.")
    return pipe
