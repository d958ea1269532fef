"""Where a stack keeps its things on this machine, and on which ports it answers."""

import hashlib
import json
import os
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from pathlib import Path
from tempfile import TemporaryDirectory

from stack.broken import StackProblem

ROW = 20
MOST_REPLICAS = 3
BLOCK = 100
MAIN = "main"

_FIRST_DEFAULT = 8099
_SIGNER = 11
_KAFKA, _CONTROLLER, _POSTGRES = 12, 13, 14
_LISTENERS, _KAFKA_DETOURS, _POSTGRES_DETOURS = 60, 70, 80


@dataclass(frozen=True, slots=True, kw_only=True)
class Ports:
    """
    The ports of one stack, all on 127.0.0.1.

    A row of 20 starts with the development issuer; a service whose usual port is
    8100 + n has base + 1 + n, and its second replica is a row further. The default
    row puts Kafka and PostgreSQL elsewhere. Of a whole block, the rows after the third
    replica's are for detours: each service may reach Kafka and PostgreSQL through a port
    of its own.
    """

    base: int
    kafka: int
    controller: int
    postgres: int

    @property
    def issuer(self) -> int:
        return self.base

    @property
    def signer(self) -> int:
        return self.base + _SIGNER

    def service(self, offset: int, *, replica: int = 1) -> int:
        return self.base + ROW * (replica - 1) + 1 + offset

    def kafka_listener(self, offset: int) -> int:
        """Where Kafka itself listens for one service that takes a detour."""
        return self.base + _LISTENERS + offset

    def kafka_detour(self, offset: int) -> int:
        """Where that service is told that Kafka is."""
        return self.base + _KAFKA_DETOURS + offset

    def postgres_detour(self, offset: int) -> int:
        """Where that service is told that PostgreSQL is."""
        return self.base + _POSTGRES_DETOURS + offset


@dataclass(frozen=True, slots=True, kw_only=True)
class Layout:
    """The folders of one stack. Nothing of a stack lies anywhere else but in the cache."""

    folder: Path
    cache: Path
    ports: Ports
    name: str = MAIN

    @property
    def keys(self) -> Path:
        return self.folder / "keys"

    @property
    def logs(self) -> Path:
        return self.folder / "logs"

    @property
    def postgres(self) -> Path:
        return self.folder / "postgres"

    @property
    def kafka(self) -> Path:
        return self.folder / "kafka"

    @property
    def control(self) -> Path:
        """Where the supervisor listens for commands."""
        return self.folder / "control.sock"

    def data(self, service: str) -> Path:
        return self.folder / "data" / service

    def make(self, words: str) -> str:
        """Write a `make` command line that means this stack."""
        return f"make {words}" if self.name == MAIN else f"make {words} NAME={self.name}"


def default_ports() -> Ports:
    return Ports(base=_FIRST_DEFAULT, kafka=19092, controller=19093, postgres=15432)


def block_ports(base: int) -> Ports:
    return Ports(
        base=base, kafka=base + _KAFKA, controller=base + _CONTROLLER, postgres=base + _POSTGRES
    )


def all_ports(ports: Ports, *, replicas: int = 1) -> list[int]:
    """List every port a stack of so many replicas may listen on."""
    services = [ports.service(offset) for offset in range(10)]
    single = [ports.issuer, *services, ports.signer, ports.kafka, ports.controller, ports.postgres]
    further = [
        ports.service(offset, replica=replica)
        for replica in range(2, replicas + 1)
        for offset in range(1, _SIGNER)
    ]
    return [*single, *further]


def block_of(ports: Ports) -> list[int]:
    """List the ports of the whole block, detours included."""
    return list(range(ports.base, ports.base + BLOCK))


def checkout() -> Path:
    """Find the checkout this package runs from; its playbooks and migrations are used."""
    return Path(__file__).resolve().parents[4]


def home() -> Path:
    """
    Choose the folder of all stacks of this user.

    `SELLERWORKS_HOME` wins. Root's stacks lie where the unprivileged user that runs
    PostgreSQL can get to.
    """
    chosen = os.environ.get("SELLERWORKS_HOME")
    if chosen:
        return Path(chosen).resolve()
    if os.geteuid() == 0:
        return Path("/var/tmp/sellerworks")  # noqa: S108 - made by `make_home`, which checks the owner
    return Path.home() / ".local" / "state" / "sellerworks"


def make_home() -> Path:
    """
    Make the folder of all stacks, traversable by others, writable by us alone.

    Raises:
        StackProblem: Somebody else made it; another must be chosen.
    """
    folder = home()
    folder.mkdir(parents=True, exist_ok=True)
    if folder.stat().st_uid != os.geteuid():
        raise StackProblem(
            f"{folder} belongs to another user: set SELLERWORKS_HOME to a folder of your own."
        )
    folder.chmod(0o755)
    return folder


@contextmanager
def scratch(*, within: Path | None = None) -> Iterator[Path]:
    """Lend an empty folder that the unprivileged user can traverse; it is deleted afterwards."""
    root = (within or make_home()) / "scratch"
    root.mkdir(exist_ok=True)
    with TemporaryDirectory(dir=root) as folder:
        Path(folder).chmod(0o755)
        yield Path(folder)


def layout_of(name: str, ports: Ports, *, within: Path | None = None) -> Layout:
    """Place the stack `name` of this checkout; its state survives until `stack reset`."""
    root = within or home()
    mark = hashlib.sha256(str(checkout()).encode()).hexdigest()[:8]
    folder = root / f"{mark}-{name}"
    return Layout(folder=folder, cache=home() / "cache", ports=ports, name=name)


def kept_ports(folder: Path) -> Ports | None:
    """Recall on which ports the stack in a folder was last started."""
    kept = folder / "ports.json"
    return Ports(**json.loads(kept.read_text())) if kept.exists() else None


def keep_ports(layout: Layout) -> None:
    (layout.folder / "ports.json").write_text(json.dumps(asdict(layout.ports)))
