"""Door 1: one transaction, one effect, one answer, whatever the client does."""

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncEngine

from bells import BY_TEST, pen_of, rows, written
from builders_contracts import a_route, an_id
from chassis import idempotency, ids, views
from chassis.door import open_door
from chassis.outbox import announce
from porch import Porch, a_filing, file_one, open_porch

MARA = "mara"


@pytest.fixture
async def porch(engine: AsyncEngine, tmp_path: Path) -> AsyncIterator[Porch]:
    async with open_porch(engine, tmp_path) as running:
        yield running


async def route(engine: AsyncEngine, case: str) -> None:
    """Let the service hear that the case is routed, as its consumer would."""
    async with open_door(engine, pen=pen_of("router"), journey=BY_TEST) as tx:
        await views.lock(tx, case)
        announce(tx, a_route(), subject=case)


class TestWrite:
    async def test_answers_with_what_it_committed(self, porch: Porch, engine: AsyncEngine) -> None:
        answer = await file_one(porch)

        case = answer.json()["id"]
        assert answer.status_code == 201
        assert answer.headers["location"] == f"/v1/cases/{case}"
        assert answer.headers["etag"] == '"1"'
        assert answer.headers["sellerworks-position"] == "intake=1"
        assert [record.headers["ce_subject"] for record in await written(engine)] == [case]
        assert (await written(engine))[0].headers["ce_requestid"] == answer.headers["x-request-id"]
        assert (await written(engine))[0].headers["ce_actor"] == "front_end:harbour-front-end"

    async def test_never_reports_success_for_a_failed_commit(self, porch: Porch) -> None:
        """A dependency that commits after the answer would have said 201 here."""
        headers = porch.as_("harbour-front-end") | {"idempotency-key": "k"}

        answer = await porch.client.post("/v1/deferred", headers=headers)

        assert answer.status_code == 500
        assert answer.json()["code"] == "internal-error"

    async def test_finds_the_case_of_an_object(self, porch: Porch) -> None:
        case = (await file_one(porch)).json()["id"]

        answer = await porch.client.post("/v1/things/known", headers=porch.as_("harbour-front-end"))

        assert answer.json() == {"done": case}
        assert answer.headers["sellerworks-position"] == "intake=1"


