"""One request, sent with the same key until it is answered, and noted in the history."""

import asyncio
import itertools
import random
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from time import monotonic
from typing import Any, Final
from uuid import uuid4

import httpx

from chassis import ids
from harness.history import History, Result

ANSWERS_IN: Final = 10.0
_SERVER_ERRORS: Final = 500
# Nothing is known to have happened, and trying again with the same key is safe.
_AGAIN: Final = frozenset({404, 409, 429})


@dataclass(frozen=True, slots=True, kw_only=True)
class Errand:
    """What somebody asks a service: a verb for the history, and what a yes promises."""

    op: str
    who: str
    service: str
    path: str
    body: object = None
    form: Mapping[str, Any] | None = None
    case: str | None = None
    says: Sequence[str] = ()
    """Types of events that stand in the outbox once the answer is yes."""
    reads: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Caller:
    """Who knows where services are, how far each case is known to be, and writes history."""

    http: httpx.AsyncClient
    urls: Mapping[str, Sequence[str]]
    token: Callable[[str], str]
    history: History
    gives_up_after: float
    positions: dict[str, dict[str, int]] = field(default_factory=dict)
    turns: Iterator[int] = field(default_factory=itertools.count)

    async def ask(self, errand: Errand) -> httpx.Response | None:
        """Send it until a service says yes (the answer) or no (None), or until it is too late."""
        key, tried = uuid4().hex, list[str]()
        self.history.invoke(errand.op, key, service=errand.service, subject=errand.case)
        deadline, pause = monotonic() + self.gives_up_after, 0.1
        while True:
            tried.append(ids.from_uuid("req", uuid4()))
            answer = await self._once(errand, key, tried[-1])
            result = _judge(answer)
            if result is not Result.INFO or monotonic() > deadline:
                break
            await asyncio.sleep(pause * random.uniform(0.5, 1.5))
            pause = min(pause * 2, 2.0)
        self._note(errand, key, result, answer, tried)
        return answer if result is Result.OK else None

    async def _once(self, errand: Errand, key: str, request_id: str) -> httpx.Response | None:
        urls = self.urls[errand.service]
        url = urls[next(self.turns) % len(urls)]
        headers = {
            "Authorization": f"Bearer {self.token(errand.who)}",
            "X-Request-Id": request_id,
            **({} if errand.reads else {"Idempotency-Key": key}),
            **self._after(errand.case),
        }
        try:
            return await self.http.request(
                "GET" if errand.reads else "POST",
                f"{url}{errand.path}",
                headers=headers,
                timeout=ANSWERS_IN,
                **_parts(errand),
            )
        except httpx.TransportError:
            return None

    def _note(
        self,
        errand: Errand,
        key: str,
        result: Result,
        answer: httpx.Response | None,
        tried: Sequence[str],
    ) -> None:
        told = json_of(answer)
        opens = result is Result.OK and errand.op == "file_case" and not told.get("merged")
        case = errand.case or (told.get("id") if errand.op == "file_case" else None)
        position = _position(answer) if result is Result.OK else {}
        self._learn(case, position)
        facts = {
            "request_ids": list(tried),
            "tries": len(tried),
            "code": told.get("code"),
            "position": {} if errand.reads else position,
            "says": list(errand.says) if opens or errand.op != "file_case" else [],
            "opens": opens,
            "replayed": bool(answer and answer.headers.get("Idempotency-Replayed")),
        }
        status = answer.status_code if answer is not None else None
        self.history.complete(key, result, status=status, subject=case, facts=facts)

    def _learn(self, case: str | None, position: Mapping[str, int]) -> None:
        known = self.positions.setdefault(case or "", {})
        for service, sequence in position.items():
            known[service] = max(known.get(service, 0), sequence)

    def _after(self, case: str | None) -> dict[str, str]:
        known = self.positions.get(case or "", {}) if case else {}
        told = ",".join(f"{service}={sequence}" for service, sequence in sorted(known.items()))
        return {"SellerWorks-After": told} if told else {}


def _parts(errand: Errand) -> dict[str, Any]:
    if errand.form is not None:
        return dict(errand.form)
    return {} if errand.body is None else {"json": errand.body}


def _judge(answer: httpx.Response | None) -> Result:
    """Tell yes from no; whatever may go otherwise next time is neither."""
    if answer is None or answer.status_code >= _SERVER_ERRORS:
        return Result.INFO
    if answer.is_success:
        return Result.OK
    again = answer.status_code in _AGAIN and json_of(answer).get("retryable")
    return Result.INFO if again else Result.FAIL


def _position(answer: httpx.Response | None) -> dict[str, int]:
    told = answer.headers.get("SellerWorks-Position", "") if answer is not None else ""
    parts = (part.strip().partition("=") for part in told.split(",") if part.strip())
    return {service: int(sequence) for service, _, sequence in parts}


def json_of(answer: httpx.Response | None) -> dict[str, Any]:
    if answer is None:
        return {}
    try:
        told = answer.json()
    except ValueError:
        return {}
    return told if isinstance(told, dict) else {}
