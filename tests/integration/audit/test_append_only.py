"""What the service's own role cannot do to the log, on databases as the stack makes them."""

from collections.abc import AsyncIterator
from pathlib import Path

import asyncpg
import pytest
from sqlalchemy.ext.asyncio import create_async_engine

from builders_audit import RunningLog, record
from chassis import migrate
from stack.databases import create_databases, drop_database, login_roles
from stack.keys import Keys, make_keys
from stack.postgres import Postgres
from stack.services import service_named

AUDIT = service_named("audit")


def _url(server: Postgres, keys: Keys, user: str) -> str:
    address = server.url(AUDIT.database).rpartition("@")[2]
    return f"postgresql://{user}:{keys.password(user)}@{address}"


@pytest.fixture
async def urls(server: Postgres, tmp_path: Path) -> AsyncIterator[tuple[str, str]]:
    """Yield the addresses of a migrated database: the service's, and the superuser's."""
    keys = make_keys(tmp_path / "keys", services=["audit"], users=login_roles([AUDIT]))
    await create_databases(server, [AUDIT], keys=keys)
    await migrate.upgrade("audit", _url(server, keys, "audit_owner"))
    yield _url(server, keys, "audit_app"), server.url(AUDIT.database)
    await drop_database(server, AUDIT.database)


@pytest.fixture
async def log(urls: tuple[str, str], tmp_path: Path) -> AsyncIterator[RunningLog]:
    """Yield a log with two leaves, written as the service's role."""
    engine = create_async_engine(urls[0].replace("postgresql://", "postgresql+asyncpg://"))
    running = RunningLog(engine=engine, folder=tmp_path)
    await running.log(record(1), record(2))
    yield running
    await engine.dispose()


async def refused(url: str, *statements: str) -> str | None:
    """Run statements one after the other; return the SQLSTATE of the first that fails."""
    connection = await asyncpg.connect(url)
    try:
        for statement in statements:
            await connection.execute(statement)
    except asyncpg.PostgresError as error:
        return str(error.sqlstate)
    finally:
        await connection.close()
    return None


FORBIDDEN = [
    "update leaves set leaf = 'x'",
    "delete from leaves where idx = 0",
    "truncate leaves cascade",
    "drop table leaves cascade",
    "alter table leaves add column x int",
    "alter table leaves disable trigger append_only",
    "insert into leaves select * from leaves on conflict (idx) do update set leaf = 'x'",
    "set session_replication_role = replica",
    "update bodies set payload = null",
    "delete from bodies",
    "set role audit_log",
    "create or replace function refuse_change() returns trigger language plpgsql as 'begin end'",
]


class TestTheLog:
    @pytest.mark.covers("AU-3", "AU-4")
    @pytest.mark.fault(62)
    async def test_can_only_grow_for_the_service(
        self, log: RunningLog, urls: tuple[str, str]
    ) -> None:
        answers = {statement: await refused(urls[0], statement) for statement in FORBIDDEN}

        assert answers == dict.fromkeys(FORBIDDEN, "42501")
        assert len(await log.leaves()) == 2

    @pytest.mark.fault(62)
    @pytest.mark.parametrize(
        "statement",
        ["update leaves set leaf = 'x'", "delete from leaves", "truncate leaves cascade"],
    )
    async def test_stops_a_superuser_who_switches_triggers_off_by_setting(
        self, log: RunningLog, urls: tuple[str, str], statement: str
    ) -> None:
        switched_off = "set session_replication_role = replica"

        assert await refused(urls[1], switched_off, statement) == "42501"
        assert len(await log.leaves()) == 2


class TestClearBody:
    async def test_clears_headers_and_payload_and_leaves_the_leaf(
        self, log: RunningLog, urls: tuple[str, str]
    ) -> None:
        assert await refused(urls[0], "select clear_body(0)") is None

        bodies = await log.rows("select payload is null, headers is null from bodies order by idx")
        assert bodies == [(True, True), (False, False)]
        assert len(await log.leaves()) == 2

    @pytest.mark.parametrize(
        ("scope", "sqlstate"),
        [
            ("jsonb_build_object('subject', (select min(subject) from leaves))", "42501"),
            ("'{}'", "42501"),
            ('\'{"seller": "sel_1"}\'', "42501"),
            ('\'{"subject": "case_of_another"}\'', None),
        ],
    )
    async def test_refuses_what_is_under_a_hold(
        self, log: RunningLog, urls: tuple[str, str], scope: str, sqlstate: str | None
    ) -> None:
        await log.do(
            "insert into holds select gen_random_uuid(), 'harbour', "
            f"{scope}, 'court', 'compliance:mem_1', null, now(), null"
        )

        assert await refused(urls[0], "select clear_body(0)") == sqlstate


class TestBodies:
    async def test_go_by_the_function_alone_and_not_under_a_hold(
        self, log: RunningLog, urls: tuple[str, str]
    ) -> None:
        held = (
            "insert into holds (id, marketplace, scope, reason, placed_by, placed_at) values"
            " (gen_random_uuid(), 'harbour', '{}', 'litigation', 'compliance:a', now())"
        )

        assert await refused(urls[0], "select clear_bodies(array[0])") is None
        assert await refused(urls[0], "insert into case_sellers values ('a', 'b', 'c')") == "42501"
        assert await refused(urls[0], held, "select clear_body(1)") == "42501"
        assert await refused(urls[0], "select clear_bodies(array[1])") is None
        assert await log.rows("select idx, payload is null from bodies order by idx") == [
            (0, True),
            (1, False),
        ]
