"""Processes that a benchmark starts, and what all processes of a stack have used of the CPU."""

import json
import os
import socket
import subprocess
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

import asyncpg
from bare import TABLES

from stack.stacks import Stack
from stack.waiting import listens, until

HERE = Path(__file__).parent
_TICK = os.sysconf("SC_CLK_TCK")
_LOAD_LASTS_AT_MOST = 300
_READY_WITHIN = 30.0


def run_load(
    port: int, *, clients: int, seconds: float, token: str, most: int = 1_000_000
) -> dict[str, Any]:
    """Post cases from another process; return what `load.run` tells."""
    asked = {"port": port, "clients": clients, "seconds": seconds, "most": most}
    return run_script("load.py", json.dumps(asked), env={"BENCH_TOKEN": token})


def run_script(name: str, *arguments: str, env: Mapping[str, str]) -> dict[str, Any]:
    """Run one of our scripts to its end; return the JSON of its last line."""
    done = subprocess.run(  # noqa: S603 - our own script
        [sys.executable, str(HERE / name), *arguments],
        env={**_inherited(), **env},
        stdout=subprocess.PIPE,
        timeout=_LOAD_LASTS_AT_MOST,
        check=True,
    )
    told: dict[str, Any] = json.loads(done.stdout.splitlines()[-1])
    return told


def _inherited() -> dict[str, str]:
    return {name: os.environ[name] for name in ("PATH", "HOME") if name in os.environ}


@contextmanager
def bare_endpoint(database: str) -> Iterator[int]:
    """Serve the bare endpoint as long as the block lasts; yields its port."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
    env = _inherited() | {"BENCH_DATABASE": database, "BENCH_PORT": str(port)}
    child = subprocess.Popen([sys.executable, str(HERE / "bare.py")], env=env)  # noqa: S603 - our own
    try:
        yield port
    finally:
        child.terminate()
        child.wait(timeout=_READY_WITHIN)


async def wait_for_port(port: int) -> None:
    async def there() -> bool:
        return listens(port)

    await until(there, within=_READY_WITHIN)


async def make_bare_database(stack: Stack) -> str:
    """Make the bare endpoint's database on the stack's own server; return its address."""
    admin = await asyncpg.connect(stack.superuser_dsn("postgres"))
    await admin.execute("drop database if exists bare")
    await admin.execute("create database bare")
    await admin.close()
    inside = await asyncpg.connect(stack.superuser_dsn("bare"))
    await inside.execute(TABLES)
    await inside.close()
    return stack.superuser_dsn("bare")


def cpu_seconds(stack: Stack) -> dict[str, float]:
    """Tell what each process of a stack has used so far; PostgreSQL with all its children."""
    parents, used = {}, {}
    for entry in Path("/proc").iterdir():
        if entry.name.isdigit():
            with suppress(FileNotFoundError, ProcessLookupError):  # it has just ended
                pid = int(entry.name)
                parents[pid], used[pid] = _parent_and_seconds(entry / "stat")
    own = {name: one["pid"] for name, one in stack.status().items()}
    return {
        name: sum(used[one] for one in used if one == pid or parents[one] == pid)
        for name, pid in own.items()
    }


def _parent_and_seconds(stat: Path) -> tuple[int, float]:
    """Own time, and that of children that have ended."""
    fields = stat.read_text().rpartition(")")[2].split()
    return int(fields[1]), sum(int(fields[n]) for n in (11, 12, 13, 14)) / _TICK
