"""Towards the outside: producers are asked to publish again what is missing here."""

from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager

import httpx

from chassis.auth import ServiceTokens
from chassis.draining import Ask
from chassis.repair import asking

_WITHIN = 5.0  # seconds


@asynccontextmanager
async def producers(
    *, urls: Mapping[str, str], token_url: str, client_id: str
) -> AsyncIterator[Ask]:
    """Lend what asks a producer, in audit's own name."""
    async with httpx.AsyncClient(timeout=_WITHIN) as http:
        tokens = ServiceTokens(http, url=token_url, client_id=client_id)
        yield asking(http, tokens=tokens, urls=urls)
