"""A process that has imported what all services need, and becomes one whenever it is asked."""

import ctypes
import gc
import importlib
import json
import os
import runpy
import selectors
import signal
import socket
import sys
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from stack.children import append_to, die_with

# What every service imports before anything of its own; their own metrics stay their own.
_SHARED: Final = (
    "chassis.service",
    "chassis.vault_client",
    "contracts.catalogue",
    "contracts.lifecycle",
    "playbook.load",
    # What libraries import when they are first used, which each fork would do for itself.
    "httpcore",
    "pydantic.v1",
    "uvicorn.lifespan.on",
    "uvicorn.loops.uvloop",
    "uvicorn.protocols.http.httptools_impl",
)
_LONGEST: Final = 256 * 1024
_NAME_LENGTH: Final = 15  # of the kernel, for `ps` and `top`
_SET_NAME: Final = 15


@dataclass(frozen=True, slots=True, kw_only=True)
class Birth:
    """Which module a fork becomes, and all that it is given."""

    name: str
    module: str
    arguments: tuple[str, ...]
    env: dict[str, str]
    folder: str | None
    log: str
    parting: int


def main() -> None:
    """
    Fork whenever the socket of the first argument asks: a JSON `Birth` a message.

    Answers `{"born": pid}`, and `{"gone": pid, "status": n}` when it has ended. Lives as long as
    the other end of the socket is open. Further arguments are folders of playbooks.
    """
    gc.disable()  # what is collected is written to, and what is written to is not shared
    for module in _SHARED:
        importlib.import_module(module)
    for folder in sys.argv[2:]:
        _read_playbooks(Path(folder))
    gc.freeze()
    parent = os.getpid()
    birth = _fork_when_asked(socket.socket(fileno=int(sys.argv[1])))
    if birth is not None:
        _become(birth, parent)


def _read_playbooks(folder: Path) -> None:
    """Understand them once: a fork that finds the same files need not do it again."""
    playbooks = importlib.import_module("playbook.load")
    with suppress(playbooks.PlaybookInvalid, OSError):  # whoever needs them says what is wrong
        playbooks.load_all(folder)


def _fork_when_asked(line: socket.socket) -> Birth | None:
    """Return in each fork what it is; in ourselves None, when nobody can ask any more."""
    with line, selectors.DefaultSelector() as watched:
        watched.register(line, selectors.EVENT_READ)
        while True:
            for key, _ in watched.select():
                if key.data is not None:
                    _tell_the_end(line, watched, key)
                    continue
                asked = line.recv(_LONGEST)
                if not asked:
                    return None
                if _fork(line, watched) == 0:
                    _close_all(watched)
                    return Birth(**json.loads(asked))


def _fork(line: socket.socket, watched: selectors.BaseSelector) -> int:
    pid = os.fork()
    if pid:
        _lead_a_group(pid)
        watched.register(os.pidfd_open(pid), selectors.EVENT_READ, data=pid)
        line.send(json.dumps({"born": pid}).encode())
    return pid


def _tell_the_end(
    line: socket.socket, watched: selectors.BaseSelector, key: selectors.SelectorKey
) -> None:
    watched.unregister(key.fileobj)
    os.close(key.fd)
    _, status = os.waitpid(key.data, 0)
    ended = {"gone": key.data, "status": os.waitstatus_to_exitcode(status)}
    line.send(json.dumps(ended).encode())


def _close_all(watched: selectors.BaseSelector) -> None:
    """Close what watches our brothers: without an exec nobody does it for us."""
    for key in list(watched.get_map().values()):
        if key.data is not None:
            os.close(key.fd)


def _lead_a_group(pid: int) -> None:
    """Make it the leader of a group; done on both sides, so that nobody sees it without one."""
    try:
        os.setpgid(pid, pid)
    except (ProcessLookupError, PermissionError):
        return  # it has ended already


def _become(birth: Birth, parent: int) -> None:
    _lead_a_group(os.getpid())
    die_with(parent, signal.Signals(birth.parting))
    _name(birth.name)
    _write_to(Path(birth.log))
    if birth.folder:
        os.chdir(birth.folder)
    os.environ.clear()
    os.environ.update(birth.env)
    sys.argv = [birth.module, *birth.arguments]
    runpy.run_module(birth.module, run_name="__main__", alter_sys=True)


def _name(name: str) -> None:
    ctypes.CDLL(None).prctl(_SET_NAME, name.encode()[:_NAME_LENGTH])


def _write_to(log: Path) -> None:
    output = append_to(log)
    os.dup2(output, sys.stdout.fileno())
    os.dup2(output, sys.stderr.fileno())
    os.close(output)


if __name__ == "__main__":
    main()
