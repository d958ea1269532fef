"""Towards the outside: producers say how far they spoke, and publish again what is missing."""

from collections.abc import AsyncIterator, Awaitable, Callable, Mapping, Sequence
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from dataclasses import dataclass
from datetime import datetime
from typing import Final

import httpx
from pydantic import BaseModel, ConfigDict, ValidationError

from chassis.auth import ServiceTokens
from chassis.auth.service_tokens import TokenUnavailable
from chassis.draining import Ask, ProducerSilent
from chassis.outgoing import http_client
from chassis.repair import asking

_WITHIN: Final = 5.0  # seconds
_HEADS: Final = "/ops/outbox/heads"
_PAGE: Final = "200"


class Head(BaseModel):
    """How far a producer has spoken about one subject."""

    model_config = ConfigDict(frozen=True, extra="ignore")

    topic: str
    subject: str
    last_sequence: int
    last_time: datetime


class HeadsPage(BaseModel):
    """One page of a producer's heads; `next` is the cursor of the following one."""

    model_config = ConfigDict(frozen=True, extra="ignore")

    items: Sequence[Head]
    next: str | None = None


ReadHeads = Callable[[str, str | None], Awaitable[HeadsPage]]
"""Reads a page of the heads of (producer, cursor). Raises `ProducerSilent`."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Lines:
    """The two ways to talk to producers."""

    ask: Ask
    heads: ReadHeads


Lend = Callable[[], AbstractAsyncContextManager[Lines]]
"""Lends the lines to all producers, in audit's own name."""


@asynccontextmanager
async def lines(*, urls: Mapping[str, str], token_url: str, client_id: str) -> AsyncIterator[Lines]:
    """Lend what asks a producer, and what reads how far it has spoken."""
    async with http_client(timeout=_WITHIN) as http:
        tokens = ServiceTokens(http, url=token_url, client_id=client_id)
        yield Lines(ask=asking(http, tokens=tokens, urls=urls), heads=_reading(http, tokens, urls))


def _reading(http: httpx.AsyncClient, tokens: ServiceTokens, urls: Mapping[str, str]) -> ReadHeads:
    async def read(producer: str, cursor: str | None) -> HeadsPage:
        try:
            answer = await http.get(
                f"{urls[producer].rstrip('/')}{_HEADS}",
                params={"limit": _PAGE} | ({"cursor": cursor} if cursor else {}),
                headers={"Authorization": f"Bearer {await tokens.get()}"},
            )
            answer.raise_for_status()
            return HeadsPage.model_validate_json(answer.content)
        except (httpx.HTTPError, TokenUnavailable, ValidationError) as error:
            raise ProducerSilent(type(error).__name__) from error

    return read
