"""The keys of an issuer: fetched, cached, and never lost to a miss (security.md §2)."""

import asyncio
import time
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from datetime import timedelta
from typing import Any, TypeAlias

import httpx
import structlog
from joserfc.errors import JoseError
from joserfc.jwk import ECKey, Key, OKPKey, RSAKey

log = structlog.get_logger()

LIFETIME = timedelta(minutes=10).total_seconds()
PATIENCE = timedelta(seconds=30).total_seconds()
"""At most one fetch in this time, however many unknown keys are asked for."""
FIRST_PATIENCE = 1.0
"""The same before the issuer has answered once: it may just be starting, as we are."""

_PUBLIC_PARTS: tuple[str, ...] = ("kty", "crv", "x", "y", "n", "e")
_SMALLEST_RSA_KEY = 2048
_KINDS: Mapping[str, type[RSAKey | ECKey | OKPKey]] = {
    "RSA": RSAKey,
    "EC": ECKey,
    "OKP": OKPKey,
}

Fetch: TypeAlias = Callable[[], Awaitable[Any]]
Clock: TypeAlias = Callable[[], float]


class IssuerUnavailable(Exception):
    """No key was ever got from the issuer: nobody can be let in, and nobody is wrong."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Issuer:
    """Whom we believe, about what, signed how."""

    url: str
    audience: str
    algorithms: frozenset[str] = frozenset({"RS256", "ES256", "EdDSA"})
    token_types: frozenset[str] = frozenset({"at+jwt", "application/at+jwt"})


@dataclass(frozen=True, slots=True, kw_only=True)
class VerifyingKey:
    """A public key, and the only algorithm that it may verify."""

    key: Key
    algorithm: str


class KeyRing:
    """
    The issuer's public keys by id.

    Known keys answer at once, also past their time while the issuer is away. An unknown id leads
    to one fetch that all who wait share, and to no other for 30 s. Only an answer of the issuer
    replaces the keys, and only as a whole.
    """

    def __init__(self, fetch: Fetch, *, clock: Clock = time.monotonic) -> None:
        self._fetch = fetch
        self._clock = clock
        self._keys: dict[str, VerifyingKey] | None = None
        self._fetched_at = float("-inf")
        self._tried_at = float("-inf")
        self._fetching: asyncio.Task[None] | None = None

    async def find(self, key_id: str) -> VerifyingKey | None:
        """
        Return the key of that id, or None if the issuer has none.

        Raises:
            IssuerUnavailable: The issuer has not answered once yet.
        """
        if self._keys is not None and key_id in self._keys:
            self._refresh_if_old()
        else:
            await self._refresh()
        if self._keys is None:
            raise IssuerUnavailable
        return self._keys.get(key_id)

    def _refresh_if_old(self) -> None:
        """Fetch beside the request: it has its key, and need not wait for a slow issuer."""
        if self._clock() - self._fetched_at > LIFETIME:
            self._start()

    async def _refresh(self) -> None:
        task = self._start()
        if task is not None:
            await asyncio.shield(task)

    def _start(self) -> asyncio.Task[None] | None:
        if self._fetching is not None and not self._fetching.done():
            return self._fetching
        patience = PATIENCE if self._keys is not None else FIRST_PATIENCE
        if self._clock() - self._tried_at < patience:
            return None
        self._tried_at = self._clock()
        self._fetching = asyncio.create_task(self._fetch_once(), name="jwks")
        return self._fetching

    async def _fetch_once(self) -> None:
        try:
            keys = read_keys(await self._fetch())
        except (httpx.HTTPError, OSError, ValueError) as error:
            log.warning("issuer_unavailable", error=type(error).__name__)
            return
        self._keys = keys
        self._fetched_at = self._clock()


def over_http(http: httpx.AsyncClient, url: str) -> Fetch:
    """Fetch the key set from `url`, within the client's time-out."""

    async def fetch() -> Any:  # noqa: ANN401 - whatever JSON it is, read_keys checks it
        answer = await http.get(url)
        answer.raise_for_status()
        return answer.json()

    return fetch


def read_keys(document: Any) -> dict[str, VerifyingKey]:  # noqa: ANN401 - JSON from outside
    """
    Read a JWK set. Keys that we cannot or will not use are left out.

    Raises:
        ValueError: It is no key set, or holds no key that we could use.
    """
    listed = document.get("keys") if isinstance(document, dict) else None
    read = (_read_key(each) for each in _as_list(listed) if isinstance(each, dict))
    keys = dict(pair for pair in read if pair is not None)
    if not keys:
        raise ValueError("no usable key")
    return keys


def _as_list(value: object) -> list[Any]:
    return value if isinstance(value, list) else []


def _read_key(jwk: dict[str, Any]) -> tuple[str, VerifyingKey] | None:
    key_id, algorithm = jwk.get("kid"), _algorithm_of(jwk)
    kind = _KINDS.get(str(jwk.get("kty")))
    if not isinstance(key_id, str) or algorithm is None or kind is None:
        return None
    public = {name: jwk[name] for name in _PUBLIC_PARTS if name in jwk}
    try:
        key = kind.import_key(public)
    except (JoseError, ValueError, TypeError):
        return None  # one unreadable key must not cost the others
    if isinstance(key, RSAKey) and key.public_key.key_size < _SMALLEST_RSA_KEY:
        return None
    return key_id, VerifyingKey(key=key, algorithm=algorithm)


def _algorithm_of(jwk: dict[str, Any]) -> str | None:
    """Fix the algorithm by the key, so that no token can choose another for it."""
    if jwk.get("use", "sig") != "sig":
        return None
    by_kind = {
        ("RSA", None): "RS256",
        ("EC", "P-256"): "ES256",
        ("OKP", "Ed25519"): "EdDSA",
    }
    algorithm = by_kind.get((str(jwk.get("kty")), jwk.get("crv")))
    return (
        algorithm if jwk.get("alg", algorithm) in {algorithm, _ALSO.get(algorithm or "")} else None
    )


_ALSO = {"EdDSA": "Ed25519"}
