"""Blocks of ports, so that several stacks on one machine do not meet."""

import fcntl
import socket
from collections.abc import Iterator
from contextlib import contextmanager
from io import TextIOWrapper
from pathlib import Path

from stack.broken import StackProblem
from stack.layout import BLOCK, Ports, all_ports, block_of, block_ports

# Below the ports that Linux hands out by itself (32768 and up).
FIRST, LAST = 20_000, 31_999


@contextmanager
def claimed_block(folder: Path) -> Iterator[Ports]:
    """
    Hold a block of free ports for as long as the `with` block lasts.

    A lock on a file of `folder` keeps other stacks away; a probe finds who asks no lock.

    Raises:
        StackProblem: All blocks are taken.
    """
    folder.mkdir(parents=True, exist_ok=True)
    for base in range(FIRST, LAST, BLOCK):
        lock = _try_lock(folder / f"{base}.lock")
        if lock is None:
            continue
        with lock:
            ports = block_ports(base)
            if all(_is_free(port) for port in block_of(ports)):
                yield ports
                return
    raise StackProblem(
        f"Every block of ports from {FIRST} to {LAST} is taken: stop a stack (`stack down`)."
    )


def busy_ports(ports: Ports, *, replicas: int = 1) -> list[int]:
    """List those ports of a stack that somebody listens on."""
    return [port for port in all_ports(ports, replicas=replicas) if not _is_free(port)]


def _is_free(port: int) -> bool:
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("127.0.0.1", port))
        except OSError:
            return False
    return True


def _try_lock(path: Path) -> TextIOWrapper | None:
    lock = path.open("a")
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        lock.close()
        return None
    return lock
