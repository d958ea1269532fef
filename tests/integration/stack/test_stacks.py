from collections.abc import Iterator
from pathlib import Path

import asyncpg
import httpx
import pytest
from aiokafka.admin import AIOKafkaAdminClient

from stack.broken import StackProblem
from stack.leaving import is_running
from stack.stacks import Stack, running_stack


@pytest.fixture(scope="module")
def stack() -> Iterator[Stack]:
    with running_stack(services=()) as stack:
        yield stack


class TestRunningStack:
    def test_runs_what_services_live_on(self, stack: Stack) -> None:
        states = {name: now["state"] for name, now in stack.status().items()}

        assert states == {"postgres": "ready", "kafka": "ready", "issuer": "ready"}

    async def test_has_the_topics(self, stack: Stack) -> None:
        admin = AIOKafkaAdminClient(bootstrap_servers=stack.kafka)
        await admin.start()

        topics = await admin.list_topics()

        await admin.close()
        assert {"cases.v1", "handoffs.finance.v1"} <= set(topics)

    def test_signs_tokens_as_its_issuer_does(self, stack: Stack) -> None:
        form = {"client_id": "mara", "grant_type": "client_credentials"}

        issued = httpx.post(f"{stack.issuer_url}/token", data=form).json()["access_token"]

        assert issued.split(".")[0] == stack.token("mara").split(".")[0]

    async def test_starts_postgres_again_after_a_kill(self, stack: Stack) -> None:
        connection = await asyncpg.connect(stack.superuser_dsn("postgres"))
        await connection.execute("create table kept (n int); insert into kept values (1)")
        await connection.execute("checkpoint")
        await connection.close()

        stack.kill("postgres")
        stack.wait_until_ready("postgres")

        connection = await asyncpg.connect(stack.superuser_dsn("postgres"))
        kept = await connection.fetchval("select n from kept")
        await connection.close()
        assert kept == 1

    def test_stops_and_starts_a_process(self, stack: Stack) -> None:
        stack.stop("issuer")
        stopped = stack.status()["issuer"]
        stack.start("issuer")

        assert (stopped["state"], stopped["pid"]) == ("stopped", None)
        assert stack.status()["issuer"]["state"] == "ready"

    def test_says_which_processes_there_are(self, stack: Stack) -> None:
        with pytest.raises(StackProblem, match="no process rooter"):
            stack.kill("rooter")

    def test_shows_its_secrets_to_nobody(self, stack: Stack) -> None:
        guarded = [
            stack.layout.keys,
            stack.layout.logs,
            stack.folder / "data",
            stack.layout.control,
        ]

        modes = {path: path.stat().st_mode & 0o077 for top in guarded for path in _within(top)}

        assert {path for path, mode in modes.items() if mode} == set()

    def test_leaves_nothing_behind(self) -> None:
        with running_stack(services=()) as stack:
            pids = [now["pid"] for now in stack.status().values()]

        assert not stack.folder.exists()
        assert not is_running(stack.layout)
        assert [pid for pid in pids if Path(f"/proc/{pid}").exists()] == []


def _within(top: Path) -> Iterator[Path]:
    yield top
    yield from top.rglob("*")
