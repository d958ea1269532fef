import json
from collections.abc import Callable

import httpx
import pytest

from builders_contracts import CASE, an_id, sealed
from chassis.auth import ServiceTokens, TokenUnavailable
from chassis.problems import Erased, Forbidden, NotFound, NotOfThisCase, Refusal, VaultUnavailable
from chassis.vault_client import SpareKey, VaultClient

Answer = Callable[[httpx.Request], httpx.Response]
VALUE = sealed()


def away(request: httpx.Request) -> httpx.Response:
    raise httpx.ConnectError("away", request=request)


def problem(status: int, code: str) -> Answer:
    return lambda _: httpx.Response(status, json={"code": code})


def granting(request: httpx.Request) -> httpx.Response:
    asked = dict(httpx.QueryParams(request.content.decode()))
    assert asked == {"grant_type": "client_credentials", "client_id": "service-intake"}
    return httpx.Response(200, json={"access_token": "own-token", "expires_in": 600})


def over(answer: Answer) -> httpx.AsyncClient:
    return httpx.AsyncClient(transport=httpx.MockTransport(answer))


def tokens(answer: Answer = granting) -> ServiceTokens:
    return ServiceTokens(over(answer), url="http://issuer/token", client_id="service-intake")


def client(answer: Answer, *, own: ServiceTokens | None = None) -> VaultClient:
    return VaultClient(over(answer), "http://vault/", own or tokens())


class TestOpen:
    async def test_asks_in_the_callers_name(self) -> None:
        asked: list[httpx.Request] = []

        def answer(request: httpx.Request) -> httpx.Response:
            asked.append(request)
            return httpx.Response(200, json=[{"commitment": "Y29tbWl0", "value": "words"}])

        (opened,) = await client(answer).open(
            [VALUE], purpose="work_case", case=CASE, bearer="theirs"
        )

        body = json.loads(asked[0].content)
        assert (opened.value, opened.salt) == ("words", None)
        assert str(asked[0].url) == "http://vault/v1/openings"
        assert asked[0].headers["authorization"] == "Bearer theirs"
        assert body["values"] == [VALUE.model_dump(by_alias=True)]
        assert (body["purpose"], body["case"]) == ("work_case", CASE)
        assert "words" not in repr(opened)

    @pytest.mark.parametrize(
        ("answer", "refusal"),
        [
            pytest.param(away, VaultUnavailable, id="away"),
            pytest.param(problem(503, "unavailable"), VaultUnavailable, id="busy"),
            pytest.param(problem(500, "internal-error"), VaultUnavailable, id="broken"),
            pytest.param(lambda _: httpx.Response(502, text="x"), VaultUnavailable, id="no JSON"),
            pytest.param(lambda _: httpx.Response(200, text="x"), VaultUnavailable, id="nonsense"),
            pytest.param(problem(403, "forbidden"), Forbidden, id="forbidden"),
            pytest.param(problem(404, "not-found"), NotFound, id="unknown"),
            pytest.param(problem(410, "erased"), Erased, id="erased"),
            pytest.param(problem(422, "not-of-this-case"), NotOfThisCase, id="another case"),
        ],
    )
    async def test_hands_on_what_the_vault_says(
        self, answer: Answer, refusal: type[Refusal]
    ) -> None:
        with pytest.raises(refusal):
            await client(answer).open([VALUE], purpose="work_case", case=CASE, bearer="theirs")


class TestSpareKeys:
    async def test_asks_in_the_services_name(self) -> None:
        def answer(request: httpx.Request) -> httpx.Response:
            assert request.headers["authorization"] == "Bearer own-token"
            assert json.loads(request.content) == {"count": 2}
            return httpx.Response(200, json=[{"key": an_id("key"), "public_key": "AA=="}])

        keys = await client(answer).spare_keys(2)

        assert keys == [SpareKey(key=an_id("key"), public_key="AA==")]

    async def test_cannot_without_a_token(self) -> None:
        with pytest.raises(VaultUnavailable):
            await client(away, own=tokens(away)).spare_keys(2)


class TestServiceTokens:
    async def test_keep_a_token_until_a_minute_before_its_end(self) -> None:
        asked, now = [], [0.0]

        def answer(request: httpx.Request) -> httpx.Response:
            asked.append(request)
            return granting(request)

        own = ServiceTokens(
            over(answer), url="http://i/token", client_id="service-intake", clock=lambda: now[0]
        )
        for now[0] in (0.0, 539.0, 541.0):
            assert await own.get() == "own-token"

        assert len(asked) == 2

    @pytest.mark.parametrize("answer", [away, problem(400, "x")], ids=["away", "refused"])
    async def test_say_that_there_is_none(self, answer: Answer) -> None:
        with pytest.raises(TokenUnavailable):
            await tokens(answer).get()
