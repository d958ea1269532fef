"""A real Apache Kafka of one node on 127.0.0.1, from its own jars."""

import asyncio
import os
import secrets
import signal
import subprocess
import time
from base64 import urlsafe_b64encode
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from aiokafka.admin import AIOKafkaAdminClient
from aiokafka.errors import KafkaError

from stack.broken import StackProblem
from stack.children import child_options, start_child, stop_child, tail
from stack.downloads import kafka_jars
from stack.layout import home
from stack.waiting import listens

POLITELY, PARTING = signal.SIGTERM, signal.SIGKILL

_JAVA = ("java", "-Xmx384m", "-XX:TieredStopAtLevel=1", "-XX:+UseSerialGC", "-Xshare:auto")
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

    @property
    def address(self) -> str:
        return f"127.0.0.1:{self.port}"

    @property
    def command(self) -> list[str]:
        return [*_java(self.jars), "kafka.Kafka", str(self.folder / "server.properties")]


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
    log = folder / "kafka.log"
    options = child_options(log=log, parting=PARTING)
    child = start_child(broker.command, env=os.environ, options=options)
    try:
        _wait_until_ready(broker, child, log)
        yield broker
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
    jars = kafka_jars(cache or home() / "cache")
    broker = Kafka(
        jars=jars, folder=folder, port=port, controller=controller, detours=tuple(detours)
    )
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "server.properties").write_text(_settings(broker))
    if not (folder / "data" / "meta.properties").exists():
        _format(broker)
    return broker


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


def _java(jars: Path) -> list[str]:
    return [*_JAVA, _LOG_LEVEL, "-cp", str(jars / "*")]


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
            [*_java(broker.jars), *tool, *settings],
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
