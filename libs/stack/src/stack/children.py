"""Child processes that die with their parent, and the unprivileged user some run as."""

import ctypes
import os
import pwd
import shutil
import signal
import subprocess
import sys
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

_SET_PARENT_DEATH_SIGNAL = 1
_LIBC = ctypes.CDLL(None) if sys.platform == "linux" else None


def child_options(
    *, log: Path, parting: signal.Signals, unprivileged: bool = False
) -> dict[str, Any]:
    """
    Say how a child starts: a group of its own, output appended to `log`.

    On Linux the kernel sends it `parting` when the thread that started it ends, however
    it ends. The options fit `subprocess.Popen` and asyncio's subprocesses.
    """
    return {
        "stdin": subprocess.DEVNULL,
        "stdout": append_to(log),
        "stderr": subprocess.STDOUT,
        "process_group": 0,
        "preexec_fn": _dying_with(os.getpid(), parting),
        **(as_unprivileged() if unprivileged else {}),
    }


def start_child(
    command: Sequence[str], *, env: Mapping[str, str], options: Mapping[str, Any]
) -> subprocess.Popen[bytes]:
    """Start a child in the background and close our end of its log."""
    try:
        return subprocess.Popen(command, env=dict(env), **options)  # noqa: S603 - commands of our own table
    finally:
        os.close(options["stdout"])


def stop_child(
    child: subprocess.Popen[bytes], *, politely: signal.Signals, within: float = 20
) -> None:
    """Ask it to leave, wait, then end its whole group; returns when it is gone."""
    if child.poll() is None:
        child.send_signal(politely)
    try:
        child.wait(timeout=within)
    except subprocess.TimeoutExpired:
        kill_group(child.pid)
        child.wait(timeout=within)


def kill_group(pid: int) -> None:
    """SIGKILL what is left of the group a child led."""
    try:
        os.killpg(pid, signal.SIGKILL)
    except ProcessLookupError:
        return


def as_unprivileged() -> dict[str, Any]:
    """Say how to start a program as `nobody` when we are root, else as ourselves."""
    if os.geteuid() != 0:
        return {}
    nobody = pwd.getpwnam("nobody")
    return {"user": nobody.pw_uid, "group": nobody.pw_gid, "extra_groups": ()}


def give_to_unprivileged(folder: Path) -> None:
    """Make the user of `as_unprivileged` the owner of a folder, for its eyes only."""
    if os.geteuid() == 0:
        nobody = pwd.getpwnam("nobody")
        shutil.chown(folder, nobody.pw_uid, nobody.pw_gid)
    folder.chmod(0o700)


def append_to(log: Path) -> int:
    """Open a log that only we can read."""
    return os.open(log, os.O_WRONLY | os.O_CREAT | os.O_APPEND | os.O_CLOEXEC, 0o600)


def tail(log: Path, lines: int = 5) -> str:
    """Read the end of a log, for a message."""
    if not log.exists():
        return ""
    return "\n".join(log.read_text(errors="replace").splitlines()[-lines:])


def die_with(parent: int, parting: signal.Signals) -> None:
    """Have the kernel send us `parting` when our parent ends; end at once if it has ended."""
    if _LIBC is not None:
        _LIBC.prctl(_SET_PARENT_DEATH_SIGNAL, parting)
    if os.getppid() != parent:
        os.kill(os.getpid(), signal.SIGKILL)


def _dying_with(parent: int, parting: signal.Signals) -> Callable[[], None]:
    def prepare() -> None:
        # Runs in the child between fork and exec, after the user was dropped (a change
        # of user would clear the setting).
        die_with(parent, parting)

    return prepare
