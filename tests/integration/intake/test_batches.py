"""`POST /v1/case-batches`, against a real PostgreSQL."""

from typing import Any

import httpx
from sqlalchemy import text

from intake_stand import FRONT_END, SELLER, Stand, a_case

REPLAYED = "Idempotency-Replayed"
OPENED, CONTACT = "case.opened.v1", "seller.message_received.v1"


def one(number: int, **changes: Any) -> dict[str, Any]:  # noqa: ANN401 - any JSON
    """Return a case of a batch, of a seller of its own."""
    seller = {"ref": f"seller-{number % 3}", "tier": "smb", "region": "DE"}
    facts = a_case()["facts"] | {"payout_ref": f"PO-{number}"}
    whole = a_case(external_ref=f"HB-{number}", seller=seller, facts=facts) | changes
    return {name: value for name, value in whole.items() if name != "marketplace"}


async def post(
    stand: Stand,
    *cases: dict[str, Any],
    who: str = FRONT_END,
    key: str = "k1",
    **more: Any,  # noqa: ANN401 - any JSON
) -> httpx.Response:
    return await stand.client.post(
        "/v1/case-batches",
        json={"marketplace": "harbour", "cases": cases} | more,
        headers=stand.headers(who, Idempotency_Key=key),
    )


async def forget(stand: Stand, *, place: int) -> None:
    """Make it as if the batch had been cut off before this case."""
    wanted = text("delete from idempotency_key where key = :key returning 1")
    async with stand.engine.begin() as connection:
        gone = await connection.execute(wanted, {"key": f"k1/{place}"})
        assert gone.scalar_one() == 1


class TestBatch:
    async def test_answers_for_each_case(self, stand: Stand) -> None:
        response = await post(stand, *(one(number) for number in range(60)))

        assert response.status_code == 207, response.text
        items = response.json()["items"]
        assert [item["index"] for item in items] == [*range(60)]
        assert {item["status"] for item in items} == {201}
        assert [item["case"]["external_ref"] for item in items][:2] == ["HB-0", "HB-1"]
        assert len(await stand.events(OPENED)) == 60

    async def test_takes_more_than_a_single_filing_may_have(self, stand: Stand) -> None:
        words = "x" * 15_000

        larger = await post(stand, *(one(n, description=words) for n in range(20)))
        largest = await post(stand, *(one(n, description=words) for n in range(75)), key="k2")

        assert {item["status"] for item in larger.json()["items"]} == {201}
        assert (largest.status_code, largest.json()["code"]) == (413, "too-large")
        single = await stand.post(a_case(external_ref="HB-99", subject="x" * 260 * 1024))
        assert (single.status_code, single.json()["code"]) == (413, "too-large")

    async def test_refuses_a_case_by_itself_and_points_into_it(self, stand: Stand) -> None:
        await stand.filed(external_ref="HB-3")
        lacking = one(1, facts={"payout_ref": "PO-1"})

        response = await post(stand, one(0), lacking, one(2), one(3))

        items = response.json()["items"]
        assert [item["status"] for item in items] == [201, 422, 201, 409]
        assert (items[1]["code"], items[1]["case"]) == ("invalid-body", None)
        assert [error["pointer"] for error in items[1]["errors"]] == ["/cases/1/facts/amount"]
        assert items[3]["code"] == "already-on-file"
        assert items[3]["existing"].startswith("case_")

    async def test_refuses_a_case_that_is_too_large_for_an_event(self, stand: Stand) -> None:
        response = await post(stand, one(0, description="\U0001f3fa" * 20_000), one(1))

        items = response.json()["items"]
        assert [(item["status"], item["code"]) for item in items] == [
            (413, "too-large"),
            (201, None),
        ]
        assert len(await stand.events()) == 1

    async def test_adds_a_second_filing_on_a_subject_to_the_first(self, stand: Stand) -> None:
        response = await post(stand, one(0), one(0, external_ref="HB-9"))

        [first, second] = response.json()["items"]
        assert (first["status"], second["status"]) == (201, 200)
        assert (second["case"]["id"], second["case"]["merged"]) == (first["case"]["id"], True)
        assert len(await stand.events(CONTACT)) == 1

    async def test_again_under_its_key_files_nothing_twice(self, stand: Stand) -> None:
        cases = [one(number) for number in range(5)]
        first = await post(stand, *cases)

        again = await post(stand, *cases)

        assert (again.status_code, again.json()) == (207, first.json())
        assert (first.headers.get(REPLAYED), again.headers.get(REPLAYED)) == (None, "true")
        assert len(await stand.events()) == 5

    async def test_that_was_cut_off_goes_on_where_it_stopped(self, stand: Stand) -> None:
        cases = [one(number, external_ref=None) for number in range(3)]
        cases = [{n: v for n, v in case.items() if v is not None} for case in cases]
        first = (await post(stand, *cases)).json()["items"]
        await forget(stand, place=2)

        response = await post(stand, *cases)

        again = response.json()["items"]
        assert REPLAYED not in response.headers
        assert again[:2] == first[:2]
        assert (again[2]["status"], again[2]["case"]["id"]) == (200, first[2]["case"]["id"])
        assert len(await stand.events(OPENED)) == 3

    async def test_under_the_key_of_another_is_refused(self, stand: Stand) -> None:
        await post(stand, one(0))

        other = await post(stand, one(1))

        assert (other.status_code, other.json()["code"]) == (422, "idempotency-key-reused")
        assert len(await stand.events()) == 1

    async def test_belongs_to_its_incident(self, stand: Stand) -> None:
        parent = await stand.filed()

        response = await post(stand, one(1), one(2), parent=parent)

        assert [item["status"] for item in response.json()["items"]] == [201, 201]
        children = (await stand.get(f"/v1/cases/{parent}/children", who="sofia")).json()["items"]
        assert len(children) == 2

    async def test_of_no_incident_refuses_each_case(self, stand: Stand) -> None:
        response = await post(stand, one(1), parent="case_00000000000000000000000000")

        [item] = response.json()["items"]
        assert (item["status"], item["code"]) == (422, "not-of-this-case")
        assert await stand.events() == []


class TestBadBatches:
    async def test_file_nothing(self, stand: Stand) -> None:
        for cases, pointer in (
            ([], "/cases"),
            ([one(0), one(1) | {"role": "operator"}], "/cases/1/role"),
            ([one(0) | {"marketplace": "harbour"}], "/cases/0/marketplace"),
        ):
            response = await post(stand, *cases)

            assert response.status_code == 422
            assert [error["pointer"] for error in response.json()["errors"]] == [pointer]
        assert await stand.events() == []

    async def test_of_more_than_a_thousand_are_refused(self, stand: Stand) -> None:
        lean = {"seller": {"ref": "s", "tier": "smb", "region": "UK"}, "channel": "api"}

        response = await post(stand, *([lean | {"issue_type": "payout_hold"}] * 1001))

        assert (response.status_code, response.json()["errors"][0]["pointer"]) == (422, "/cases")

    async def test_need_a_key_and_a_front_end(self, stand: Stand) -> None:
        headers = stand.headers(FRONT_END)
        body = {"marketplace": "harbour", "cases": [one(0)]}

        keyless = await stand.client.post("/v1/case-batches", json=body, headers=headers)

        assert (keyless.status_code, keyless.json()["code"]) == (400, "idempotency-key-missing")
        assert (await post(stand, one(0), who=SELLER)).status_code == 403
        assert (await post(stand, one(0), who="bazaar-front-end")).status_code == 404
