"""What makes a stack, in the order of architecture.md §6, said step by step."""

import asyncio
import hashlib
import json
import os
import sys
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path

from stack import kafka, postgres
from stack.broken import StackProblem
from stack.children import tail
from stack.databases import create_databases, login_roles
from stack.keys import Keys, make_keys
from stack.layout import Layout
from stack.processes import Process, Supervisor
from stack.readiness import ready_when_answered
from stack.seed import members_file
from stack.services import (
    SERVICES,
    Program,
    ServiceSpec,
    command_of,
    database_url,
    environment_of,
    issuer_url,
    plain_environment,
    replicas_of,
    service_named,
    split_of,
)
from stack.topics import create_topics
from stack.waiting import listens

POSTGRES, KAFKA, ISSUER = "postgres", "kafka", "issuer"

# What the others live on goes last.
STOPPED_LAST = (ISSUER, KAFKA, POSTGRES)

_ONE_SHOT_SECONDS = 120
_LONGEST_LOG = 20 * 1024 * 1024

Say = Callable[[str], None]


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """What to bring up where, as wished. `env` adds settings to single processes, by name."""

    layout: Layout
    services: tuple[ServiceSpec, ...]
    durable: bool
    env: Mapping[str, Mapping[str, str]]
    replicas: int = 1
    spare: int = 0
    split: bool = False
    detoured: bool = False

    def programs(self, service: ServiceSpec) -> tuple[Program, ...]:
        """List the processes of a service, those at rest included."""
        if self.split:
            return split_of(service)
        return replicas_of(service, self.replicas + self.spare)

    def rests(self, program: Program) -> bool:
        return not self.split and program.replica > self.replicas


async def bring_up(plan: Plan, supervisor: Supervisor, say: Say) -> None:
    """
    Start everything that is not running; returns when every process is ready.

    Raises:
        StackProblem: Something does not start; alone or in an `ExceptionGroup`.
    """
    keys = prepare_folders(plan.layout)
    await supervisor.prepare_to_fork()
    async with asyncio.TaskGroup() as group:
        group.create_task(_bring_up_postgres(plan, keys, supervisor, say))
        group.create_task(_bring_up_kafka(plan, supervisor, say))
        group.create_task(_bring_up_issuer(plan, keys, supervisor, say))
    if service_named("router") in plan.services:
        await _seed(plan, keys, say)
    await _bring_up_services(plan, keys, supervisor, say)


def prepare_folders(layout: Layout) -> Keys:
    """Make the folders and secrets of a stack that are missing."""
    layout.folder.mkdir(parents=True, exist_ok=True)
    layout.folder.chmod(0o711)
    for folder in (layout.logs, *(layout.data(service.name) for service in SERVICES)):
        folder.mkdir(parents=True, exist_ok=True)
        folder.chmod(0o700)
    for log in layout.logs.glob("*.log"):
        _turn_over(log)
    names = [service.name for service in SERVICES]
    return make_keys(layout.keys, services=names, users=login_roles(SERVICES))


def _turn_over(log: Path) -> None:
    """Put a long log aside, so that two of them are all that is ever kept."""
    if log.stat().st_size > _LONGEST_LOG:
        log.rename(log.with_suffix(".log.1"))


async def _bring_up_postgres(plan: Plan, keys: Keys, supervisor: Supervisor, say: Say) -> None:
    layout = plan.layout
    server = await asyncio.to_thread(
        postgres.prepare_postgres,
        layout.postgres,
        layout.ports.postgres,
        durable=plan.durable,
        cache=layout.cache,
    )

    async def ready(pid: int) -> bool:
        return postgres.is_ready(server, pid)

    supervisor.start(
        Process(
            name=POSTGRES,
            command=tuple(server.command),
            env=postgres.environment(),
            log=layout.logs / "postgres.log",
            ready=ready,
            politely=postgres.POLITELY,
            parting=postgres.PARTING,
            unprivileged=True,
        )
    )
    await supervisor.ready(POSTGRES)
    say(f"PostgreSQL on port {layout.ports.postgres}")
    await create_databases(server, plan.services, keys=keys)
    await _migrate(plan, keys)
    say("databases at their newest version")


