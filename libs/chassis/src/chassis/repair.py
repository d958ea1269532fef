"""Asking another service to publish again what is missing here."""

from collections.abc import Mapping

import httpx

from chassis.auth import ServiceTokens
from chassis.auth.service_tokens import TokenUnavailable
from chassis.draining import Ask, ProducerSilent
from chassis.outcome import Gap

PATH = "/ops/outbox/republish"


def asking(client: httpx.AsyncClient, *, tokens: ServiceTokens, urls: Mapping[str, str]) -> Ask:
    """Make what asks a producer over HTTP, in this service's own name."""

    async def ask(gap: Gap) -> None:
        url = urls.get(gap.producer)
        if url is None:
            raise ProducerSilent(f"nobody knows where {gap.producer} is")
        try:
            token = await tokens.get()
            answer = await client.post(
                f"{url.rstrip('/')}{PATH}",
                headers={"Authorization": f"Bearer {token}"},
                json={
                    "topic": gap.topic,
                    "subject": gap.subject,
                    "from_sequence": gap.from_sequence,
                },
            )
            answer.raise_for_status()
        except (httpx.HTTPError, TokenUnavailable) as error:
            raise ProducerSilent(type(error).__name__) from error

    return ask
