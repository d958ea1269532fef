"""What main hands to the endpoints."""

from collections.abc import Callable
from typing import Any

from fastapi import Request


def from_state(name: str) -> Callable[[Request], Any]:
    """Give an endpoint what `Service.state` holds under a name: `Depends(from_state("books"))`."""

    def find(request: Request) -> Any:  # noqa: ANN401 - main says what lies there
        return getattr(request.app.state, name)

    return find
