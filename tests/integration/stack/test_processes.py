import asyncio
import os
import signal
import sys
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import replace
from pathlib import Path

import pytest

from stack.broken import StackProblem
from stack.processes import Process, State, Supervisor
from stack.waiting import until

SAYS_READY = "import pathlib, sys; pathlib.Path(sys.argv[1]).touch()"
STAYS = f"{SAYS_READY}; import signal; signal.pause()"
STUBBORN = f"import signal; signal.signal(signal.SIGTERM, signal.SIG_IGN); {STAYS}"
HAS_A_CHILD = f"""
import subprocess
child = subprocess.Popen(["sleep", "600"])
open("grandchild", "w").write(str(child.pid))
{STAYS}
"""
SAYS_WHAT_IT_WAS_GIVEN = f"import os; print('given', os.environ.get('GIVEN'), flush=True); {STAYS}"


@asynccontextmanager
async def supervising() -> AsyncIterator[Supervisor]:
    supervisor = Supervisor()
    try:
        yield supervisor
    finally:
        await supervisor.stop_all()


def process(tmp_path: Path, script: str, *, leaves_within: float = 10) -> Process:
    flag = tmp_path / "ready"

    async def ready(_: int) -> bool:
        return flag.exists()

    return Process(
        name="dummy",
        command=(sys.executable, "-c", script, str(flag)),
        log=tmp_path / "log",
        folder=tmp_path,
        ready=ready,
        leaves_within=leaves_within,
    )


def pid_of(supervisor: Supervisor) -> int:
    pid = supervisor.status()["dummy"]["pid"]
    assert isinstance(pid, int)
    return pid


def is_alive(pid: int) -> bool:
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except FileNotFoundError:
        return False


def condition(check: Callable[[], bool]) -> Callable[[], Awaitable[bool]]:
    async def ask() -> bool:
        return check()

    return ask


class TestSupervisor:
    async def test_knows_when_a_process_is_ready(self, tmp_path: Path) -> None:
        async with supervising() as supervisor:
            supervisor.start(process(tmp_path, STAYS))
            await supervisor.ready("dummy", within=10)

            assert supervisor.status()["dummy"]["state"] is State.READY

    async def test_says_why_something_cannot_be_started(self, tmp_path: Path) -> None:
        absent = replace(process(tmp_path, STAYS), command=(str(tmp_path / "absent"),))
        async with supervising() as supervisor:
            supervisor.start(absent)

            with pytest.raises(StackProblem, match=r"dummy cannot be started: .*absent"):
                await supervisor.ready("dummy", within=10)

    async def test_starts_again_what_was_killed(self, tmp_path: Path) -> None:
        async with supervising() as supervisor:
            supervisor.start(process(tmp_path, STAYS))
            await supervisor.ready("dummy", within=10)
            first = pid_of(supervisor)

            supervisor.kill("dummy")
            await supervisor.ready("dummy", within=10)

            assert pid_of(supervisor) != first
            assert not is_alive(first)
            assert supervisor.status()["dummy"]["restarts"] == 1

    async def test_starts_again_what_exits_by_itself(self, tmp_path: Path) -> None:
        async with supervising() as supervisor:
            supervisor.start(process(tmp_path, SAYS_READY))

            await until(condition(lambda: supervisor.status()["dummy"]["restarts"] == 2), within=10)

    async def test_stops_politely(self, tmp_path: Path) -> None:
        async with supervising() as supervisor:
            supervisor.start(process(tmp_path, STAYS))
            await supervisor.ready("dummy", within=10)
            pid = pid_of(supervisor)

            await supervisor.stop("dummy")

            assert not is_alive(pid)
            assert supervisor.status()["dummy"]["state"] is State.STOPPED

    async def test_ends_what_does_not_leave(self, tmp_path: Path) -> None:
        async with supervising() as supervisor:
            supervisor.start(process(tmp_path, STUBBORN, leaves_within=0.2))
            await supervisor.ready("dummy", within=10)
            pid = pid_of(supervisor)

            await supervisor.stop("dummy")

            assert not is_alive(pid)

    async def test_ends_what_is_frozen(self, tmp_path: Path) -> None:
        async with supervising() as supervisor:
            supervisor.start(process(tmp_path, STAYS, leaves_within=0.2))
            await supervisor.ready("dummy", within=10)
            pid = pid_of(supervisor)
            os.kill(pid, signal.SIGSTOP)

            await supervisor.stop("dummy")

            assert not is_alive(pid)

    async def test_leaves_no_child_of_a_child(self, tmp_path: Path) -> None:
        async with supervising() as supervisor:
            supervisor.start(process(tmp_path, HAS_A_CHILD))
            await supervisor.ready("dummy", within=10)
            grandchild = int((tmp_path / "grandchild").read_text())

            await supervisor.stop("dummy")

            await until(condition(lambda: not is_alive(grandchild)), within=10)

    async def test_gives_settings_for_one_start_only(self, tmp_path: Path) -> None:
        async with supervising() as supervisor:
            supervisor.start(process(tmp_path, SAYS_WHAT_IT_WAS_GIVEN))
            await supervisor.ready("dummy", within=10)
            await supervisor.stop("dummy")
            (tmp_path / "ready").unlink()

            supervisor.start_again("dummy", once={"GIVEN": "this"})
            await supervisor.ready("dummy", within=10)
            (tmp_path / "ready").unlink()
            supervisor.kill("dummy")
            await supervisor.ready("dummy", within=10)

            given = (tmp_path / "log").read_text().splitlines()
            assert given == ["given None", "given this", "given None"]

    async def test_says_what_a_process_said_that_cannot_start(self, tmp_path: Path) -> None:
        async with supervising() as supervisor:
            supervisor.start(process(tmp_path, "raise SystemExit('no playbook')"))

            with pytest.raises(StackProblem, match=r"(?s)dummy exited .* times.*no playbook"):
                await supervisor.ready("dummy", within=20)

    async def test_names_the_processes_there_are(self) -> None:
        with pytest.raises(StackProblem, match="no process rooter"):
            await Supervisor().stop("rooter")


SUPERVISES = """
import asyncio, pathlib, sys
from stack.processes import Process, Supervisor

async def ready(pid):
    return True

async def main():
    supervisor = Supervisor()
    for name in ("one", "other"):
        command = (sys.executable, "-c", "import signal; signal.pause()")
        supervisor.start(Process(name=name, command=command, log=pathlib.Path(name), ready=ready))
        await supervisor.ready(name)
    print(*(now["pid"] for now in supervisor.status().values()), flush=True)
    await asyncio.Event().wait()

asyncio.run(main())
"""


class TestProcess:
    async def test_does_not_outlive_a_supervisor_that_was_killed(self, tmp_path: Path) -> None:
        supervisor = await asyncio.create_subprocess_exec(
            sys.executable, "-c", SUPERVISES, stdout=asyncio.subprocess.PIPE, cwd=tmp_path
        )
        assert supervisor.stdout is not None
        pids = [int(pid) for pid in (await supervisor.stdout.readline()).split()]
        assert [is_alive(pid) for pid in pids] == [True, True]

        supervisor.kill()
        await supervisor.wait()

        await until(condition(lambda: not any(map(is_alive, pids))), within=10)


class TestUntil:
    async def test_gives_up_in_time(self) -> None:
        with pytest.raises(TimeoutError):
            await asyncio.wait_for(until(condition(lambda: False), within=0.1), timeout=5)
