from collections.abc import Iterator
from pathlib import Path

import asyncpg
import pytest

from stack.blocks import claimed_block
from stack.broken import StackProblem
from stack.databases import clone_database, create_databases, drop_database, login_roles
from stack.keys import Keys, make_keys
from stack.layout import home, scratch
from stack.postgres import Postgres, running_postgres
from stack.services import service_named

PAIR = (service_named("router"), service_named("audit"))


@pytest.fixture(scope="module")
def folder() -> Iterator[Path]:
    with scratch() as folder:
        yield folder


@pytest.fixture(scope="module")
def server(folder: Path) -> Iterator[Postgres]:
    with (
        claimed_block(home() / "ports") as ports,
        running_postgres(folder / "postgres", ports.postgres, durable=False) as server,
    ):
        yield server


@pytest.fixture(scope="module")
def keys(folder: Path) -> Keys:
    services = [service.name for service in PAIR]
    return make_keys(folder / "keys", services=services, users=login_roles(PAIR))


@pytest.fixture
async def databases(server: Postgres, keys: Keys) -> None:
    await create_databases(server, PAIR, keys=keys)


async def connect(server: Postgres, keys: Keys, *, user: str, database: str) -> asyncpg.Connection:
    return await asyncpg.connect(
        host="127.0.0.1",
        port=server.port,
        user=user,
        password=keys.password(user),
        database=database,
    )


class TestRunningPostgres:
    async def test_asks_for_a_password(self, server: Postgres) -> None:
        with pytest.raises(asyncpg.InvalidPasswordError):
            await asyncpg.connect(server.url().replace(server.password, "guessed"))

    @pytest.mark.parametrize(
        ("setting", "value"),
        [
            ("log_error_verbosity", "terse"),
            ("log_parameter_max_length", "0"),
            ("log_parameter_max_length_on_error", "0"),
            ("log_min_error_statement", "panic"),
            ("unix_socket_directories", ""),
            ("listen_addresses", "127.0.0.1"),
            ("fsync", "off"),
        ],
    )
    async def test_runs_with(self, server: Postgres, setting: str, value: str) -> None:
        connection = await asyncpg.connect(server.url())

        found = await connection.fetchval("select current_setting($1)", setting)

        await connection.close()
        assert found == value

    def test_syncs_when_its_data_must_last(self, server: Postgres) -> None:
        assert "fsync=off" in server.command
        assert "fsync=off" not in replaced(server, durable=True).command

    def test_finds_its_data_again(self) -> None:
        with claimed_block(home() / "ports") as ports, scratch() as folder:
            with running_postgres(folder, ports.postgres, durable=False) as first:
                pass
            made = (folder / "db" / "PG_VERSION").stat().st_ctime_ns
            with running_postgres(folder, ports.postgres, durable=False) as second:
                pass

            assert second.password == first.password
            assert (folder / "db" / "PG_VERSION").stat().st_ctime_ns == made

    def test_says_why_it_does_not_start(self, server: Postgres) -> None:
        with (
            scratch() as folder,
            pytest.raises(StackProblem, match="did not start on port"),
            running_postgres(folder, server.port, durable=False),
        ):
            pass


def replaced(server: Postgres, *, durable: bool) -> Postgres:
    return Postgres(
        programs=server.programs,
        folder=server.folder,
        port=server.port,
        durable=durable,
        password=server.password,
    )


@pytest.mark.usefixtures("databases")
class TestCreateDatabases:
    async def test_lets_the_app_use_what_the_owner_makes(
        self, server: Postgres, keys: Keys
    ) -> None:
        owner = await connect(server, keys, user="router_owner", database="router")
        await owner.execute("create table if not exists queues (id bigserial primary key, n int)")
        app = await connect(server, keys, user="router_app", database="router")

        await app.execute("insert into queues (n) values (1)")
        await app.execute("update queues set n = 2")
        seen = await app.fetchval("select max(n) from queues")
        await app.execute("delete from queues")

        await app.close()
        await owner.close()
        assert seen == 2

    @pytest.mark.parametrize(
        "forbidden",
        [
            "create table mine (n int)",
            "drop table shelves",
            "truncate shelves",
            "alter table shelves add column n int",
            "create schema mine",
            "create role mine",
            "set role router_owner",
            "set session_replication_role = replica",
            "copy shelves to '/tmp/shelves'",
        ],
    )
    async def test_lets_the_app_do_nothing_else(
        self, server: Postgres, keys: Keys, forbidden: str
    ) -> None:
        owner = await connect(server, keys, user="router_owner", database="router")
        await owner.execute("create table if not exists shelves (id int)")
        await owner.close()
        app = await connect(server, keys, user="router_app", database="router")

        with pytest.raises(asyncpg.InsufficientPrivilegeError):
            await app.execute(forbidden)

        await app.close()

    @pytest.mark.parametrize("user", ["router_app", "router_owner"])
    @pytest.mark.parametrize("database", ["audit", "postgres", "template1"])
    async def test_lets_nobody_into_the_database_of_another(
        self, server: Postgres, keys: Keys, user: str, database: str
    ) -> None:
        with pytest.raises(asyncpg.InsufficientPrivilegeError):
            await connect(server, keys, user=user, database=database)

    async def test_lets_the_owner_of_audit_give_the_leaves_away(
        self, server: Postgres, keys: Keys
    ) -> None:
        owner = await connect(server, keys, user="audit_owner", database="audit")

        await owner.execute("create table if not exists kept (n int)")
        await owner.execute("alter table kept owner to audit_log")

        await owner.close()
        app = await connect(server, keys, user="audit_app", database="audit")
        with pytest.raises(asyncpg.InsufficientPrivilegeError):
            await app.execute("set role audit_log")
        await app.close()

    async def test_may_be_called_again(self, server: Postgres, keys: Keys) -> None:
        await create_databases(server, PAIR, keys=keys)

        app = await connect(server, keys, user="router_app", database="router")
        await app.close()


@pytest.mark.usefixtures("databases")
class TestCloneDatabase:
    async def test_copies_tables_and_grants(self, server: Postgres, keys: Keys) -> None:
        owner = await connect(server, keys, user="router_owner", database="router")
        await owner.execute("create table if not exists copied (n int)")
        await owner.close()

        await clone_database(server, template="router", name="router_gw0")

        app = await connect(server, keys, user="router_app", database="router_gw0")
        await app.execute("insert into copied values (1)")
        await app.close()
        with pytest.raises(asyncpg.InsufficientPrivilegeError):
            await connect(server, keys, user="audit_app", database="router_gw0")
        await drop_database(server, "router_gw0")
