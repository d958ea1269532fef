"""A database a service, an owner that migrates it, and an app role that may only use it."""

import asyncio
from collections.abc import Iterable

import asyncpg

from stack.keys import Keys
from stack.postgres import Postgres
from stack.services import ServiceSpec

_READ_AND_WRITE = "select, insert, update, delete"


def login_roles(services: Iterable[ServiceSpec]) -> list[str]:
    """List the roles that need a password."""
    return [f"{service.database}_{role}" for service in services for role in ("owner", "app")]


async def create_databases(
    server: Postgres, services: Iterable[ServiceSpec], *, keys: Keys
) -> None:
    """Create what is missing of roles and databases; passwords become those of `keys`."""
    admin = await asyncpg.connect(server.url())
    try:
        await admin.execute("revoke connect on database postgres, template1 from public")
        for service in services:
            await _make_roles(admin, service, keys)
            await _make_database(admin, service)
    finally:
        await admin.close()
    await asyncio.gather(*(_grant_inside(server, service) for service in services))


async def clone_database(server: Postgres, *, template: str, name: str) -> None:
    """Copy a database nobody is connected to, with its tables, rows and grants; fast."""
    admin = await asyncpg.connect(server.url())
    try:
        owner = await admin.fetchval(
            "select pg_get_userbyid(datdba) from pg_database where datname = $1", template
        )
        app = owner.removesuffix("_owner") + "_app"
        await admin.execute(f'create database "{name}" owner "{owner}" template "{template}"')
        await admin.execute(f'revoke all on database "{name}" from public')
        await admin.execute(f'grant connect on database "{name}" to "{app}"')
    finally:
        await admin.close()


async def drop_database(server: Postgres, name: str) -> None:
    """Drop a database, whoever is still connected."""
    admin = await asyncpg.connect(server.url())
    try:
        await admin.execute(f'drop database if exists "{name}" with (force)')
    finally:
        await admin.close()


async def _make_roles(admin: asyncpg.Connection, service: ServiceSpec, keys: Keys) -> None:
    for role in login_roles([service]):
        await _make_role(admin, role)
        # A random password of our own (URL-safe letters): nothing to escape.
        await admin.execute(f"alter role {role} login password '{keys.password(role)}'")
    for role in service.own_roles:
        await _make_role(admin, role)
        await admin.execute(f"grant {role} to {service.database}_owner")


async def _make_role(admin: asyncpg.Connection, role: str) -> None:
    if not await admin.fetchval("select true from pg_roles where rolname = $1", role):
        await admin.execute(f"create role {role}")


async def _make_database(admin: asyncpg.Connection, service: ServiceSpec) -> None:
    name = service.database
    if not await admin.fetchval("select true from pg_database where datname = $1", name):
        await admin.execute(f"create database {name} owner {name}_owner")
    await admin.execute(f"revoke all on database {name} from public")
    await admin.execute(f"grant connect on database {name} to {name}_app")


async def _grant_inside(server: Postgres, service: ServiceSpec) -> None:
    owner, app = f"{service.database}_owner", f"{service.database}_app"
    inside = await asyncpg.connect(server.url(service.database))
    default = f"alter default privileges for role {owner} in schema public grant"
    try:
        await inside.execute("revoke all on schema public from public")
        await inside.execute(f"alter schema public owner to {owner}")
        await inside.execute(f"grant usage on schema public to {app}")
        await inside.execute(f"{default} {_READ_AND_WRITE} on tables to {app}")
        await inside.execute(f"{default} usage, select on sequences to {app}")
        for role in service.own_roles:
            await inside.execute(f"grant usage, create on schema public to {role}")
    finally:
        await inside.close()
