"""Towards audit: is there a legal hold on a seller?"""

from collections.abc import Mapping, Sequence
from typing import Final

import httpx
from pydantic import BaseModel, ConfigDict, TypeAdapter, ValidationError

from chassis.auth import ServiceTokens, TokenUnavailable
from chassis.outgoing import http_client
from chassis.problems import Unavailable

_WITHIN: Final = 5.0  # seconds


class HoldsUnknown(Unavailable):
    """Audit does not say whether anything must be kept: then everything is."""


class _Hold(BaseModel):
    model_config = ConfigDict(frozen=True, extra="ignore")

    id: str


class _Answer(BaseModel):
    model_config = ConfigDict(frozen=True, extra="ignore")

    items: list[_Hold]


_ANSWER: Final = TypeAdapter(_Answer)


class Holds:
    """Legal holds, as audit knows them right now."""

    def __init__(self, *, urls: Mapping[str, str], token_url: str, client_id: str) -> None:
        self._url = urls.get("audit", "").rstrip("/")
        self._token_url = token_url
        self._client_id = client_id

    async def __call__(self, *, marketplace: str, seller: str) -> Sequence[str]:
        """
        List the holds that stand on a seller, on a case of it, or on its whole marketplace.

        Raises:
            HoldsUnknown: Audit or the issuer is away, or refuses.
        """
        async with http_client(timeout=_WITHIN) as http:
            tokens = ServiceTokens(http, url=self._token_url, client_id=self._client_id)
            try:
                answer = await http.get(
                    f"{self._url}/v1/holds",
                    params={"marketplace": marketplace, "seller": seller},
                    headers={"authorization": f"Bearer {await tokens.get()}"},
                )
                answer.raise_for_status()
                return [hold.id for hold in _ANSWER.validate_json(answer.content).items]
            except (httpx.HTTPError, TokenUnavailable, ValidationError) as error:
                raise HoldsUnknown from error
