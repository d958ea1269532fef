"""Door 1 from outside: who is let in, what bad input gets, what is shown of failures."""

import json
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings, strategies as st
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncEngine, create_async_engine

from bells import rows, written
from builders_contracts import an_id
from chassis.relay import publish_some
from corner import a_taker
from porch import Porch, a_filing, file_one, open_porch

JSON = {"content-type": "application/json"}
POSTS = ("/v1/cases", "/v1/previews")


@pytest.fixture
async def porch(engine: AsyncEngine, tmp_path: Path) -> AsyncIterator[Porch]:
    async with open_porch(engine, tmp_path) as running:
        yield running


def filing_with(member: str) -> bytes:
    """Write a filing with one member as it stands, whatever JSON libraries would say."""
    whole = json.dumps(a_filing()).removesuffix("}")
    return f"{whole}, {member}}}".encode("utf-8", "surrogatepass")


TABLE = {
    "NUL": (filing_with('"facts": {"a": "\\u0000"}'), 400, "malformed-json"),
    "surrogate": (filing_with('"facts": {"a": "\\ud800"}'), 400, "malformed-json"),
    "NaN in a float": (filing_with('"score": NaN'), 400, "malformed-json"),
    "1e999 in a float": (filing_with('"score": 1e999'), 400, "malformed-json"),
    "NaN in an object": (filing_with('"facts": {"a": NaN}'), 400, "malformed-json"),
    "5,000 digits": (filing_with(f'"score": {"9" * 5000}'), 400, "malformed-json"),
    "duplicate keys": (filing_with('"external_ref": "B"'), 400, "malformed-json"),
    "UTF-16": (json.dumps(a_filing()).encode("utf-16"), 400, "malformed-json"),
    "BOM": (b"\xef\xbb\xbf" + filing_with('"score": 1.5'), 400, "malformed-json"),
    "100,000 deep, too long besides": (b'{"a":' * 100_000, 413, "too-large"),
    "100,000 deep": (b"[" * 100_000, 400, "malformed-json"),
    "unknown field": (filing_with('"role": "admin"'), 422, "invalid-body"),
    "20 MB": (filing_with(f'"facts": {{"a": "{"x" * 20_000_000}"}}'), 413, "too-large"),
    "nothing": (b"", 422, "invalid-body"),
    "a list": (b"[]", 422, "invalid-body"),
    "2^53": (filing_with('"facts": {"a": 9007199254740993}'), 422, "invalid-body"),
    "a number as text": (
        filing_with('"amount": {"amount_minor": "7", "currency": "GBP"}'),
        422,
        "invalid-body",
    ),
    "a day as a number": (filing_with('"since": 20261122'), 422, "invalid-body"),
}


class TestBadBodies:
    @pytest.mark.parametrize("path", POSTS)
    async def test_get_their_status(self, porch: Porch, engine: AsyncEngine, path: str) -> None:
        """#100: every body of the table in security.md §3, on every sort of POST."""
        headers = porch.as_("harbour-front-end") | JSON | {"idempotency-key": "k"}

        answers = {
            name: await porch.client.post(path, content=body, headers=headers)
            for name, (body, _, _) in TABLE.items()
        }

        wanted = {name: (status, code) for name, (_, status, code) in TABLE.items()}
        assert {n: (a.status_code, a.json()["code"]) for n, a in answers.items()} == wanted
        kinds = {answer.headers["content-type"] for answer in answers.values()}
        assert kinds == {"application/problem+json"}
        assert await written(engine) == []

    async def test_are_pointed_at_but_not_repeated(self, porch: Porch) -> None:
        filing = a_filing(
            external_ref="canary 7f3a", amount={"amount_minor": -1, "currency": "canary-7f3a"}
        )
        headers = porch.as_("harbour-front-end") | {"idempotency-key": "k"}

        answer = await porch.client.post("/v1/cases", json=filing, headers=headers)

        pointers = {error["pointer"] for error in answer.json()["errors"]}
        assert pointers == {"/external_ref", "/amount/amount_minor", "/amount/currency"}
        assert "7f3a" not in answer.text

    async def test_with_account_numbers_are_refused(self, porch: Porch) -> None:
        headers = porch.as_("harbour-front-end") | {"idempotency-key": "k"}
        filing = a_filing(external_ref="PO-4111-1111-1111-1111")

        answer = await porch.client.post("/v1/cases", json=filing, headers=headers)

        assert answer.status_code == 422
        assert answer.json()["errors"][0]["pointer"] == "/external_ref"

    async def test_never_lead_to_a_failure_of_ours(self, porch: Porch) -> None:
        """500 generated texts: whole bodies, and members put into a good one."""
        headers = porch.as_("harbour-front-end") | JSON | {"idempotency-key": "k"}
        texts: list[bytes] = []
        collect(texts)

        statuses = {
            (await porch.client.post("/v1/cases", content=each, headers=headers)).status_code
            for each in texts
        }

        assert len(texts) >= 500
        assert statuses <= {201, 400, 413, 422}


