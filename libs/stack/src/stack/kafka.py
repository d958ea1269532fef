"""A real Apache Kafka of one node on 127.0.0.1, from its own jars."""

import asyncio
import os
import secrets
import shutil
import signal
import socket
import subprocess
import time
from base64 import urlsafe_b64encode
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path

from aiokafka.admin import AIOKafkaAdminClient
from aiokafka.errors import KafkaError

from stack.broken import StackProblem
from stack.children import child_options, start_child, stop_child, tail
from stack.downloads import kafka_jars, once
from stack.layout import home
from stack.waiting import listens

POLITELY, PARTING = signal.SIGTERM, signal.SIGKILL

_JAVA = ("java", "-Xmx384m", "-XX:TieredStopAtLevel=1", "-XX:+UseSerialGC", "-Xshare:auto")
_CLASSES = "classes.jsa"
_LOG_LEVEL = "-Dorg.slf4j.simpleLogger.defaultLogLevel=warn"
_FORMAT_SECONDS = 60
_READY_WITHIN = 90.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Detour:
    """
    A listener for one client alone, which is told another port, where a proxy stands.

    Kafka tells every client where to go on; only a listener of its own sends one elsewhere.
    """

    name: str
    listener: int
    told: int

    def listens(self) -> str:
        return f"{self.name}://127.0.0.1:{self.listener}"

    def tells(self) -> str:
        return f"{self.name}://127.0.0.1:{self.told}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Kafka:
    """A prepared broker: what to run, and where it answers once it runs."""

    jars: Path
    folder: Path
    port: int
    controller: int
    detours: tuple[Detour, ...] = ()
    notes: str | None = None
    """The option that gives Java its notes about Kafka's classes."""

    @property
    def address(self) -> str:
        return f"127.0.0.1:{self.port}"

    @property
    def command(self) -> list[str]:
        return self.java("kafka.Kafka", str(self.folder / "server.properties"))

    def java(self, *program: str) -> list[str]:
        """Say how to run one of Kafka's programs."""
        notes = [self.notes] if self.notes else []
        return [*_JAVA, *notes, _LOG_LEVEL, "-cp", str(self.jars / "*"), *program]


@contextmanager
def running_kafka(
    folder: Path,
    port: int,
    *,
    controller: int,
    cache: Path | None = None,
    detours: Iterable[Detour] = (),
) -> Iterator[Kafka]:
    """
    Run a broker as long as the block lasts; its data stays in `folder`.

    Raises:
        StackProblem: It did not start; the message ends with what it logged.
    """
    broker = prepare_kafka(folder, port, controller=controller, cache=cache, detours=detours)
    with _running(broker):
        yield broker


@contextmanager
def _running(broker: Kafka) -> Iterator[None]:
    log = broker.folder / "kafka.log"
    options = child_options(log=log, parting=PARTING)
    child = start_child(broker.command, env=os.environ, options=options)
    try:
        _wait_until_ready(broker, child, log)
        yield
    finally:
        stop_child(child, politely=POLITELY)


def prepare_kafka(
    folder: Path,
    port: int,
    *,
    controller: int,
    cache: Path | None = None,
    detours: Iterable[Detour] = (),
) -> Kafka:
    """Write the settings and format the storage unless that was done; nothing runs afterwards."""
    cache = cache or home() / "cache"
    jars = kafka_jars(cache)
    broker = Kafka(
        jars=jars,
        folder=folder,
        port=port,
        controller=controller,
        detours=tuple(detours),
        notes=f"-XX:SharedArchiveFile={_classes(cache, jars)}",
    )
    _prepare(broker)
    return broker


def _prepare(broker: Kafka) -> None:
    broker.folder.mkdir(parents=True, exist_ok=True)
    (broker.folder / "server.properties").write_text(_settings(broker))
    if not (broker.folder / "data" / "meta.properties").exists():
        _format(broker)


def _classes(cache: Path, jars: Path) -> Path:
    """
    Let Java note once what it finds in Kafka's classes, of which it reads thousands to start.

    With the notes a broker is ready in half the time. Java checks whether they fit; if not,
    after an upgrade of Java, say, it does without them.
    """
    return once(cache, f"{jars.name}-classes", partial(_note_classes, jars)) / _CLASSES


