"""The table of what a stack runs: a service a row, and what each of its processes is given."""

import json
import os
import sys
from collections.abc import Collection, Mapping
from dataclasses import dataclass, field, replace

from stack.keys import Keys
from stack.layout import Layout, checkout

AUDIENCE = "sellerworks"

# What a service may inherit from whoever starts the stack.
_INHERITED = ("PATH", "PYTHONPATH", "HOME", "LANG", "TMPDIR", "SELLERWORKS_OTLP_ENDPOINT")
_INHERITED_PREFIXES = ("OTEL_", "COVERAGE_")


@dataclass(frozen=True, slots=True, kw_only=True)
class Program:
    """One process of a service: the roles it plays, and where in the ports block it answers."""

    name: str
    arguments: tuple[str, ...]
    offset: int
    replica: int = 1


@dataclass(frozen=True, slots=True, kw_only=True)
class ServiceSpec:
    """A service: its name, its package, its processes. Each has a database of its own."""

    name: str
    package: str
    programs: tuple[Program, ...]
    own_roles: tuple[str, ...] = field(default=())

    @property
    def database(self) -> str:
        """Name the database; also the first part of its roles `…_owner` and `…_app`."""
        return self.package

    @property
    def port_offset(self) -> int:
        return self.programs[0].offset


def _one(name: str, offset: int) -> ServiceSpec:
    program = Program(name=name, arguments=("serve",), offset=offset)
    return ServiceSpec(name=name, package=name.replace("-", "_"), programs=(program,))


SIGNER = "audit-signer"
_VAULT_OFFSET, _SIGNER_OFFSET = 9, 10

_AUDIT = ServiceSpec(
    name="audit",
    package="audit",
    programs=(
        Program(name="audit", arguments=("--role", "api,ingest,sequencer", "serve"), offset=6),
        Program(name=SIGNER, arguments=("--role", "signer", "serve"), offset=_SIGNER_OFFSET),
    ),
    # Owns the leaves; nobody logs in as it (audit.md §2).
    own_roles=("audit_log",),
)

# What stands apart from the process that serves HTTP when a service is split.
_WORKER_ROLES = {"audit": "ingest,sequencer"}

SERVICES = (
    _one("vault", _VAULT_OFFSET),
    _one("intake", 1),
    _one("router", 2),
    _one("resolution", 3),
    _one("handoff", 4),
    _one("sla-monitor", 5),
    _AUDIT,
)


def service_named(name: str) -> ServiceSpec:
    return next(service for service in SERVICES if service.name == name)


def replicas_of(service: ServiceSpec, count: int) -> tuple[Program, ...]:
    """List so many replicas of each process: `router`, `router-2`, `router-3`."""
    return tuple(
        program
        if number == 1
        else replace(program, name=f"{program.name}-{number}", replica=number)
        for number in range(1, count + 1)
        for program in service.programs
    )


def missing_replica(running: Collection[str], count: int) -> str | None:
    """Name a replica that does not run although its service does; `running`: processes' names."""
    if count == 1:
        return None
    wanted = (f"{service.name}-{count}" for service in SERVICES if service.name in running)
    return next((name for name in wanted if name not in running), None)


def split_of(service: ServiceSpec) -> tuple[Program, ...]:
    """List the processes of a service whose HTTP is apart from its consuming."""
    whole, *others = service.programs
    roles = _WORKER_ROLES.get(service.name, "worker")
    api = replace(whole, arguments=("--role", "api", "serve"))
    worker = replace(
        whole, name=f"{whole.name}-worker", arguments=("--role", roles, "serve"), replica=2
    )
    return (api, worker, *others)


def url(layout: Layout, offset: int, *, replica: int = 1) -> str:
    return f"http://127.0.0.1:{layout.ports.service(offset, replica=replica)}"


def service_urls(layout: Layout) -> dict[str, str]:
    return {service.name: url(layout, service.port_offset) for service in SERVICES}


def issuer_url(layout: Layout) -> str:
    return f"http://127.0.0.1:{layout.ports.issuer}"