async def _bring_up_kafka(plan: Plan, supervisor: Supervisor, say: Say) -> None:
    layout = plan.layout
    broker = await asyncio.to_thread(
        kafka.prepare_kafka,
        layout.kafka,
        layout.ports.kafka,
        controller=layout.ports.controller,
        cache=layout.cache,
        detours=_kafka_detours(plan) if plan.detoured else (),
    )

    async def ready(_: int) -> bool:
        return listens(broker.port) and await kafka.is_ready(broker)

    supervisor.start(
        Process(
            name=KAFKA,
            command=tuple(broker.command),
            env=plain_environment(),
            log=layout.logs / "kafka.log",
            ready=ready,
            politely=kafka.POLITELY,
            parting=kafka.PARTING,
        )
    )
    await supervisor.ready(KAFKA)
    say(f"Kafka on port {layout.ports.kafka}")
    await create_topics(broker.address)
    say("topics")


def _kafka_detours(plan: Plan) -> list[kafka.Detour]:
    ports = plan.layout.ports
    return [
        kafka.Detour(
            name=f"FOR_{service.package.upper()}",
            listener=ports.kafka_listener(service.port_offset),
            told=ports.kafka_detour(service.port_offset),
        )
        for service in plan.services
    ]


async def _bring_up_issuer(plan: Plan, keys: Keys, supervisor: Supervisor, say: Say) -> None:
    layout = plan.layout
    own = {
        "SELLERWORKS_PORT": str(layout.ports.issuer),
        "SELLERWORKS_ISSUER": issuer_url(layout),
        "SELLERWORKS_ISSUER_KEY_FILE": str(keys.issuer),
    }
    supervisor.start(
        Process(
            name=ISSUER,
            command=(sys.executable, "-P", "-m", "stack.issuer"),
            env=plain_environment() | own,
            log=layout.logs / "issuer.log",
            ready=ready_when_answered(layout.ports.issuer),
        )
    )
    await supervisor.ready(ISSUER)
    say(f"development issuer on port {layout.ports.issuer}")


async def _bring_up_services(plan: Plan, keys: Keys, supervisor: Supervisor, say: Say) -> None:
    every = [(service, program) for service in plan.services for program in plan.programs(service)]
    for service, program in every:
        begin = supervisor.know if plan.rests(program) else supervisor.start
        begin(_process(service, program, plan=plan, keys=keys))

    async def report(program: Program) -> None:
        await supervisor.ready(program.name)
        say(f"{program.name} on port {_port(plan, program)}")

    async with asyncio.TaskGroup() as group:
        for _, program in every:
            if not plan.rests(program):
                group.create_task(report(program))


def _process(service: ServiceSpec, program: Program, *, plan: Plan, keys: Keys) -> Process:
    layout = plan.layout
    env = environment_of(service, program, layout=layout, keys=keys, detoured=plan.detoured)
    return Process(
        name=program.name,
        command=command_of(service, *program.arguments),
        env={**env, **plan.env.get(program.name, {})},
        folder=layout.data(service.name),
        log=layout.logs / f"{program.name}.log",
        ready=ready_when_answered(_port(plan, program)),
        forked=True,
    )


def _port(plan: Plan, program: Program) -> int:
    return plan.layout.ports.service(program.offset, replica=program.replica)


async def _migrate(plan: Plan, keys: Keys) -> None:
    layout = plan.layout
    owners = {
        service.package: database_url(service, "owner", layout=layout, keys=keys)
        for service in plan.services
    }
    command = (sys.executable, "-P", "-m", "stack.migrate")
    env = plain_environment() | {"SELLERWORKS_OWNERS": json.dumps(owners)}
    await _run_once(command, env=env, log=layout.logs / "migrate.log")


async def _seed(plan: Plan, keys: Keys, say: Say) -> None:
    """Enrol the demonstration members, once for each text of the file."""
    layout, router = plan.layout, service_named("router")
    members, done = layout.folder / "members.json", layout.folder / "seeded"
    text = members_file()
    mark = hashlib.sha256(text.encode()).hexdigest()
    if done.exists() and done.read_text() == mark:
        return
    members.write_text(text)
    env = environment_of(router, router.programs[0], layout=layout, keys=keys)
    command = command_of(router, "seed", str(members))
    await _run_once(command, env=env, log=layout.logs / "seed.log")
    done.write_text(mark)
    say("members enrolled")


async def _run_once(command: tuple[str, ...], *, env: Mapping[str, str], log: Path) -> None:
    with log.open("ab") as output:
        child = await asyncio.create_subprocess_exec(
            *command, env=env, stdin=asyncio.subprocess.DEVNULL, stdout=output, stderr=output
        )
    try:
        async with asyncio.timeout(_ONE_SHOT_SECONDS):
            code = await child.wait()
    finally:
        if child.returncode is None:
            child.kill()
            await child.wait()
    if code != os.EX_OK:
        raise StackProblem(f"`{' '.join(command[3:])}` failed; its log ({log}) ends:\n{tail(log)}")