_ODD = st.sampled_from(
    ['"\\u0000"', '"\\ud800"', "NaN", "1e999", "9" * 400, "[" * 64, "{}", "null", "-0", '"x"', "1"]
)
_VALUES = _ODD | st.text(max_size=8).map(json.dumps) | st.integers().map(str)
_NAMES = st.sampled_from(["score", "facts", "external_ref", "amount", "since", "description", "x"])
_BODIES = st.tuples(_NAMES, _VALUES).map(lambda pair: filing_with(f'"{pair[0]}": {pair[1]}')) | (
    _VALUES.map(lambda value: value.encode("utf-8", "surrogatepass"))
)


def collect(texts: list[bytes]) -> None:
    """Draw texts first and send them afterwards: Hypothesis does not run on our loop."""

    @given(some=st.lists(_BODIES, min_size=10, max_size=10))
    @settings(
        max_examples=50,
        derandomize=True,
        deadline=None,
        database=None,
        suppress_health_check=list(HealthCheck),
    )
    def draw(some: list[bytes]) -> None:
        texts.extend(some)

    draw()


class TestIdentity:
    async def test_is_required(self, porch: Porch) -> None:
        wrong = [None, "", "Bearer", "Bearer ", "Basic x", "Bearer x"]

        answers = [
            await porch.client.get(
                "/v1/cases", headers={} if one is None else {"authorization": one}
            )
            for one in wrong
        ]

        assert {answer.status_code for answer in answers} == {401}
        assert {answer.json()["code"] for answer in answers} == {"unauthenticated"}
        assert all(answer.headers["www-authenticate"] for answer in answers)

    async def test_has_a_role_for_it(self, porch: Porch) -> None:
        answer = await porch.client.get("/v1/cases", headers=porch.as_("olga"))

        assert (answer.status_code, answer.json()["code"]) == (403, "forbidden")

    async def test_says_who_it_is(self, porch: Porch) -> None:
        vague: list[dict[str, object]] = [
            {"member": None},
            {"roles": []},
            {"roles": ["agent", "front_end"]},
            {"sub": "a b"},
        ]

        answers = [
            await porch.client.get("/v1/cases", headers=porch.as_("mara", **changed))
            for changed in vague
        ]

        assert [answer.status_code for answer in answers] == [403, 403, 403, 403]

    async def test_of_another_marketplace_finds_nothing(self, porch: Porch) -> None:
        case = (await file_one(porch)).json()["id"]
        paths = [f"/v1/cases/{case}", f"/v1/cases/{an_id('case', 7)}", "/v1/cases/nonsense"]

        answers = [
            await porch.client.get(path, headers=porch.as_("bazaar-front-end")) for path in paths
        ]

        assert {answer.status_code for answer in answers} == {404}
        assert [answer.json()["code"] for answer in answers] == ["not-found"] * 3

    async def test_of_another_seller_finds_nothing(self, porch: Porch) -> None:
        case = (await file_one(porch)).json()["id"]

        async def sellers_of(*_: object) -> frozenset[str]:
            return frozenset({an_id("sel", 99)})

        porch.app.state.sellers_of = sellers_of
        answer = await porch.client.get(
            f"/v1/cases/{case}", headers=porch.as_("seller-clay-and-co")
        )

        assert answer.status_code == 404

    async def test_of_the_seller_finds_its_own(self, porch: Porch) -> None:
        case = (await file_one(porch)).json()["id"]

        async def sellers_of(*_: object) -> frozenset[str]:
            return frozenset({an_id("sel")})

        porch.app.state.sellers_of = sellers_of
        answer = await porch.client.get(
            f"/v1/cases/{case}", headers=porch.as_("seller-clay-and-co")
        )

        assert answer.status_code == 200
        assert answer.json()["description"] == {"masked": True, "class": "narrative"}

    async def test_that_is_known_but_not_allowed_is_told_so(self, porch: Porch) -> None:
        """Mara's team does not have the case: it is in no queue yet."""
        case = (await file_one(porch)).json()["id"]

        answer = await porch.client.post(f"/v1/cases/{case}/messages", headers=porch.as_("mara"))

        assert answer.status_code == 403

    async def test_with_the_clearance_sees_the_sealed_value(self, porch: Porch) -> None:
        case = (await file_one(porch)).json()["id"]

        answer = await porch.client.get(f"/v1/cases/{case}", headers=porch.as_("ines"))

        assert answer.json()["description"]["sealed"]


