"""How other processes talk to a supervisor: JSON lines on a socket that only its user can open."""

import asyncio
import json
import socket
from collections.abc import Awaitable, Callable, Mapping
from pathlib import Path
from typing import Any

from stack.broken import NotRunning, StackProblem
from stack.layout import Layout

Answer = Mapping[str, Any]
Obey = Callable[[Mapping[str, Any]], Awaitable[Answer]]

_PATIENCE = 120.0


async def listen(path: Path, obey: Obey) -> asyncio.Server:
    """Answer each line on the socket; a `StackProblem` becomes `{"problem": …}`."""

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        async for line in reader:
            writer.write(json.dumps(await _answer(line, obey)).encode() + b"\n")
            await writer.drain()
        writer.close()

    # asyncio removes the socket of a supervisor that was killed.
    return await asyncio.start_unix_server(serve, path)


def ask(layout: Layout, **command: object) -> dict[str, Any]:
    """
    Send one command to the supervisor of a stack and wait for its answer.

    Raises:
        NotRunning: Nothing runs there, or it ended meanwhile.
        StackProblem: The supervisor refused, or says nothing.
    """
    with socket.socket(socket.AF_UNIX) as connection:
        connection.settimeout(_PATIENCE)
        try:
            connection.connect(str(layout.control))
            connection.sendall(json.dumps(command).encode() + b"\n")
            line = connection.makefile().readline()
        except (FileNotFoundError, ConnectionError) as error:
            raise _not_running(layout) from error
        except TimeoutError as error:
            log = layout.logs / "stack.log"
            raise StackProblem(f"The stack's supervisor does not answer; see {log}.") from error
    if not line:
        raise _not_running(layout)
    answer: dict[str, Any] = json.loads(line)
    if "problem" in answer:
        raise StackProblem(answer["problem"])
    return answer


def _not_running(layout: Layout) -> NotRunning:
    return NotRunning(f"No stack is running: start it with `{layout.make('up')}`.")


async def _answer(line: bytes, obey: Obey) -> Answer:
    try:
        return await obey(json.loads(line))
    except StackProblem as problem:
        return {"problem": str(problem)}
