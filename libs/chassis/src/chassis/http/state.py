"""What main hands to the endpoints."""

from collections.abc import Awaitable, Callable
from typing import Any

from fastapi import Request


def from_state(name: str) -> Callable[[Request], Awaitable[Any]]:
    """Give an endpoint what `Service.state` holds under a name: `Depends(from_state("books"))`."""

    # A coroutine, though it waits for nothing: FastAPI gives each plain function a thread.
    async def find(request: Request) -> Any:  # noqa: ANN401 - main says what lies there
        return getattr(request.app.state, name)

    return find
