"""A stack from outside: start one, ask it, stop it. Used by the command line and by tests."""

import os
import signal
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from stack.blocks import claimed_block
from stack.broken import StackProblem
from stack.control import ask
from stack.issuer import Issuer
from stack.keys import Keys
from stack.layout import Layout, Ports, home, make_home, scratch
from stack.preflight import check_machine
from stack.seed import Identity
from stack.services import issuer_url, plain_database_url, service_named, url
from stack.starting import ALL_SERVICES, Environments, Starting, Wish

__all__ = ["ALL_SERVICES", "Stack", "Wish", "running_stack", "wished_stack"]

Detours = Callable[[Ports], AbstractContextManager[object]]


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

    def url(self, service: str, *, replica: int = 1) -> str:
        return url(self.layout, service_named(service).port_offset, replica=replica)

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


def running_stack(
    *,
    env: Environments | None = None,
    services: Sequence[str] = ALL_SERVICES,
    durable: bool = False,
) -> AbstractContextManager[Stack]:
    """
    Run a whole private stack as long as the block lasts: own ports, own folder.

    Args:
        env: Settings to add, per process: `{"router": {"SELLERWORKS_FAILPOINTS": "…"}}`.
        services: Which ones; the development issuer, Kafka and PostgreSQL always run.
        durable: PostgreSQL syncs each commit to the disk, as in production: for benchmarks.

    Raises:
        StackProblem: It does not start.
    """
    return wished_stack(Wish(services=services, durable=durable, env=env or {}))


@contextmanager
def wished_stack(wish: Wish, *, detours: Detours | None = None) -> Iterator[Stack]:
    """
    Run a private stack as `running_stack` does, of replicas and with detours where wished.

    Args:
        wish: What it shall be.
        detours: What stands at the ports of a detoured stack, from before its start on.

    Raises:
        StackProblem: It does not start.
    """
    with ExitStack() as held:
        make_home()
        ports = held.enter_context(claimed_block(home() / "ports"))
        if detours is not None:
            held.enter_context(detours(ports))
        folder = held.enter_context(scratch())
        layout = Layout(folder=folder, cache=home() / "cache", ports=ports)
        check_machine(layout, replicas=wish.replicas)
        starting = held.enter_context(Starting.begin(layout, wish))
        starting.follow(lambda _: None)
        yield Stack(layout=layout)
