"""Asking other services for what is missing here, and how far they have come."""

from collections.abc import AsyncIterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

import httpx

from chassis.auth import ServiceTokens
from chassis.auth.service_tokens import TokenUnavailable
from chassis.draining import Ask, ProducerSilent
from chassis.missing import Head, Heads
from chassis.outcome import Gap

PATH: Final = "/ops/outbox/republish"
HEADS: Final = "/ops/outbox/heads"
_PAGE: Final = 200


@dataclass(frozen=True, slots=True, kw_only=True)
class Neighbours:
    """The other services, asked over HTTP in this service's own name."""

    client: httpx.AsyncClient
    tokens: ServiceTokens
    urls: Mapping[str, str]

    async def ask(
        self,
        producer: str,
        path: str,
        *,
        body: Mapping[str, object] | None = None,
        wanted: Mapping[str, str] | None = None,
    ) -> httpx.Response:
        """
        Ask a producer: POST a body, or GET what is wanted.

        Raises:
            ProducerSilent: Nobody answered, or with an error.
        """
        url = self.urls.get(producer)
        if url is None:
            raise ProducerSilent(f"nobody knows where {producer} is")
        try:
            answer = await self.client.request(
                "POST" if body else "GET",
                f"{url.rstrip('/')}{path}",
                headers={"Authorization": f"Bearer {await self.tokens.get()}"},
                json=body,
                params=wanted,
            )
            answer.raise_for_status()
        except (httpx.HTTPError, TokenUnavailable) as error:
            raise ProducerSilent(type(error).__name__) from error
        return answer


def asking(client: httpx.AsyncClient, *, tokens: ServiceTokens, urls: Mapping[str, str]) -> Ask:
    """Make what asks a producer over HTTP to publish again, in this service's own name."""
    neighbours = Neighbours(client=client, tokens=tokens, urls=urls)

    async def ask(gap: Gap) -> None:
        wanted = {
            "topic": gap.topic,
            "subject": gap.subject,
            "from_sequence": gap.from_sequence,
        }
        await neighbours.ask(gap.producer, PATH, body=wanted)

    return ask


def reading_heads(
    client: httpx.AsyncClient, *, tokens: ServiceTokens, urls: Mapping[str, str]
) -> Heads:
    """Make what asks the services at these addresses how far they have come."""
    neighbours = Neighbours(client=client, tokens=tokens, urls=urls)

    async def heads() -> AsyncIterator[Sequence[Head]]:
        for producer in sorted(urls):
            cursor: str | None = ""
            while cursor is not None:
                page = await _page(neighbours, producer, cursor)
                yield [_head(producer, item) for item in page["items"]]
                cursor = page["next"]

    return heads


async def _page(neighbours: Neighbours, producer: str, cursor: str) -> dict[str, Any]:
    wanted = {"limit": str(_PAGE)} | ({"cursor": cursor} if cursor else {})
    page: dict[str, Any] = (await neighbours.ask(producer, HEADS, wanted=wanted)).json()
    return page


def _head(producer: str, item: Mapping[str, Any]) -> Head:
    return Head(
        producer=producer,
        topic=item["topic"],
        subject=item["subject"],
        last_sequence=item["last_sequence"],
    )