class TestIdempotencyKey:
    async def test_gives_the_same_answer_again(self, porch: Porch, engine: AsyncEngine) -> None:
        first = await file_one(porch)
        second = await file_one(porch)

        assert second.status_code == 201
        assert second.content == first.content
        assert second.headers["idempotency-replayed"] == "true"
        for header in ("location", "etag", "sellerworks-position", "content-type"):
            assert second.headers[header] == first.headers[header]
        assert len(await written(engine)) == 1

    async def test_has_one_effect_for_ten_at_once(self, porch: Porch, engine: AsyncEngine) -> None:
        answers = await asyncio.gather(*(file_one(porch) for _ in range(10)))

        assert {answer.status_code for answer in answers} == {201}
        assert len({answer.content for answer in answers}) == 1
        assert sum("idempotency-replayed" not in answer.headers for answer in answers) == 1
        assert len(await written(engine)) == 1

    async def test_refuses_another_body(self, porch: Porch, engine: AsyncEngine) -> None:
        await file_one(porch)
        headers = porch.as_("harbour-front-end") | {"idempotency-key": "key-1"}

        other = a_filing(description="Another.")
        answer = await porch.client.post("/v1/cases", json=other, headers=headers)

        assert (answer.status_code, answer.json()["code"]) == (422, "idempotency-key-reused")
        assert len(await written(engine)) == 1

    async def test_is_required_where_something_is_made(self, porch: Porch) -> None:
        token = porch.as_("harbour-front-end")["authorization"].encode()
        keys = [None, b"", b"x" * 256, b"a b", "é".encode()]

        answers = [
            await porch.client.post(
                "/v1/cases",
                json=a_filing(),
                headers={b"authorization": token, **({b"idempotency-key": key} if key else {})},
            )
            for key in keys
        ]

        assert {answer.status_code for answer in answers} == {400}
        assert {answer.json()["code"] for answer in answers} == {"idempotency-key-missing"}

    async def test_is_nobody_elses(self, porch: Porch, engine: AsyncEngine) -> None:
        """The same key of two marketplaces, and of two principals, are three keys."""
        for name, marketplace in [
            ("harbour-front-end", "harbour"),
            ("harbour-front-end", "harbour-demo"),
            ("bazaar-front-end", "bazaar"),
        ]:
            headers = porch.as_(name) | {"idempotency-key": "same"}
            filing = a_filing(marketplace=marketplace)
            answer = await porch.client.post("/v1/cases", json=filing, headers=headers)
            assert answer.status_code == 201

        assert len(await written(engine)) == 3

    async def test_tells_the_second_that_the_first_still_runs(
        self, porch: Porch, engine: AsyncEngine
    ) -> None:
        await file_one(porch, key="other")
        async with engine.begin() as first:
            await first.execute(
                text(
                    "insert into idempotency_key (marketplace, principal, route, key, fingerprint,"
                    " created_at) select marketplace, principal, route, 'held', fingerprint, now()"
                    " from idempotency_key"
                )
            )
            answer = await file_one(porch, key="held")

        assert (answer.status_code, answer.json()["code"]) == (409, "idempotency-in-flight")
        assert answer.headers["retry-after"] == "1"
        assert answer.json()["retryable"] is True

    @pytest.mark.fault(1)
    async def test_tells_so_within_two_seconds_where_the_first_holds_the_case(
        self, porch: Porch
    ) -> None:
        """It would have waited for the case, for as long as a statement may take, and got a 503."""
        case = (await file_one(porch)).json()["id"]
        headers = porch.as_("harbour-front-end") | {"idempotency-key": "k"}
        url, loop = f"/v1/cases/{case}/lingering", asyncio.get_running_loop()
        asking = asyncio.create_task(porch.client.post(url, headers=headers))
        async with asyncio.timeout(5):
            await porch.app.state.lingering.wait()

        started = loop.time()
        second = await porch.client.post(url, headers=headers)
        took = loop.time() - started
        porch.app.state.let_go.set()
        first = await asking
        third = await porch.client.post(url, headers=headers)

        assert (second.status_code, second.json()["code"]) == (409, "idempotency-in-flight")
        assert took < 3.5
        assert first.status_code == 200
        assert third.headers["idempotency-replayed"] == "true"

    async def test_is_free_again_after_a_refusal(self, porch: Porch) -> None:
        headers = porch.as_("harbour-front-end") | {"idempotency-key": "k"}
        foreign = a_filing(marketplace="bazaar")
        assert (
            await porch.client.post("/v1/cases", json=foreign, headers=headers)
        ).status_code == 404

        answer = await porch.client.post("/v1/cases", json=a_filing(), headers=headers)

        assert answer.status_code == 201

    async def test_is_ignored_by_what_stores_nothing(
        self, porch: Porch, engine: AsyncEngine
    ) -> None:
        headers = porch.as_("harbour-front-end") | {"idempotency-key": "k"}
        for words in ("one", "two"):
            filing = a_filing(description=words)
            answer = await porch.client.post("/v1/previews", json=filing, headers=headers)
            assert answer.json() == {"done": words}

        assert await rows(engine, "select * from idempotency_key") == []

    async def test_keeps_nothing_by_which_a_seller_is_known(
        self, porch: Porch, engine: AsyncEngine
    ) -> None:
        headers = porch.as_("seller-clay-and-co") | {"idempotency-key": "k"}
        await porch.client.post("/v1/cases", json=a_filing(), headers=headers)

        kept = str(await rows(engine, "select * from idempotency_key"))

        assert "seller:" in kept
        assert "clay" not in kept

    async def test_is_forgotten_after_a_week(self, porch: Porch, engine: AsyncEngine) -> None:
        await file_one(porch, key="old")
        async with engine.begin() as later:
            week = "update idempotency_key set created_at = now() - interval '7 days 1 minute'"
            await later.execute(text(week))
        await file_one(porch, key="young")

        async with open_door(engine, pen=pen_of("intake"), journey=BY_TEST) as tx:
            more = await idempotency.forget(tx)

        assert more is False
        assert await rows(engine, "select key from idempotency_key") == [("young",)]

    async def test_of_an_upload_compares_what_the_route_says(self, porch: Porch) -> None:
        headers = porch.as_("harbour-front-end") | {"idempotency-key": "k", "content-type": "x/y"}
        big = b"\xff" * 500_000

        first = await porch.client.post("/v1/files", content=big, headers=headers)
        other = await porch.client.post("/v1/files", content=b"x", headers=headers)

        assert first.json() == {"done": "500000"}
        assert other.json()["code"] == "idempotency-key-reused"


class TestIfMatch:
    async def test_is_required_to_put(self, porch: Porch) -> None:
        case = (await file_one(porch)).json()["id"]

        answer = await porch.client.put(
            f"/v1/cases/{case}/shelf", headers=porch.as_("harbour-front-end")
        )

        assert (answer.status_code, answer.json()["code"]) == (428, "precondition-required")

    async def test_holds_a_change_to_what_was_seen(self, porch: Porch) -> None:
        case = (await file_one(porch)).json()["id"]
        headers = porch.as_("harbour-front-end") | {"if-match": '"1"'}

        first = await porch.client.put(f"/v1/cases/{case}/shelf", headers=headers)
        second = await porch.client.put(f"/v1/cases/{case}/shelf", headers=headers)

        assert (first.status_code, first.headers["etag"]) == (200, '"2"')
        assert (second.status_code, second.json()["code"]) == (412, "precondition-failed")
        assert second.json()["current"] == '"2"'
        assert second.json()["last_event_here"]["actor"] == "front_end:harbour-front-end"

    async def test_does_not_stand_in_the_way_of_a_retry(self, porch: Porch) -> None:
        """The first try has changed the version; its retry must still get its answer."""
        case = (await file_one(porch)).json()["id"]
        headers = porch.as_("harbour-front-end") | {"if-match": '"1"', "idempotency-key": "k"}

        answers = [
            await porch.client.put(f"/v1/cases/{case}/shelf", headers=headers) for _ in range(2)
        ]

        assert [answer.status_code for answer in answers] == [200, 200]


