"""Asks the fork server for processes, and tells when they end."""

import asyncio
import json
import os
import socket
import sys
from collections import deque
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import asdict, dataclass, field
from pathlib import Path
from signal import SIGKILL
from typing import Any, Final

from stack.broken import StackProblem
from stack.children import child_options
from stack.forkserver import Birth

# It notices without being a child's parent that it ended; other systems start Python anew.
CAN_FORK: Final = hasattr(os, "pidfd_open")
_LONGEST: Final = 256 * 1024


@dataclass(frozen=True, slots=True, kw_only=True)
class Forked:
    """A process that the fork server became, as `asyncio.subprocess.Process` has it."""

    pid: int
    end: asyncio.Future[int]

    async def wait(self) -> int:
        """Wait until it has ended; negative: the signal that ended it."""
        return await asyncio.shield(self.end)


@dataclass(slots=True, kw_only=True)
class ForkServer:
    """
    Asks a fork server for processes; it is started by the first who needs one.

    When the server ends, the kernel ends all that it became; the next who needs it starts another.
    """

    log: Path
    env: Mapping[str, str]
    playbooks: Path | None = None
    """A folder of them, to be understood before the first fork."""
    line: "_Line | None" = None
    starting: asyncio.Lock = field(default_factory=asyncio.Lock)

    async def fork(self, birth: Birth) -> Forked:
        """
        Start a process.

        Raises:
            StackProblem: The fork server ended; its log says why.
        """
        line = await self.connected()
        return await line.fork(birth)

    async def close(self) -> None:
        """Let it end; what it became is to be stopped before."""
        if self.line is not None:
            await self.line.close()

    async def connected(self) -> "_Line":
        """Start the server if it does not run; it imports while others do other things."""
        async with self.starting:
            if self.line is None or self.line.over:
                self.line = await self._start()
                self.line.listen()
            return self.line

    async def _start(self) -> "_Line":
        ours, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        ours.setblocking(False)  # noqa: FBT003 - its only argument
        options = child_options(log=self.log, parting=SIGKILL)
        try:
            server = await asyncio.create_subprocess_exec(
                sys.executable,
                *("-P", "-m", "stack.forkserver", str(theirs.fileno())),
                *([str(self.playbooks)] if self.playbooks else []),
                env=dict(self.env),
                pass_fds=(theirs.fileno(),),
                **options,
            )
        finally:
            os.close(options["stdout"])
            theirs.close()
        return _Line(socket=ours, server=server, log=self.log)


@dataclass(slots=True, kw_only=True)
class _Line:
    """What is said with one fork server, from its start to its end, and whom it became."""

    socket: socket.socket
    server: asyncio.subprocess.Process
    log: Path
    over: bool = False
    listening: asyncio.Task[None] | None = None
    asking: asyncio.Lock = field(default_factory=asyncio.Lock)
    unborn: deque[asyncio.Future[Forked]] = field(default_factory=deque)
    living: dict[int, Forked] = field(default_factory=dict)

    async def fork(self, birth: Birth) -> Forked:
        loop = asyncio.get_running_loop()
        born: asyncio.Future[Forked] = loop.create_future()
        async with self.asking:  # answers come in the order of what was sent
            if self.over:
                raise self._nothing_forks()
            self.unborn.append(born)
            with suppress(OSError):  # whoever listens notices too, and tells all the unborn
                await loop.sock_sendall(self.socket, json.dumps(asdict(birth)).encode())
        return await born

    def listen(self) -> None:
        self.listening = asyncio.create_task(self._listen())

    async def close(self) -> None:
        if self.listening is not None and not self.over:
            self.socket.shutdown(socket.SHUT_RDWR)
            await self.listening

    async def _listen(self) -> None:
        while told := await self._hear():
            if "born" in told:
                self._born(told["born"])
            else:
                self.living.pop(told["gone"]).end.set_result(told["status"])
        self.over = True
        async with self.asking:  # who is sending has to leave the socket before it is closed
            self.socket.close()
        self._all_gone()
        await self.server.wait()

    async def _hear(self) -> dict[str, Any] | None:
        try:
            told = await asyncio.get_running_loop().sock_recv(self.socket, _LONGEST)
        except ConnectionResetError:
            return None
        return json.loads(told) if told else None

    def _born(self, pid: int) -> None:
        forked = Forked(pid=pid, end=asyncio.get_running_loop().create_future())
        self.living[pid] = forked
        waiting = self.unborn.popleft()
        if not waiting.cancelled():
            waiting.set_result(forked)

    def _all_gone(self) -> None:
        while self.unborn:
            waiting = self.unborn.popleft()
            if not waiting.cancelled():
                waiting.set_exception(self._nothing_forks())
        while self.living:
            _, forked = self.living.popitem()
            forked.end.set_result(-SIGKILL)

    def _nothing_forks(self) -> StackProblem:
        return StackProblem(f"nothing forks any more; see {self.log}")
