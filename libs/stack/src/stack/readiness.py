"""When a process that answers HTTP is ready."""

import time
from collections.abc import Awaitable, Callable

import httpx

from stack.waiting import listens

# A service without its broker or the vault is of use all the same; but just after its start
# it only needs a moment to reach them.
_CONTENT_WITH_DEGRADED_AFTER = 10.0


def ready_when_answered(port: int) -> Callable[[int], Awaitable[bool]]:
    """
    Poll `/readyz`: 2xx is ready, `degraded` only if it stays so for ten seconds.

    A process that was started again gets its ten seconds again.
    """
    degraded_since: dict[int, float] = {}

    async def ready(pid: int) -> bool:
        status = await _status(port)
        if status != "degraded":
            return status is not None
        since = degraded_since.setdefault(pid, time.monotonic())
        return time.monotonic() - since > _CONTENT_WITH_DEGRADED_AFTER

    return ready


async def _status(port: int) -> str | None:
    """Ask how a process is; None when it does not answer or says that it is not ready."""
    if not listens(port):
        return None
    try:
        async with httpx.AsyncClient(timeout=5, trust_env=False, verify=False) as client:  # noqa: S501 - no TLS on 127.0.0.1
            answer = await client.get(f"http://127.0.0.1:{port}/readyz")
    except httpx.HTTPError:
        return None
    return str(answer.json().get("status", "ready")) if answer.is_success else None
