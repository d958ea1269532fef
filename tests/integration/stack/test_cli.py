import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from uuid import uuid4

import pytest

from stack.blocks import claimed_block
from stack.layout import Layout, Ports, home, layout_of
from stack.leaving import is_running
from stack.stacks import ALL_SERVICES, Stack

ALONE = [part for service in ALL_SERVICES for part in ("--without", service)]
PATIENCE = 120


class Shell:
    """Someone at a terminal who has a stack of their own."""

    def __init__(self, ports: Ports) -> None:
        self.name = f"t{uuid4().hex[:8]}"
        self.ports = ports

    @property
    def layout(self) -> Layout:
        return layout_of(self.name, self.ports)

    def command(self, *words: str) -> list[str]:
        return [sys.executable, "-m", "stack", *words, "--name", self.name]

    def run(self, *words: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(  # noqa: S603 - our own command
            self.command(*words), capture_output=True, text=True, timeout=PATIENCE, check=False
        )

    def up(self, *words: str) -> list[str]:
        return ["up", *words, "--port-base", str(self.ports.base), *ALONE]

    def processes(self) -> list[str]:
        """List the command lines of everything that runs in this stack's folder."""
        mark = str(self.layout.folder)
        lines = (_command_line(folder) for folder in Path("/proc").glob("[0-9]*"))
        return [line for line in lines if mark in line]


@pytest.fixture
def shell() -> Iterator[Shell]:
    with claimed_block(home() / "ports") as ports:
        shell = Shell(ports)
        yield shell
        shell.run("reset")


def _command_line(folder: Path) -> str:
    try:
        return (folder / "cmdline").read_text().replace("\0", " ")
    except (FileNotFoundError, ProcessLookupError):
        return ""


@contextmanager
def started(shell: Shell, *words: str) -> Iterator[subprocess.Popen[str]]:
    # Whoever runs the tests in the background ignores Ctrl-C, and its children inherit that.
    command = ["env", "--default-signal=INT", *shell.command(*shell.up(*words))]
    with subprocess.Popen(  # noqa: S603 - our own command
        command, stdout=subprocess.PIPE, text=True
    ) as child:
        yield child
        child.wait(timeout=PATIENCE)


def read_until(child: subprocess.Popen[str], wanted: str) -> str:
    assert child.stdout is not None
    said = ""
    for line in child.stdout:
        said += line
        if wanted in line:
            return said
    pytest.fail(f"it never said {wanted!r}, but: {said}")


class TestUp:
    def test_outlives_the_command_and_keeps_its_data_until_reset(self, shell: Shell) -> None:
        first = shell.run(*shell.up())
        key = Stack(layout=shell.layout).keys.issuer.read_bytes()
        again = shell.run(*shell.up())
        down = shell.run("down")
        left = shell.processes()
        second = shell.run("up", *ALONE)
        kept = Stack(layout=shell.layout).keys.issuer.read_bytes()
        shell.run("reset")

        assert (first.returncode, again.returncode, second.returncode) == (0, 0, 0)
        assert "make demo" in first.stdout
        assert f"127.0.0.1:{shell.ports.kafka}" in first.stdout
        assert "mara" in first.stdout
        assert "running already" in again.stdout
        assert down.returncode == 0
        assert left == []
        assert f"127.0.0.1:{shell.ports.kafka}" in second.stdout
        assert kept == key
        assert not shell.layout.folder.exists()
        assert shell.processes() == []

    def test_names_a_busy_port(self, shell: Shell) -> None:
        with socket.socket() as squatter:
            squatter.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            squatter.bind(("127.0.0.1", shell.ports.postgres))
            squatter.listen()

            refused = shell.run(*shell.up())

        assert refused.returncode == 1
        assert f"Port {shell.ports.postgres} already in use: stop" in refused.stderr
        assert len(refused.stderr.strip().splitlines()) == 1
        assert not is_running(shell.layout)

    def test_takes_everything_down_when_interrupted(self, shell: Shell) -> None:
        with started(shell) as child:
            read_until(child, "PostgreSQL")

            child.send_signal(signal.SIGINT)
            child.wait(timeout=PATIENCE)

        assert child.returncode == 130
        assert shell.processes() == []

    def test_takes_everything_down_when_the_terminal_is_gone(self, shell: Shell) -> None:
        with started(shell) as child:
            read_until(child, "PostgreSQL")

            child.kill()

        wait_until_gone(shell)

    def test_stays_in_the_foreground_until_interrupted(self, shell: Shell) -> None:
        with started(shell, "--foreground") as child:
            read_until(child, "make demo")
            running = shell.processes()

            child.send_signal(signal.SIGINT)

        assert running != []
        assert child.returncode == 130
        assert shell.processes() == []

    def test_leaves_nothing_when_the_supervisor_is_killed(self, shell: Shell) -> None:
        shell.run(*shell.up())
        pid = Stack(layout=shell.layout).supervisor_pid()

        os.kill(pid, signal.SIGKILL)

        wait_until_gone(shell)


def wait_until_gone(shell: Shell) -> None:
    deadline = time.monotonic() + PATIENCE
    while is_running(shell.layout) or shell.processes():
        assert time.monotonic() < deadline, shell.processes()


class TestStop:
    def test_keeps_a_process_away_until_it_is_started(self, shell: Shell) -> None:
        shell.run(*shell.up())
        stack = Stack(layout=shell.layout)
        before = stack.status()["issuer"]

        left = shell.run("stop", "issuer")
        away = stack.status()["issuer"]
        back = shell.run("start", "issuer")
        here = stack.status()["issuer"]
        unknown = shell.run("stop", "nobody")

        assert "issuer has left; `stack start issuer` brings it back." in left.stdout
        assert (away["state"], away["pid"]) == ("stopped", None)
        assert "issuer is ready." in back.stdout
        assert here["state"] == before["state"]
        assert here["pid"] != before["pid"]
        assert unknown.returncode == 1
        assert len(unknown.stderr.strip().splitlines()) == 1


class TestToken:
    def test_needs_a_stack_that_has_run(self, shell: Shell) -> None:
        refused = shell.run("token", "mara")

        assert (refused.returncode, refused.stdout) == (1, "")
        assert "make up" in refused.stderr

    def test_names_those_there_are(self, shell: Shell) -> None:
        refused = shell.run("token", "mallory")

        assert refused.returncode == 1
        assert "Nobody is called mallory; there are: harbour-front-end" in refused.stderr


class TestDown:
    def test_is_content_when_nothing_runs(self, shell: Shell) -> None:
        answer = shell.run("down")

        assert (answer.returncode, answer.stdout) == (0, "No stack is running.\n")
