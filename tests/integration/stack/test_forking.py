"""The fork server: what it becomes is a process like any other."""

import asyncio
import os
import signal
import sys
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from pathlib import Path

import pytest

from stack.broken import StackProblem
from stack.forking import ForkServer
from stack.forkserver import Birth
from stack.processes import Process, State, Supervisor
from stack.waiting import until

TELLING = """
import os, sys
services = {"audit", "handoff", "intake", "resolution", "router", "sla_monitor", "vault"}
print(sys.argv[1:], os.environ["WORD"], os.getcwd(), sorted(services & sys.modules.keys()))
print("pythons" if "PATH" in os.environ else "nothing else", os.getpgid(0) == os.getpid())
sys.exit(7)
"""
SIGNING = """
import os, pathlib, sys
pathlib.Path(sys.argv[1] + ".pid").write_text(str(os.getpid()))
"""
GIVEN = {"WORD": "given"}
STAYING = "import signal; print('here', flush=True); signal.pause()"


@pytest.fixture
async def forks(tmp_path: Path) -> AsyncIterator[ForkServer]:
    (tmp_path / "telling.py").write_text(TELLING)
    (tmp_path / "staying.py").write_text(STAYING)
    (tmp_path / "signing.py").write_text(SIGNING)
    path = os.pathsep.join((str(tmp_path), os.environ.get("PYTHONPATH", "")))
    env = {"PATH": os.environ["PATH"], "PYTHONPATH": path, "PYTHONUNBUFFERED": "1"}
    server = ForkServer(log=tmp_path / "forkserver.log", env=env)
    yield server
    await server.close()


def birth(module: str, folder: Path, *arguments: str, env: Mapping[str, str] = GIVEN) -> Birth:
    return Birth(
        name=module,
        module=module,
        arguments=arguments,
        env=dict(env),
        folder=str(folder),
        log=str(folder / f"{module}.log"),
        parting=signal.SIGKILL,
    )


def service(folder: Path) -> Process:
    async def ready(_: int) -> bool:
        return "here" in log(folder, "service")

    return Process(
        name="service",
        command=(sys.executable, "-P", "-m", "staying"),
        log=folder / "service.log",
        ready=ready,
        forked=True,
    )


def asked_for_a_fork(forks: ForkServer) -> Callable[[], Awaitable[bool]]:
    async def looked() -> bool:
        return forks.line is not None and len(forks.line.unborn) == 1

    return looked


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

    async def test_gives_each_who_asks_at_once_their_own(
        self, forks: ForkServer, tmp_path: Path
    ) -> None:
        asked = [birth("signing", tmp_path, str(n), env={"BULK": "x" * 32_000}) for n in range(60)]

        children = await asyncio.gather(*(forks.fork(one) for one in asked))

        assert [await child.wait() for child in children] == [0] * len(asked)
        signed = [(tmp_path / f"{n}.pid").read_text() for n in range(len(asked))]
        assert [str(child.pid) for child in children] == signed

    async def test_leaves_nobody_waiting_when_the_server_ends_before_it_answers(
        self, forks: ForkServer, tmp_path: Path
    ) -> None:
        server = parent_of((await forks.fork(birth("staying", tmp_path))).pid)
        os.kill(server, signal.SIGSTOP)
        bulky = birth("telling", tmp_path, env={"WORD": "x" * 100_000})
        asked = [asyncio.create_task(forks.fork(bulky)) for _ in range(8)]  # more than fit the line
        await asyncio.wait(asked, timeout=0.1)

        os.kill(server, signal.SIGKILL)
        answers = await asyncio.gather(*asked, return_exceptions=True)
        other = await forks.fork(birth("telling", tmp_path))

        assert [type(answer) for answer in answers] == [StackProblem] * len(asked)
        assert await other.wait() == 7

    async def test_is_asked_again_by_the_supervisor_when_it_ended_amid_a_start(
        self, forks: ForkServer, tmp_path: Path
    ) -> None:
        server = parent_of((await forks.fork(birth("staying", tmp_path))).pid)
        os.kill(server, signal.SIGSTOP)
        supervisor = Supervisor(forks)
        supervisor.start(service(tmp_path))
        await until(asked_for_a_fork(forks), within=20)

        os.kill(server, signal.SIGKILL)
        await supervisor.ready("service", within=20)

        assert supervisor.status()["service"]["state"] is State.READY
        await supervisor.stop_all()


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
