"""How other processes talk to a supervisor: JSON lines on a socket that only its user can open."""

import asyncio
import json
import socket
from collections.abc import Awaitable, Callable, Mapping
from pathlib import Path
from typing import Any

from stack.broken import StackProblem

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


def ask(path: Path, **command: object) -> dict[str, Any]:
    """
    Send one command and wait for its answer.

    Raises:
        StackProblem: Nothing runs there, or the supervisor refused.
    """
    with socket.socket(socket.AF_UNIX) as connection:
        connection.settimeout(_PATIENCE)
        try:
            connection.connect(str(path))
        except (FileNotFoundError, ConnectionRefusedError) as error:
            raise StackProblem("No stack is running: start it with `make up`.") from error
        connection.sendall(json.dumps(command).encode() + b"\n")
        line = connection.makefile().readline()
    answer: dict[str, Any] = json.loads(line) if line else {}
    if "problem" in answer:
        raise StackProblem(answer["problem"])
    return answer


async def _answer(line: bytes, obey: Obey) -> Answer:
    try:
        return await obey(json.loads(line))
    except StackProblem as problem:
        return {"problem": str(problem)}