def _note_classes(jars: Path, target: Path) -> None:
    option = f"-XX:ArchiveClassesAtExit={target / _CLASSES}"
    port, controller = _free_ports()
    folder = target / "broker"
    broker = Kafka(jars=jars, folder=folder, port=port, controller=controller, notes=option)
    _prepare(replace(broker, notes=None))
    with _running(broker):
        pass
    shutil.rmtree(folder)


def _free_ports() -> tuple[int, int]:
    with socket.socket() as one, socket.socket() as other:
        one.bind(("127.0.0.1", 0))
        other.bind(("127.0.0.1", 0))
        return one.getsockname()[1], other.getsockname()[1]


async def is_ready(broker: Kafka) -> bool:
    """Tell whether the broker answers and has registered itself."""
    admin = AIOKafkaAdminClient(bootstrap_servers=broker.address, request_timeout_ms=2_000)
    try:
        await admin.start()
        cluster = await admin.describe_cluster()
    except (KafkaError, OSError):
        return False
    finally:
        await admin.close()
    return bool(cluster["brokers"])


def new_cluster_id() -> str:
    """Draw 16 bytes in base64url; the first is fixed, so that it never looks like an option."""
    return urlsafe_b64encode(b"S" + secrets.token_bytes(15)).decode().rstrip("=")


def _settings(broker: Kafka) -> str:
    own, controller = f"127.0.0.1:{broker.port}", f"127.0.0.1:{broker.controller}"
    settings = {
        "process.roles": "broker,controller",
        "node.id": 1,
        "controller.quorum.voters": f"1@{controller}",
        "controller.listener.names": "CONTROLLER",
        "listeners": ",".join(
            [
                f"PLAINTEXT://{own}",
                f"CONTROLLER://{controller}",
                *(detour.listens() for detour in broker.detours),
            ]
        ),
        "advertised.listeners": ",".join(
            [f"PLAINTEXT://{own}", *(detour.tells() for detour in broker.detours)]
        ),
        "listener.security.protocol.map": ",".join(
            f"{name}:PLAINTEXT"
            for name in ("PLAINTEXT", "CONTROLLER", *(detour.name for detour in broker.detours))
        ),
        "log.dirs": broker.folder / "data",
        "auto.create.topics.enable": "false",
        "delete.topic.enable": "true",
        # One node: nothing to replicate to, nobody to wait for.
        "offsets.topic.replication.factor": 1,
        "offsets.topic.num.partitions": 4,
        "transaction.state.log.replication.factor": 1,
        "transaction.state.log.min.isr": 1,
        "transaction.state.log.num.partitions": 1,
        "share.coordinator.state.topic.replication.factor": 1,
        "share.coordinator.state.topic.min.isr": 1,
        "group.initial.rebalance.delay.ms": 0,
        "broker.session.timeout.ms": 2000,
        "broker.heartbeat.interval.ms": 500,
    }
    return "".join(f"{key}={value}\n" for key, value in settings.items())


def _format(broker: Kafka) -> None:
    tool = ["kafka.tools.StorageTool", "format", "-t", new_cluster_id()]
    settings = ["-c", str(broker.folder / "server.properties"), "--ignore-formatted"]
    try:
        subprocess.run(  # noqa: S603 - arguments of our own
            broker.java(*tool, *settings),
            check=True,
            capture_output=True,
            text=True,
            timeout=_FORMAT_SECONDS,
        )
    except FileNotFoundError as error:
        raise StackProblem(
            "Java is missing: install Java 17 or newer"
            " (Debian: apt install openjdk-17-jre-headless)."
        ) from error
    except subprocess.CalledProcessError as error:
        raise StackProblem(f"Kafka could not format its storage: {error.stderr}") from error


def _wait_until_ready(broker: Kafka, child: subprocess.Popen[bytes], log: Path) -> None:
    deadline = time.monotonic() + _READY_WITHIN
    while not (listens(broker.port) and asyncio.run(is_ready(broker))):
        if child.poll() is not None or time.monotonic() > deadline:
            raise StackProblem(f"Kafka did not start on port {broker.port}: {tail(log)}")
        time.sleep(0.05)
