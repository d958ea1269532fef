"""New cases of one chunk of a batch see each other, against a real PostgreSQL."""

from typing import Any

import httpx

from intake_stand import FRONT_END, Stand, a_case

OPENED = "case.opened.v1"
MARKS: dict[str, Any] = {"interface": "prices", "http_status": 429, "release": "R-2026.47"}


def fault(number: int, **facts: Any) -> dict[str, Any]:  # noqa: ANN401 - any JSON
    """Return a filing about the interface, each of a seller of its own."""
    return one(
        number,
        f"seller-{number}",
        issue_type="technical_integration",
        facts=MARKS | {"request_id": f"RQ-{number}"} | facts,
    )


def alarm(number: int, seller: str = "clay-and-co", **facts: Any) -> dict[str, Any]:  # noqa: ANN401 - any JSON
    """Return the same false alarm about one payout more."""
    about = {"payout_ref": f"PO-{number}", "hold_code": "charge_method"} | facts
    return one(number, seller, facts=a_case()["facts"] | about)


def one(number: int, seller: str, **changes: Any) -> dict[str, Any]:  # noqa: ANN401 - any JSON
    whole = a_case(
        external_ref=f"HB-{number}",
        seller={"ref": seller, "tier": "smb", "region": "DE"},
        evidence_on_file=None,
        **changes,
    )
    return {name: value for name, value in whole.items() if name != "marketplace"}


async def batch(stand: Stand, *cases: dict[str, Any], key: str = "k1") -> list[dict[str, Any]]:
    answer: httpx.Response = await stand.client.post(
        "/v1/case-batches",
        json={"marketplace": "harbour", "cases": cases},
        headers=stand.headers(FRONT_END, Idempotency_Key=key),
    )
    assert answer.status_code == 207, answer.text
    items: list[dict[str, Any]] = answer.json()["items"]
    return items


async def opened(stand: Stand) -> dict[str, dict[str, Any]]:
    return {one["external_ref"]: one for one in await stand.events(OPENED)}


class TestIncidentOfTheSameChunk:
    async def test_has_those_with_its_marks_below_it(self, stand: Stand) -> None:
        filed = await batch(stand, fault(1, sellers_affected=2000), fault(2), fault(3))

        incident, *others = (item["case"]["id"] for item in filed)
        below = (await stand.get(f"/v1/cases/{incident}/children", who="sofia")).json()["items"]
        assert sorted(case["id"] for case in below) == sorted(others)
        told = await opened(stand)
        assert told["HB-2"]["parent"] == told["HB-3"]["parent"] == incident
        assert "parent" not in told["HB-1"]

    async def test_is_proposed_for_those_that_share_some_marks(self, stand: Stand) -> None:
        filed = await batch(
            stand, fault(1, http_status=500), fault(2, sellers_affected=9), fault(3, release="R-1")
        )

        before, incident, after = (item["case"]["id"] for item in filed)
        place = f"/v1/cases/{incident}/proposed-children"
        proposed = (await stand.get(place, who="sofia")).json()["items"]
        assert {case["id"]: case["other"] for case in proposed} == {
            before: ["http_status"],
            after: ["release"],
        }

    async def test_leaves_others_alone_when_it_is_refused(self, stand: Stand) -> None:
        await stand.filed(external_ref="HB-1")

        filed = await batch(
            stand, fault(1, sellers_affected=2000), fault(2), fault(3, release="R-1")
        )

        assert [item["status"] for item in filed] == [409, 201, 201]
        told = await opened(stand)
        assert not {"parent", "matched"} & {*told["HB-2"], *told["HB-3"]}

    async def test_is_seen_once_however_often_the_batch_is_sent(self, stand: Stand) -> None:
        cases = (fault(1, sellers_affected=2000), fault(2))
        first = await batch(stand, *cases)

        again = await batch(stand, *cases)

        assert again == first
        assert len(await stand.events(OPENED)) == 2


class TestSameTroubleInOneChunk:
    async def test_is_named_newest_first_after_what_is_on_file(self, stand: Stand) -> None:
        old = (await stand.post(a_case(**alarm(1)))).json()["id"]

        filed = await batch(stand, alarm(2), alarm(3), alarm(4))

        second, third, _ = (item["case"]["id"] for item in filed)
        told = await opened(stand)
        assert told["HB-4"]["alike"] == [third, second, old]
        assert told["HB-2"]["alike"] == [old]

    async def test_is_never_another_sellers_nor_other_trouble(self, stand: Stand) -> None:
        await batch(stand, alarm(1, "pots-and-more"), alarm(2, hold_code="reserve"), alarm(3))

        assert "alike" not in (await opened(stand))["HB-3"]

    async def test_is_no_case_that_was_refused(self, stand: Stand) -> None:
        await stand.filed(external_ref="HB-1")

        filed = await batch(stand, alarm(1), alarm(2))

        assert [item["status"] for item in filed] == [409, 201]
        assert "alike" not in (await opened(stand))["HB-2"]
