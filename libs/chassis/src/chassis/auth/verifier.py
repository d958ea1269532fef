"""Access tokens, checked before anyone is believed (RFC 8725, RFC 9068, security.md §2)."""

import hashlib
import math
import re
import time
from base64 import urlsafe_b64decode
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any

from joserfc import jws
from joserfc.errors import JoseError

from chassis.auth.issuers import Issuer, KeyRing, VerifyingKey
from chassis.json_text import NotJson, parse

LONGEST_TOKEN = 8 * 1024
LEEWAY = 60
MOST_REMEMBERED = 1024
_COMPACT = re.compile(r"[A-Za-z0-9_-]+\.[A-Za-z0-9_-]+\.[A-Za-z0-9_-]+")
_REFUSED_HEADERS = frozenset({"jku", "x5u", "jwk", "x5c", "crit", "b64", "zip", "enc", "cty"})


class InvalidToken(Exception):
    """The token proves nothing. `reason` is for our logs; callers are told no more than 401."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


@dataclass(frozen=True, slots=True)
class _Header:
    algorithm: str
    key_id: str


@dataclass(frozen=True, slots=True)
class _Proven:
    """A token whose signature was right, for as long as the issuer publishes that same key."""

    key_id: str
    key: VerifyingKey
    claims: Mapping[str, Any]


class Verifier:
    """
    Believes one issuer, in the algorithms fixed for it, with the keys it publishes.

    Tokens come again with every request: those proven are remembered by digest, and looked at
    again when the issuer's keys were fetched anew. Their times are checked each time.
    """

    def __init__(
        self, issuer: Issuer, keys: KeyRing, *, clock: Callable[[], float] = time.time
    ) -> None:
        self._issuer = issuer
        self._keys = keys
        self._clock = clock
        self._proven: dict[bytes, _Proven] = {}

    async def verify(self, token: str) -> Mapping[str, Any]:
        """
        Return the claims of a genuine access token for us.

        Nothing in the token chooses how it is checked: algorithm and key are ours, headers that
        point to keys are refused unread.

        Raises:
            InvalidToken: Anything else than that.
            IssuerUnavailable: The issuer's keys are not known yet.
        """
        digest = hashlib.sha256(token.encode(errors="surrogatepass")).digest()
        proven = self._proven.get(digest)
        if proven is None or await self._keys.find(proven.key_id) is not proven.key:
            self._proven.pop(digest, None)
            proven = await self._prove(token)
            self._remember(digest, proven)
        self._check_times(proven.claims)
        return proven.claims

    def _remember(self, digest: bytes, proven: _Proven) -> None:
        if len(self._proven) >= MOST_REMEMBERED:
            del self._proven[next(iter(self._proven))]
        self._proven[digest] = proven

    async def _prove(self, token: str) -> _Proven:
        header = self._read_header(token)
        claims = _json_part(token.split(".")[1])
        if claims.get("iss") != self._issuer.url:
            raise InvalidToken("issuer")
        key = await self._check_signature(token, header)
        self._check_audience(claims)
        return _Proven(header.key_id, key, MappingProxyType(claims))

    def _read_header(self, token: str) -> _Header:
        if len(token) > LONGEST_TOKEN or not _COMPACT.fullmatch(token):
            raise InvalidToken("form")
        header = _json_part(token.split(".", maxsplit=1)[0])
        if _REFUSED_HEADERS & header.keys():
            raise InvalidToken("header")
        if str(header.get("typ", "")).lower() not in self._issuer.token_types:
            raise InvalidToken("type")
        algorithm, key_id = header.get("alg"), header.get("kid")
        if algorithm not in self._issuer.algorithms or not isinstance(key_id, str):
            raise InvalidToken("algorithm")
        return _Header(str(algorithm), key_id)

    async def _check_signature(self, token: str, header: _Header) -> VerifyingKey:
        found = await self._keys.find(header.key_id)
        if found is None or found.algorithm != header.algorithm:
            raise InvalidToken("key")
        signed, _, signature = token.rpartition(".")
        model = jws.JWSRegistry.algorithms[header.algorithm]
        try:
            good = model.verify(signed.encode(), _raw_part(signature), found.key)
        except (JoseError, ValueError) as error:
            raise InvalidToken("signature") from error
        if not good:
            raise InvalidToken("signature")
        return found

    def _check_audience(self, claims: Mapping[str, Any]) -> None:
        audience = claims.get("aud")
        audiences = audience if isinstance(audience, list) else [audience]
        if self._issuer.audience not in audiences:
            raise InvalidToken("audience")
        subject = claims.get("sub")
        if not isinstance(subject, str) or not subject:
            raise InvalidToken("subject")

    def _check_times(self, claims: Mapping[str, Any]) -> None:
        now = self._clock()
        if _moment(claims, "exp") <= now - LEEWAY:
            raise InvalidToken("expired")
        if _moment(claims, "iat") > now + LEEWAY:
            raise InvalidToken("issued in the future")
        if "nbf" in claims and _moment(claims, "nbf") > now + LEEWAY:
            raise InvalidToken("not valid yet")


def _raw_part(part: str) -> bytes:
    try:
        return urlsafe_b64decode(part + "=" * (-len(part) % 4))
    except ValueError as error:
        raise InvalidToken("encoding") from error


def _json_part(part: str) -> dict[str, Any]:
    try:
        value = parse(_raw_part(part)).value
    except NotJson as error:
        raise InvalidToken("encoding") from error
    if not isinstance(value, dict):
        raise InvalidToken("encoding")
    return value


def _moment(claims: Mapping[str, Any], name: str) -> float:
    """Seconds since 1970. A bool is an int to Python, and no time."""
    value = claims.get(name)
    if isinstance(value, bool) or not isinstance(value, int | float) or not math.isfinite(value):
        raise InvalidToken(name)
    return float(value)
