"""A service's own access token, for what it asks of others in its own name."""

import time
from collections.abc import Callable
from dataclasses import dataclass

import httpx
from pydantic import BaseModel, ConfigDict, ValidationError

_EARLY = 60.0


class TokenUnavailable(Exception):
    """The issuer gave no token."""


class _Granted(BaseModel):
    model_config = ConfigDict(extra="ignore", hide_input_in_errors=True)

    access_token: str
    expires_in: float


@dataclass(frozen=True, slots=True)
class _Held:
    token: str
    until: float


class ServiceTokens:
    """OAuth2 client credentials (RFC 6749 §4.4): one token, renewed a minute before its end."""

    def __init__(
        self,
        http: httpx.AsyncClient,
        *,
        url: str,
        client_id: str,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._http = http
        self._url = url
        self._client_id = client_id
        self._clock = clock
        self._held = _Held("", float("-inf"))

    async def get(self) -> str:
        """
        Return a token that is good for a minute at least.

        Raises:
            TokenUnavailable: The issuer is away or refuses.
        """
        if self._clock() >= self._held.until:
            granted = await self._ask()
            self._held = _Held(granted.access_token, self._clock() + granted.expires_in - _EARLY)
        return self._held.token

    async def _ask(self) -> _Granted:
        form = {"grant_type": "client_credentials", "client_id": self._client_id}
        try:
            answer = await self._http.post(self._url, data=form)
            answer.raise_for_status()
            return _Granted.model_validate_json(answer.content)
        except (httpx.HTTPError, ValidationError) as error:
            raise TokenUnavailable(type(error).__name__) from error
