"""Asks the fork server for processes, and tells when they end."""

import asyncio
import json
import os
import socket
import sys
from collections import deque
from collections.abc import Mapping
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
    The line to a fork server, which is started by the first who needs it.

    When the server ends, the kernel ends all that it became; the next who needs it starts another.
    """

    log: Path
    env: Mapping[str, str]
    line: socket.socket | None = None
    server: asyncio.subprocess.Process | None = None
    listening: asyncio.Task[None] | None = None
    starting: asyncio.Lock = field(default_factory=asyncio.Lock)
    asking: asyncio.Lock = field(default_factory=asyncio.Lock)
    unborn: deque[asyncio.Future[Forked]] = field(default_factory=deque)
    living: dict[int, Forked] = field(default_factory=dict)

    async def fork(self, birth: Birth) -> Forked:
        """
        Start a process.

        Raises:
            StackProblem: The fork server ended; its log says why.
        """
        line = await self.connected()
        born: asyncio.Future[Forked] = asyncio.get_running_loop().create_future()
        async with self.asking:  # answers come in the order of what was sent
            self.unborn.append(born)
            await asyncio.get_running_loop().sock_sendall(line, json.dumps(asdict(birth)).encode())
        return await born

    async def close(self) -> None:
        """Let it end; what it became is to be stopped before."""
        if self.line is not None and self.listening is not None:
            self.line.shutdown(socket.SHUT_RDWR)
            await self.listening

    async def connected(self) -> socket.socket:
        """Start the server if it does not run; it imports while others do other things."""
        async with self.starting:
            if self.line is None:
                self.line = await self._start()
                self.listening = asyncio.create_task(self._listen(self.line))
            return self.line

    async def _start(self) -> socket.socket:
        ours, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        ours.setblocking(False)  # noqa: FBT003 - its only argument
        options = child_options(log=self.log, parting=SIGKILL)
        try:
            self.server = await asyncio.create_subprocess_exec(
                sys.executable,
                *("-P", "-m", "stack.forkserver", str(theirs.fileno())),
                env=dict(self.env),
                pass_fds=(theirs.fileno(),),
                **options,
            )
        finally:
            os.close(options["stdout"])
            theirs.close()
        return ours

    async def _listen(self, line: socket.socket) -> None:
        loop = asyncio.get_running_loop()
        while told := await self._hear(loop, line):
            if "born" in told:
                self._born(told["born"], loop)
            else:
                self.living.pop(told["gone"]).end.set_result(told["status"])
        server, self.line = self.server, None
        line.close()
        self._all_gone()
        if server is not None:
            await server.wait()

    @staticmethod
    async def _hear(loop: asyncio.AbstractEventLoop, line: socket.socket) -> dict[str, Any] | None:
        try:
            told = await loop.sock_recv(line, _LONGEST)
        except ConnectionResetError:
            return None
        return json.loads(told) if told else None

    def _born(self, pid: int, loop: asyncio.AbstractEventLoop) -> None:
        forked = Forked(pid=pid, end=loop.create_future())
        self.living[pid] = forked
        waiting = self.unborn.popleft()
        if not waiting.cancelled():
            waiting.set_result(forked)

    def _all_gone(self) -> None:
        while self.unborn:
            waiting = self.unborn.popleft()
            if not waiting.cancelled():
                waiting.set_exception(StackProblem(f"Nothing forks any more; see {self.log}"))
        while self.living:
            _, forked = self.living.popitem()
            forked.end.set_result(-SIGKILL)