def command_of(service: ServiceSpec, *arguments: str) -> tuple[str, ...]:
    # -P: what lies in the working folder is no module.
    return (sys.executable, "-P", "-m", service.package, *arguments)


def environment_of(
    service: ServiceSpec, program: Program, *, layout: Layout, keys: Keys, detoured: bool = False
) -> dict[str, str]:
    """Give a process its settings: all it knows about where it runs. Owners' passwords are none."""
    ports = layout.ports
    offset = service.port_offset
    data = layout.data(service.name)
    return {
        **plain_environment(),
        **_shared(layout, keys),
        "SELLERWORKS_SERVICE": service.name,
        "SELLERWORKS_PORT": str(ports.service(program.offset, replica=program.replica)),
        "SELLERWORKS_DATABASE_URL": database_url(
            service, "app", layout=_through(layout, offset) if detoured else layout, keys=keys
        ),
        "SELLERWORKS_KAFKA": f"127.0.0.1:{ports.kafka_detour(offset) if detoured else ports.kafka}",
        "SELLERWORKS_SIGNING_KEY_FILE": str(keys.signing(service.name)),
        "SELLERWORKS_TAG_KEY_FILE": str(keys.tag(service.name)),
        "SELLERWORKS_DATA": str(data),
        "SELLERWORKS_CLIENT_ID": f"service-{service.name}",
        **_secrets_of(program, keys),
    }


def plain_environment() -> dict[str, str]:
    inherited = {
        name: value
        for name, value in os.environ.items()
        if name in _INHERITED or name.startswith(_INHERITED_PREFIXES)
    }
    return inherited | {"PYTHONUNBUFFERED": "1", "TZ": "UTC", "SELLERWORKS_STACK": "1"}


def database_url(service: ServiceSpec, role: str, *, layout: Layout, keys: Keys) -> str:
    """Address a service's database as its `owner` or its `app`, in SQLAlchemy's form."""
    return f"postgresql+asyncpg{_address(service, role, layout=layout, keys=keys)}"


def plain_database_url(service: ServiceSpec, role: str, *, layout: Layout, keys: Keys) -> str:
    """Address it in libpq's form, for asyncpg and psql."""
    return f"postgresql{_address(service, role, layout=layout, keys=keys)}"


def _address(service: ServiceSpec, role: str, *, layout: Layout, keys: Keys) -> str:
    user = f"{service.database}_{role}"
    password = keys.password(user)
    return f"://{user}:{password}@127.0.0.1:{layout.ports.postgres}/{service.database}"


def _through(layout: Layout, offset: int) -> Layout:
    """Put PostgreSQL where a service's detour begins."""
    ports = layout.ports
    return replace(layout, ports=replace(ports, postgres=ports.postgres_detour(offset)))


def _shared(layout: Layout, keys: Keys) -> Mapping[str, str]:
    issuer = issuer_url(layout)
    return {
        "SELLERWORKS_HOST": "127.0.0.1",
        "SELLERWORKS_TOPIC_PREFIX": "",
        "SELLERWORKS_ISSUER": issuer,
        "SELLERWORKS_AUDIENCE": AUDIENCE,
        "SELLERWORKS_JWKS_URL": f"{issuer}/jwks.json",
        "SELLERWORKS_PUBLIC_KEYS_FILE": str(keys.public),
        "SELLERWORKS_PLAYBOOKS": str(checkout() / "playbooks"),
        "SELLERWORKS_URLS": json.dumps(service_urls(layout)),
        "SELLERWORKS_FAILPOINTS": "",
    }


def _secrets_of(program: Program, keys: Keys) -> Mapping[str, str]:
    if program.offset == _VAULT_OFFSET:
        return {"SELLERWORKS_MASTER_KEY_FILE": str(keys.master)}
    if program.offset == _SIGNER_OFFSET:
        named = {"SELLERWORKS_SIGNER_KEY_FILE": keys.signer}
        if keys.signer_before.exists():
            named["SELLERWORKS_SIGNER_OLD_KEY_FILE"] = keys.signer_before
        return {name: str(file) for name, file in named.items()}
    return {}