class TestUnknownIds:
    async def test_that_are_young_may_be_asked_for_again(self, porch: Porch) -> None:
        young = (await file_one(porch)).json()["id"][:-1]
        headers = porch.as_("harbour-front-end")
        known = await porch.client.get("/v1/cases", headers=headers)
        last = known.json()["items"][0]["id"][-1]
        unknown = young + ("0" if last != "0" else "1")

        answers = [
            await porch.client.get(f"/v1/cases/{id_}", headers=headers)
            for id_ in (unknown, an_id("case", 7), "case_nonsense")
        ]

        assert [answer.status_code for answer in answers] == [404, 404, 404]
        assert [answer.json()["retryable"] for answer in answers] == [True, False, False]


class TestFailures:
    @pytest.mark.parametrize("how", ["crash", "database"])
    async def test_show_nothing_but_the_request(
        self, porch: Porch, how: str, capsys: pytest.CaptureFixture[str]
    ) -> None:
        """#97: the error's text holds a canary; neither answer nor log may."""
        answer = await porch.client.post(
            f"/v1/crashes/{how}", headers=porch.as_("harbour-front-end")
        )

        assert (answer.status_code, answer.json()["code"]) == (500, "internal-error")
        assert answer.json()["request_id"] == answer.headers["x-request-id"]
        assert "7f3a" not in answer.text
        logged = capsys.readouterr().out
        assert "request_failed" in logged
        assert "7f3a" not in logged

    async def test_of_the_domain_have_their_problem(self, porch: Porch) -> None:
        answer = await porch.client.post("/v1/crashes/bell", headers=porch.as_("harbour-front-end"))

        assert (answer.status_code, answer.json()["code"]) == (409, "bell-is-broken")
        assert "7f3a" not in answer.text
        page = await porch.client.get(answer.json()["type"])
        assert "Knock." in page.text

    async def test_of_the_database_ask_to_come_again(self, tmp_path: Path) -> None:
        """#10: nobody listens on port 1. Writes and reads say 503, never 2xx, never 500."""
        nowhere = create_async_engine("postgresql+asyncpg://nobody@127.0.0.1:1/none")
        async with open_porch(nowhere, tmp_path) as porch:
            headers = porch.as_("harbour-front-end") | {"idempotency-key": "k"}
            filed = await porch.client.post("/v1/cases", json=a_filing(), headers=headers)
            read = await porch.client.get(f"/v1/cases/{an_id('case')}", headers=headers)
            ready = await porch.client.get("/readyz")
            alive = await porch.client.get("/healthz")

        assert (filed.status_code, read.status_code) == (503, 503)
        assert filed.headers["retry-after"] == "1"
        assert filed.json()["retryable"] is True
        assert (ready.status_code, alive.status_code) == (503, 200)

    async def test_that_are_cut_off_by_the_server_ask_to_come_again(
        self, porch: Porch, engine: AsyncEngine
    ) -> None:
        """The pool still believes in connections that the server has ended."""
        await file_one(porch)
        await engine.dispose()
        async with engine.connect() as killer:
            await file_one(porch, key="another")
            await killer.execute(
                text(
                    "select pg_terminate_backend(pid) from pg_stat_activity"
                    " where pid <> pg_backend_pid() and datname = current_database()"
                )
            )
            answers = [await file_one(porch, key=f"after-{n}") for n in range(4)]

        assert {answer.status_code for answer in answers} <= {201, 503}
        assert answers[-1].status_code == 201


class TestShedding:
    @pytest.mark.fault(23)
    async def test_refuses_work_while_too_much_waits(
        self, engine: AsyncEngine, tmp_path: Path
    ) -> None:
        """Refused at the limit, read meanwhile, accepted again once it has drained."""
        async with open_porch(engine, tmp_path, shed_limit=1) as porch:
            first = await file_one(porch)
            await porch.desk.shed.count(engine)
            refused = await file_one(porch, key="second")
            read = await porch.client.get(
                f"/v1/cases/{first.json()['id']}", headers=porch.as_("harbour-front-end")
            )
            await publish_some(engine, a_taker())
            await porch.desk.shed.count(engine)
            again = await file_one(porch, key="second")

        assert [answer.status_code for answer in (first, refused, read, again)] == [
            201,
            503,
            200,
            201,
        ]
        assert refused.headers["retry-after"] == "5"
        assert await rows(engine, WHERE_EVENTS_ARE) == [(2, 1, 1)]


WHERE_EVENTS_ARE = """
select (select count(*) from outbox), (select count(*) from outbox_sent),
       (select count(*) from outbox_pending)
"""
