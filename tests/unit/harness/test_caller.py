from collections.abc import AsyncIterator, Callable, Iterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import replace

import httpx

from harness.caller import Caller, Errand
from harness.history import History, Operation, Result

CLAIM = Errand(
    op="claim",
    who="mara",
    service="router",
    path="/v1/cases/case_1/assignment",
    body={"member": "mara"},
    case="case_1",
    says=("case.assigned.v1",),
)
FILING = Errand(op="file_case", who="front-end", service="intake", path="/v1/cases", body={})
DONE = httpx.Response(201, json={"id": "asg_1"}, headers={"SellerWorks-Position": "router=3"})
AWAY = httpx.Response(503, json={"retryable": True})
IN_FLIGHT = httpx.Response(409, json={"retryable": True})
Answers = Sequence[httpx.Response | Exception]


class Told:
    """A service that gives one answer after the other, and remembers what it was asked."""

    def __init__(self, answers: Answers) -> None:
        self._answers: Iterator[httpx.Response | Exception] = iter(answers)
        self.asked: list[httpx.Request] = []

    def __call__(self, request: httpx.Request) -> httpx.Response:
        self.asked.append(request)
        answer = next(self._answers)
        if isinstance(answer, Exception):
            raise answer
        return answer


@asynccontextmanager
async def calling(told: Callable[[httpx.Request], httpx.Response]) -> AsyncIterator[Caller]:
    async with httpx.AsyncClient(transport=httpx.MockTransport(told)) as http:
        yield Caller(
            http=http,
            urls={"router": ["http://router.test", "http://router-2.test"], "intake": ["http://i"]},
            token=lambda who: f"token-of-{who}",
            history=History(),
            gives_up_after=20.0,
        )


async def noted(errand: Errand, *answers: httpx.Response | Exception) -> tuple[Operation, Told]:
    told = Told(answers)
    async with calling(told) as caller:
        await caller.ask(errand)
        [operation] = caller.history.operations
    return operation, told


class TestCaller:
    async def test_notes_a_yes_with_its_position(self) -> None:
        operation, told = await noted(CLAIM, DONE)

        assert (operation.result, operation.status) == (Result.OK, 201)
        assert operation.facts["position"] == {"router": 3}
        assert operation.facts["says"] == ["case.assigned.v1"]
        assert operation.facts["request_ids"] == [told.asked[0].headers["x-request-id"]]

    async def test_asks_again_with_the_same_key_while_nobody_knows(self) -> None:
        operation, told = await noted(CLAIM, httpx.ReadError("cut"), AWAY, IN_FLIGHT, DONE)

        assert operation.result is Result.OK
        assert len({one.headers["idempotency-key"] for one in told.asked}) == 1
        assert len(operation.facts["request_ids"]) == len(set(operation.facts["request_ids"])) == 4
        assert {one.url.host for one in told.asked} == {"router.test", "router-2.test"}

    async def test_takes_no_for_an_answer(self) -> None:
        operation, _ = await noted(CLAIM, httpx.Response(409, json={"code": "not-allowed-now"}))

        assert (operation.result, operation.facts["code"]) == (Result.FAIL, "not-allowed-now")

    async def test_gives_up_and_cannot_tell(self) -> None:
        async with calling(Told([AWAY])) as caller:
            hasty = replace(caller, gives_up_after=0.0)

            answer = await hasty.ask(CLAIM)

            [operation] = caller.history.operations
        assert answer is None
        assert (operation.result, operation.status) == (Result.INFO, 503)

    async def test_says_how_far_it_knows_a_case(self) -> None:
        told = Told([DONE, httpx.Response(200, json={})])
        async with calling(told) as caller:
            await caller.ask(CLAIM)

            await caller.ask(replace(CLAIM, op="read_case", reads=True))

        assert told.asked[1].headers["sellerworks-after"] == "router=3"
        assert "idempotency-key" not in told.asked[1].headers
        assert told.asked[1].method == "GET"

    async def test_learns_the_case_from_the_filing(self) -> None:
        answer = httpx.Response(201, json={"id": "case_9", "merged": False})

        operation, _ = await noted(FILING, answer)

        assert (operation.subject, operation.facts["opens"]) == ("case_9", True)

    async def test_knows_a_contact_from_a_case(self) -> None:
        answer = httpx.Response(200, json={"id": "case_9", "merged": True})

        operation, _ = await noted(replace(FILING, says=("case.opened.v1",)), answer)

        assert (operation.subject, operation.facts["opens"]) == ("case_9", False)
        assert operation.facts["says"] == []
