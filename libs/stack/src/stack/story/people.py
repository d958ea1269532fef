"""People and machines who ask the services over HTTP, each with a token and a memory of where."""

import asyncio
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from time import monotonic
from typing import Any
from uuid import uuid4

import httpx

_ANSWERS_IN = 10.0
_TRIES_FOR = 40.0
_PAUSE = 0.1
# Nothing is known to have happened, and trying again with the same key is safe.
_AGAIN = frozenset({409, 429, 503})


class UnexpectedAnswer(Exception):
    """A service answered something else than the story says."""


@dataclass(slots=True, kw_only=True)
class Town:
    """Where the services are, who may speak, and how far each case is known to be."""

    urls: Mapping[str, str]
    token: Callable[[str], str]
    http: httpx.AsyncClient
    positions: dict[str, dict[str, int]] = field(default_factory=dict)

    def whoever(self, identity: str) -> "Person":
        return Person(identity=identity, town=self)

    def note(self, case: str | None, answer: httpx.Response) -> None:
        """Remember what a service says of its position, for the next service that is asked."""
        told = answer.headers.get("SellerWorks-Position")
        if case is None or told is None:
            return
        known = self.positions.setdefault(case, {})
        for part in told.split(","):
            service, _, sequence = part.strip().partition("=")
            known[service] = max(known.get(service, 0), int(sequence))

    def after(self, case: str | None) -> dict[str, str]:
        known = self.positions.get(case or "", {})
        told = ",".join(f"{service}={sequence}" for service, sequence in sorted(known.items()))
        return {"SellerWorks-After": told} if told else {}


@dataclass(frozen=True, slots=True, kw_only=True)
class Person:
    """One identity. What it asks is asked again, with the same key, when a service is away."""

    identity: str
    town: Town

    async def get(
        self, service: str, path: str, *, case: str | None = None, expect: int = 200
    ) -> httpx.Response:
        return await self._ask("GET", service, path, case=case, expect=expect)

    async def post(  # noqa: PLR0913 - as above
        self,
        service: str,
        path: str,
        body: object = None,
        *,
        case: str | None = None,
        expect: int = 200,
        form: Mapping[str, Any] | None = None,
        key: str | None = None,
    ) -> httpx.Response:
        """Send a body, or a form with `data` and `files`; a call without a key has its own."""
        parts: dict[str, Any] = dict(form) if form else {"json": body}
        if body is None and form is None:
            parts = {}
        headers = {"Idempotency-Key": key or str(uuid4())}
        return await self._ask(
            "POST", service, path, case=case, expect=expect, headers=headers, parts=parts
        )

    async def _ask(  # noqa: PLR0913 - as above
        self,
        method: str,
        service: str,
        path: str,
        *,
        case: str | None,
        expect: int,
        headers: Mapping[str, str] | None = None,
        parts: Mapping[str, Any] | None = None,
    ) -> httpx.Response:
        deadline = monotonic() + _TRIES_FOR
        while True:
            answer = await self._once(
                method, f"{self.town.urls[service]}{path}", case, headers, parts
            )
            if answer is not None and answer.status_code == expect:
                self.town.note(case, answer)
                return answer
            if monotonic() > deadline or not _may_help_to_wait(answer):
                raise UnexpectedAnswer(_told(method, service, path, answer))
            await asyncio.sleep(_PAUSE)

    async def _once(
        self,
        method: str,
        url: str,
        case: str | None,
        headers: Mapping[str, str] | None,
        parts: Mapping[str, Any] | None,
    ) -> httpx.Response | None:
        """Ask once; None if the service is away, dies over it, or says nothing in time."""
        bearer = {"Authorization": f"Bearer {self.town.token(self.identity)}"}
        try:
            return await self.town.http.request(
                method,
                url,
                headers={**bearer, **self.town.after(case), **(headers or {})},
                timeout=_ANSWERS_IN,
                **(parts or {}),
            )
        except httpx.TransportError:
            return None


def _may_help_to_wait(answer: httpx.Response | None) -> bool:
    if answer is None:
        return True
    if answer.status_code in _AGAIN:
        return bool(_json(answer).get("retryable", answer.status_code != httpx.codes.CONFLICT))
    return answer.status_code == httpx.codes.NOT_FOUND and bool(_json(answer).get("retryable"))


def _json(answer: httpx.Response) -> dict[str, Any]:
    try:
        told = answer.json()
    except ValueError:
        return {}
    return told if isinstance(told, dict) else {}


def _told(method: str, service: str, path: str, answer: httpx.Response | None) -> str:
    if answer is None:
        return f"{method} {service}{path}: no answer"
    problem = _json(answer)
    why = problem.get("title") or problem.get("detail") or ""
    errors = "; ".join(
        f"{one.get('pointer')} {one.get('detail')}" for one in problem.get("errors") or []
    )
    return (
        f"{method} {service}{path}: {answer.status_code} {problem.get('code', '')} {why} {errors}"
    )