class TestPosition:
    async def test_waits_until_the_service_has_heard(
        self, porch: Porch, engine: AsyncEngine
    ) -> None:
        case = (await file_one(porch)).json()["id"]
        headers = porch.as_("harbour-front-end") | {"sellerworks-after": "router=1,intake=1"}

        asking = asyncio.create_task(
            porch.client.post(f"/v1/cases/{case}/messages", headers=headers)
        )
        await asyncio.sleep(0)
        await hear(engine, case, "router", 1)
        porch.desk.changes.tell(case)
        answer = await asking

        assert answer.status_code == 200
        assert answer.headers["sellerworks-position"] == "intake=2"

    async def test_says_that_it_has_not_caught_up(self, porch: Porch) -> None:
        case = (await file_one(porch)).json()["id"]
        headers = porch.as_("harbour-front-end") | {"sellerworks-after": "router=1"}

        answer = await porch.client.post(f"/v1/cases/{case}/messages", headers=headers)

        assert (answer.status_code, answer.json()["code"]) == (409, "not-caught-up")
        assert answer.json()["retryable"] is True

    async def test_says_that_the_case_is_on_hold(self, porch: Porch, engine: AsyncEngine) -> None:
        case = (await file_one(porch)).json()["id"]
        await hold(engine, case)

        answers = [
            await porch.client.post(
                f"/v1/cases/{case}/messages", headers=porch.as_("harbour-front-end") | after
            )
            for after in ({"sellerworks-after": "router=1"}, {})
        ]

        assert [answer.json()["code"] for answer in answers] == ["case-on-hold", "case-on-hold"]

    async def test_must_be_written_well(self, porch: Porch) -> None:
        case = (await file_one(porch)).json()["id"]
        wrong = ["router", "router=x", "=1", "router=1;intake=2", "a" * 600]

        answers = [
            await porch.client.post(
                f"/v1/cases/{case}/messages",
                headers=porch.as_("harbour-front-end") | {"sellerworks-after": header},
            )
            for header in wrong
        ]

        assert {answer.status_code for answer in answers} == {422}


class TestPatientGuard:
    @pytest.mark.parametrize("raised_by", ["", "?domain"])
    async def test_looks_again_when_news_come(
        self, porch: Porch, engine: AsyncEngine, raised_by: str
    ) -> None:
        case = (await file_one(porch)).json()["id"]
        url = f"/v1/cases/{case}/closing{raised_by}"
        asking = asyncio.create_task(porch.client.post(url, headers=porch.as_("harbour-front-end")))
        async with asyncio.timeout(5):
            await porch.app.state.refused.wait()

        await route(engine, case)
        porch.desk.changes.tell(case)
        answer = await asking

        assert answer.status_code == 200

    async def test_says_after_a_second_what_would_be_allowed(self, porch: Porch) -> None:
        case = (await file_one(porch)).json()["id"]
        headers = porch.as_("harbour-front-end")
        loop = asyncio.get_running_loop()

        started = loop.time()
        answer = await porch.client.post(f"/v1/cases/{case}/closing", headers=headers)
        took = loop.time() - started

        body = answer.json()
        assert (answer.status_code, body["code"]) == (409, "not-allowed-now")
        assert (body["case_status"], body["allowed"]) == ("opened", ["wait"])
        assert 0.9 < took < 3

    async def test_is_not_needed_by_who_says_a_position(self, porch: Porch) -> None:
        case = (await file_one(porch)).json()["id"]
        headers = porch.as_("harbour-front-end") | {"sellerworks-after": "intake=1"}
        loop = asyncio.get_running_loop()

        started = loop.time()
        answer = await porch.client.post(f"/v1/cases/{case}/closing", headers=headers)

        assert answer.status_code == 409
        assert loop.time() - started < 0.9


async def hear(engine: AsyncEngine, case: str, producer: str, sequence: int) -> None:
    async with engine.begin() as connection:
        await connection.execute(
            text(
                "insert into inbox_cursor (consumer, producer, topic, subject, last_sequence,"
                " last_event_id) values ('intake', :producer, 'cases.v1', :case, :n, :id)"
            ),
            {"producer": producer, "case": case, "n": sequence, "id": ids.to_uuid(an_id("x"))},
        )


async def hold(engine: AsyncEngine, case: str) -> None:
    async with engine.begin() as connection:
        await connection.execute(
            text(
                "insert into inbox_subject (consumer, subject, blocked) values ('intake', :c, true)"
            ),
            {"c": case},
        )
