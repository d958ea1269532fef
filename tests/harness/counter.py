"""A front-end that files each case once, without trying again, and keeps what it was told when."""

import asyncio
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any, Final

import httpx

from harness.history import History, Result
from stack.story.files import new_filing

_ANSWERS_IN: Final = 30.0
_WHO: Final = "harbour-front-end"
_NOT_NOW: Final = frozenset({404, 408, 409, 429})


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """What came of one POST; no status: nothing came. Times in seconds."""

    status: int | None
    began: float
    seconds: float
    retry_after: str | None = None
    case: str | None = None


@dataclass(slots=True, kw_only=True)
class Counter:
    """Files at one door, and is let in again by `get`."""

    url: str
    token: Callable[[str], str]
    http: httpx.AsyncClient
    history: History
    answers: list[Answer] = field(default_factory=list)

    async def file(self, filing: dict[str, Any] | None = None, *, key: str | None = None) -> Answer:
        """POST one case, once; a key of its own unless given."""
        filing = filing or new_filing()
        key = key or str(filing["external_ref"])
        self.history.invoke("file_case", key, service="intake")
        began = time.monotonic()
        try:
            response = await self.http.post(
                f"{self.url}/v1/cases",
                json=filing,
                headers={**self._bearer(), "Idempotency-Key": key},
                timeout=_ANSWERS_IN,
            )
        except httpx.TransportError:
            answer = Answer(status=None, began=began, seconds=time.monotonic() - began)
        else:
            answer = _read(response, began)
        self._note(key, answer)
        return answer

    async def file_steadily(self, *, per_second: float, until: asyncio.Event) -> list[Answer]:
        """Begin one after the other, at a rate whatever the answers, until told to end."""
        asking: list[asyncio.Task[Answer]] = []
        async with asyncio.TaskGroup() as tasks:
            while not until.is_set():
                asking.append(tasks.create_task(self.file()))
                await _pause(until, 1 / per_second)
        return [one.result() for one in asking]

    async def file_some(self, count: int, *, at_once: int = 4) -> list[Answer]:
        """File so many, some at the same time."""
        waiting = iter(range(count))

        async def some() -> list[Answer]:
            return [await self.file() for _ in waiting]

        return [
            one for part in await asyncio.gather(*(some() for _ in range(at_once))) for one in part
        ]

    async def get(self, case: str, *, url: str | None = None) -> int:
        """Read a case; return the status."""
        response = await self.http.get(
            f"{url or self.url}/v1/cases/{case}", headers=self._bearer(), timeout=_ANSWERS_IN
        )
        return response.status_code

    def _bearer(self) -> dict[str, str]:
        return {"Authorization": f"Bearer {self.token(_WHO)}"}

    def _note(self, key: str, answer: Answer) -> None:
        self.answers.append(answer)
        self.history.complete(
            key,
            _result(answer.status),
            status=answer.status,
            subject=answer.case,
            facts={"opens": True} if answer.case else {},
        )


def _read(response: httpx.Response, began: float) -> Answer:
    created = response.status_code == httpx.codes.CREATED
    return Answer(
        status=response.status_code,
        began=began,
        seconds=time.monotonic() - began,
        retry_after=response.headers.get("Retry-After"),
        case=response.json()["id"] if created else None,
    )


def _result(status: int | None) -> Result:
    if status == httpx.codes.CREATED:
        return Result.OK
    refused = status is not None and httpx.codes.is_client_error(status)
    return Result.FAIL if refused and status not in _NOT_NOW else Result.INFO


def p99(answers: Sequence[Answer]) -> float:
    """The time (s) that 99 of 100 answers took at most."""
    return slowest(answers, share=0.99)


def slowest(answers: Sequence[Answer], *, share: float) -> float:
    times = sorted(one.seconds for one in answers)
    return times[min(int(len(times) * share), len(times) - 1)]


def statuses(answers: Sequence[Answer]) -> set[int | None]:
    return {one.status for one in answers}


def cases(answers: Sequence[Answer]) -> Iterator[str]:
    return (one.case for one in answers if one.case)


async def _pause(until: asyncio.Event, seconds: float) -> None:
    try:
        async with asyncio.timeout(seconds):
            await until.wait()
    except TimeoutError:
        return
