"""What every service shows beside its own routes."""

from collections.abc import AsyncIterator
from pathlib import Path

import httpx
import pytest
from fastapi import APIRouter, FastAPI
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncEngine
from structlog.testing import capture_logs

from bells import a_record, rows
from builders_contracts import an_id
from chassis import http
from chassis.http import Check, NestedRouter, RouteWithoutAction
from chassis.problems import Problem, TableContradicts
from chassis.quarantine import storable
from porch import BellIsBroken, Porch, file_one, open_porch

OPTIONS = http.fastapi_options(title="porch", summary="Tests.", version="1")


@pytest.fixture
async def porch(engine: AsyncEngine, tmp_path: Path) -> AsyncIterator[Porch]:
    async with open_porch(engine, tmp_path) as running:
        yield running


class TestPages:
    async def test_are_there_for_anyone(self, porch: Porch) -> None:
        paths = ["/healthz", "/readyz", "/metrics", "/version", "/problems/not-found", "/docs"]

        answers = [await porch.client.get(path) for path in [*paths, "/openapi.json"]]

        assert {answer.status_code for answer in answers} == {200}

    @pytest.mark.parametrize("path", ["/healthz", "/readyz", "/metrics"])
    async def test_are_counted_by_their_names_and_not_logged(self, path: str, porch: Porch) -> None:
        with capture_logs() as logged:
            await porch.client.get(path)

        counted = (await porch.client.get("/metrics")).text
        assert f'http_requests_total{{method="GET",route="{path}",status="200"}}' in counted
        assert [line for line in logged if line["event"] == "request"] == []

    async def test_protect_whoever_reads_them(self, porch: Porch) -> None:
        answer = await porch.client.get("/healthz")

        assert answer.headers["x-content-type-options"] == "nosniff"
        assert answer.headers["content-security-policy"].startswith("default-src 'none'")
        assert answer.headers["cache-control"] == "no-store"

    async def test_load_nothing_from_elsewhere(self, porch: Porch) -> None:
        page = (await porch.client.get("/docs")).text

        assert "<script" not in page
        assert "http://" not in page
        assert "https://" not in page

    async def test_that_do_not_exist_are_problems_too(self, porch: Porch) -> None:
        missing = await porch.client.get("/v2/nothing")
        wrong = await porch.client.delete("/v1/cases")

        assert (missing.status_code, missing.json()["code"]) == (404, "not-found")
        assert (wrong.status_code, wrong.json()["code"]) == (405, "method-not-allowed")

    async def test_count_by_template_not_by_path(self, porch: Porch) -> None:
        case = (await file_one(porch)).json()["id"]
        await porch.client.get(f"/v1/cases/{case}", headers=porch.as_("ines"))

        figures = (await porch.client.get("/metrics")).text

        assert 'route="/v1/cases/{case_id}"' in figures
        assert case not in figures

    async def test_take_a_request_id_only_if_it_is_like_ours(self, porch: Porch) -> None:
        ours = an_id("req", 5)

        kept = await porch.client.get("/healthz", headers={"x-request-id": ours})
        replaced = await porch.client.get("/healthz", headers={"x-request-id": 'x"}\n{"forged'})

        assert kept.headers["x-request-id"] == ours
        assert replaced.headers["x-request-id"].startswith("req_")


class TestReadyz:
    async def test_is_degraded_by_what_it_can_do_without(self, porch: Porch) -> None:
        answer = await self.asked(porch, required=False)

        assert answer.status_code == 200
        assert answer.json() == {"status": "degraded", "problems": {"broker": "is away"}}

    async def test_is_not_ready_without_what_it_needs(self, porch: Porch) -> None:
        answer = await self.asked(porch, required=True)

        assert answer.status_code == 503

    async def asked(self, porch: Porch, *, required: bool) -> httpx.Response:
        async def away() -> str:
            return "is away"

        checks = porch.desk.checks
        assert isinstance(checks, dict)
        checks["broker"] = Check(ask=away, required=required)
        return await porch.client.get("/readyz")


class TestInstall:
    def test_refuses_a_route_without_an_action(self) -> None:
        router = APIRouter()

        @router.get("/open")
        async def forgotten() -> None: ...

        with pytest.raises(RouteWithoutAction):
            http.install(FastAPI(**OPTIONS), routers=(router,), problems={})

    def test_refuses_a_router_it_cannot_look_into(self) -> None:
        outer = APIRouter()
        outer.include_router(APIRouter())

        with pytest.raises(NestedRouter):
            http.install(FastAPI(**OPTIONS), routers=(outer,), problems={})

    def test_refuses_another_meaning_of_a_common_code(self) -> None:
        table: dict[type[Exception], Problem] = {BellIsBroken: Problem("not-found", "Gone", 410)}

        with pytest.raises(TableContradicts):
            http.install(FastAPI(**OPTIONS), routers=(), problems=table)


