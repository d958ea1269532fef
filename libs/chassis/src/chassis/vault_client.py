"""Asking the vault: openings in the caller's name, spare keys in the service's."""

from collections.abc import Sequence
from typing import Any, TypeVar

import httpx
from opentelemetry import propagate
from pydantic import BaseModel, ConfigDict, Field, TypeAdapter, ValidationError

from chassis.auth import ServiceTokens, TokenUnavailable
from chassis.problems import Erased, Forbidden, NotFound, NotOfThisCase, Refusal, VaultUnavailable
from contracts.sealed import SealedValue

T = TypeVar("T")


class _Answer(BaseModel):
    model_config = ConfigDict(frozen=True, extra="ignore", hide_input_in_errors=True)


class OpenedValue(_Answer):
    """A value in clear. Not cached, not logged, gone with the request."""

    commitment: str
    value: Any = Field(repr=False)
    salt: str | None = Field(default=None, repr=False)


class SpareKey(_Answer):
    """A key pair that waits for a seller: what may be known of it outside the vault."""

    key: str
    public_key: str


_OPENED = TypeAdapter(list[OpenedValue])
_SPARE = TypeAdapter(list[SpareKey])
_REFUSALS: dict[str, type[Refusal]] = {
    kind.problem.slug: kind for kind in (Erased, Forbidden, NotOfThisCase)
}


class VaultClient:
    """Talks to the vault over HTTP; every call within the client's time-out."""

    def __init__(self, http: httpx.AsyncClient, url: str, tokens: ServiceTokens) -> None:
        self._http = http
        self._url = url.rstrip("/")
        self._tokens = tokens

    async def open(
        self, values: Sequence[SealedValue], *, purpose: str, case: str, bearer: str
    ) -> list[OpenedValue]:
        """
        Open values of a case on behalf of whoever `bearer` is the token of. Each leaves an event.

        Raises:
            VaultUnavailable: Away, or not able to answer.
            Forbidden, NotFound, Erased, NotOfThisCase: What the vault says of the caller.
        """
        body = {
            "values": [value.model_dump(mode="json", by_alias=True) for value in values],
            "purpose": purpose,
            "case": case,
        }
        return await self._ask("/v1/openings", body, bearer, _OPENED)

    async def spare_keys(self, count: int) -> list[SpareKey]:
        """
        Fetch public keys for sellers to come.

        Raises:
            VaultUnavailable: Away, or the issuer is.
        """
        try:
            bearer = await self._tokens.get()
        except TokenUnavailable as error:
            raise VaultUnavailable from error
        return await self._ask("/v1/keys", {"count": count}, bearer, _SPARE)

    async def _ask(self, path: str, body: object, bearer: str, answers: TypeAdapter[T]) -> T:
        headers = {"authorization": f"Bearer {bearer}"}
        propagate.inject(headers)
        try:
            answer = await self._http.post(f"{self._url}{path}", json=body, headers=headers)
        except httpx.HTTPError as error:
            raise VaultUnavailable from error
        if not answer.is_success:
            raise _refusal(answer)
        try:
            return answers.validate_json(answer.content)
        except ValidationError as error:
            raise VaultUnavailable from error


def _refusal(answer: httpx.Response) -> Refusal:
    """Hand on what the vault says about the caller; whatever else is wrong, it is unavailable."""
    if answer.status_code == NotFound.problem.status:
        return NotFound()
    try:
        code = answer.json().get("code")
    except (ValueError, AttributeError):
        code = None
    return _REFUSALS.get(str(code), VaultUnavailable)()
