"""Waiting for a condition with a deadline, instead of for time."""

import asyncio
import socket
from collections.abc import Awaitable, Callable


async def until(
    condition: Callable[[], Awaitable[bool]], *, within: float, every: float = 0.05
) -> None:
    """
    Ask until the answer is yes. Times in seconds.

    Raises:
        TimeoutError: It was not, in time.
    """
    async with asyncio.timeout(within):
        while not await condition():  # noqa: ASYNC110 - other processes set no event of ours
            await asyncio.sleep(every)


def listens(port: int) -> bool:
    """Tell whether anything accepts connections there: cheap, asked before it is asked anything."""
    with socket.socket() as probe:
        probe.settimeout(0.5)
        return probe.connect_ex(("127.0.0.1", port)) == 0