class TestOpenapi:
    async def test_says_problems_headers_and_roles_of_each_route(self, porch: Porch) -> None:
        document = (await porch.client.get("/openapi.json")).json()

        filing = document["paths"]["/v1/cases"]["post"]
        assert filing["operationId"] == "file_case"
        assert filing["x-roles"] == ["front_end", "seller"]
        assert {"400", "401", "403", "404", "409", "413", "415", "422", "503"} <= set(
            filing["responses"]
        )
        keys = [p for p in filing["parameters"] if p["name"] == "Idempotency-Key"]
        assert [key["required"] for key in keys] == [True]
        crash = document["paths"]["/v1/crashes/{how}"]["post"]
        assert "bell-is-broken" in crash["responses"]["409"]["description"]
        assert "HTTPValidationError" not in str(document)


class TestLists:
    async def test_go_on_where_they_stopped(self, porch: Porch) -> None:
        filed = {(await file_one(porch, key=f"k{n}")).json()["id"] for n in range(5)}
        headers, seen, url = porch.as_("ines"), [], "/v1/cases?limit=2"

        while url:
            answer = await porch.client.get(url, headers=headers)
            seen += [item["id"] for item in answer.json()["items"]]
            url = answer.links.get("next", {}).get("url", "")

        assert len(seen) == len(filed) == len(set(seen))

    @pytest.mark.parametrize("query", ["limit=0", "limit=201", "limit=x", "cursor=!", "cursor=e30"])
    async def test_refuse_odd_questions(self, porch: Porch, query: str) -> None:
        answer = await porch.client.get(f"/v1/cases?{query}", headers=porch.as_("ines"))

        assert answer.status_code == 422
        assert answer.json()["errors"][0]["pointer"] in {"/query/limit", "/query/cursor"}


class TestOps:
    async def test_are_for_operators(self, porch: Porch) -> None:
        answers = [
            await porch.client.get("/ops/parked", headers=porch.as_(who))
            for who in ("mara", "ines", "harbour-front-end", "service-router", "olga")
        ]

        assert [answer.status_code for answer in answers] == [403, 403, 403, 403, 200]

    async def test_show_what_waits_and_try_it_again(
        self, porch: Porch, engine: AsyncEngine
    ) -> None:
        await park(engine)
        headers = porch.as_("olga")

        (shown,) = (await porch.client.get("/ops/parked", headers=headers)).json()["items"]
        answer = await porch.client.post(f"/ops/parked/{shown['id']}/retry", headers=headers)

        assert (shown["reason"], shown["state"], shown["offset"]) == ("failed", "dead", 3)
        assert (answer.status_code, answer.json()) == (200, {"subject": "front"})
        assert await rows(engine, "select state from parked_event") == [("waiting",)]

    @pytest.mark.parametrize("parked_id", ["x", "hall~bells.v1~0~99", "hall~bells.v1~a~b", "~~~"])
    async def test_do_not_find_what_is_not_parked(self, porch: Porch, parked_id: str) -> None:
        answer = await porch.client.post(
            f"/ops/parked/{parked_id}/retry", headers=porch.as_("olga")
        )

        assert answer.status_code == 404

    async def test_show_the_outbox_and_publish_again(
        self, porch: Porch, engine: AsyncEngine
    ) -> None:
        case = (await file_one(porch)).json()["id"]
        headers = porch.as_("service-router")
        pending = await porch.client.get("/ops/outbox", headers=porch.as_("olga"))
        heads = await porch.client.get("/ops/outbox/heads", headers=headers)
        async with engine.begin() as relay:
            await relay.execute(text("delete from outbox_pending"))

        wanted = {"topic": "cases.v1", "subject": case, "from_sequence": 1}
        again = await porch.client.post("/ops/outbox/republish", json=wanted, headers=headers)
        none = await porch.client.post(
            "/ops/outbox/republish", json=wanted | {"from_sequence": 2}, headers=headers
        )

        assert [item["subject"] for item in pending.json()["items"]] == [case]
        assert [item["last_sequence"] for item in heads.json()["items"]] == [1]
        assert (again.status_code, again.json()) == (200, {"events": 1})
        assert none.status_code == 404
        assert len(await rows(engine, "select * from outbox_pending")) == 1

    async def test_show_what_is_no_event(self, porch: Porch, engine: AsyncEngine) -> None:
        async with engine.begin() as connection:
            await connection.execute(
                text(
                    "insert into quarantine values"
                    " ('cases.v1', 2, 7, '{}', '\\x00ff', 'no ce_id', now())"
                )
            )

        (shown,) = (await porch.client.get("/ops/quarantine", headers=porch.as_("olga"))).json()[
            "items"
        ]

        assert (shown["partition"], shown["offset"], shown["size"]) == (2, 7, 2)
        assert "raw" not in shown


async def park(engine: AsyncEngine) -> None:
    record = a_record(sequence=3)
    async with engine.begin() as connection:
        await connection.execute(
            text(
                "insert into parked_event (consumer, src_topic, src_partition, src_offset,"
                " producer, subject, sequence, headers, raw, reason, state, attempts,"
                " next_attempt_at, first_failed_at, timestamp_ms) values ('hall', 'bells.v1', 0,"
                " 3, 'porch', 'front', 3, cast(:headers as jsonb), :raw, 'failed', 'dead', 1,"
                " now(), now(), 0)"
            ),
            {"headers": storable(record.headers), "raw": record.value},
        )
