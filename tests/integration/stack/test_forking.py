"""The fork server: what it becomes is a process like any other."""

import asyncio
import os
import signal
from collections.abc import AsyncIterator, Awaitable, Callable
from pathlib import Path

import pytest

from stack.forking import ForkServer
from stack.forkserver import Birth
from stack.waiting import until

TELLING = """
import os, sys
services = {"audit", "handoff", "intake", "resolution", "router", "sla_monitor", "vault"}
print(sys.argv[1:], os.environ["WORD"], os.getcwd(), sorted(services & sys.modules.keys()))
print("pythons" if "PATH" in os.environ else "nothing else", os.getpgid(0) == os.getpid())
sys.exit(7)
"""
STAYING = "import signal; print('here', flush=True); signal.pause()"


@pytest.fixture
async def forks(tmp_path: Path) -> AsyncIterator[ForkServer]:
    (tmp_path / "telling.py").write_text(TELLING)
    (tmp_path / "staying.py").write_text(STAYING)
    path = os.pathsep.join((str(tmp_path), os.environ.get("PYTHONPATH", "")))
    env = {"PATH": os.environ["PATH"], "PYTHONPATH": path, "PYTHONUNBUFFERED": "1"}
    server = ForkServer(log=tmp_path / "forkserver.log", env=env)
    yield server
    await server.close()


def birth(module: str, folder: Path, *arguments: str) -> Birth:
    return Birth(
        name=module,
        module=module,
        arguments=arguments,
        env={"WORD": "given"},
        folder=str(folder),
        log=str(folder / f"{module}.log"),
        parting=signal.SIGKILL,
    )


def log(folder: Path, module: str) -> str:
    path = folder / f"{module}.log"
    return path.read_text() if path.exists() else ""


class TestForkServer:
    async def test_becomes_a_module_with_what_it_was_given_and_no_service(
        self, forks: ForkServer, tmp_path: Path
    ) -> None:
        child = await forks.fork(birth("telling", tmp_path, "one", "two"))

        status = await child.wait()

        assert status == 7
        assert log(tmp_path, "telling").splitlines() == [
            f"['one', 'two'] given {tmp_path} []",
            "nothing else True",
        ]

    async def test_tells_of_each_which_signal_ended_it(
        self, forks: ForkServer, tmp_path: Path
    ) -> None:
        first = await forks.fork(birth("staying", tmp_path))
        second = await forks.fork(birth("staying", tmp_path))
        await until(both_are_here(tmp_path), within=20)

        os.kill(second.pid, signal.SIGKILL)
        ended = await second.wait()
        os.kill(first.pid, signal.SIGTERM)

        assert ended == -signal.SIGKILL
        assert await first.wait() == -signal.SIGTERM

    async def test_takes_what_it_became_along_and_is_started_again(
        self, forks: ForkServer, tmp_path: Path
    ) -> None:
        child = await forks.fork(birth("staying", tmp_path))
        server = parent_of(child.pid)

        os.kill(server, signal.SIGKILL)
        ended = await child.wait()
        other = await forks.fork(birth("telling", tmp_path))

        assert ended == -signal.SIGKILL
        await until(gone(child.pid), within=20)
        assert await other.wait() == 7


def both_are_here(folder: Path) -> Callable[[], Awaitable[bool]]:
    async def looked() -> bool:
        return log(folder, "staying").count("here") == 2

    return looked


def gone(pid: int) -> Callable[[], Awaitable[bool]]:
    async def looked() -> bool:
        return str(pid) not in await asyncio.to_thread(os.listdir, "/proc")

    return looked


def parent_of(pid: int) -> int:
    lines = Path(f"/proc/{pid}/status").read_text().splitlines()
    [line] = [one for one in lines if one.startswith("PPid:")]
    return int(line.split()[1])
