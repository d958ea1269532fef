"""Legal holds over HTTP, on a real PostgreSQL."""

from typing import Any
from uuid import uuid4

import orjson
import pytest

from builders_audit import CASE, OTHER_CASE, Desk, journey
from builders_contracts import a_case_opened, an_id
from identities import MEMBERS

SELLER = an_id("sel")
INES, IVO = f"compliance:{MEMBERS['ines']}", f"compliance:{MEMBERS['ivo']}"


async def place(desk: Desk, *, by: str = "ines", **scope: str) -> Any:  # noqa: ANN401 - an answer
    body = {"marketplace": "harbour", "reason": "litigation", **scope}
    headers = desk.identities.headers(by) | {"idempotency-key": uuid4().hex}
    return await desk.client.post("/v1/holds", json=body, headers=headers)


async def release(desk: Desk, hold: str, *, by: str) -> Any:  # noqa: ANN401 - an answer
    headers = desk.identities.headers(by)
    return await desk.client.post(f"/v1/holds/{hold}/release", headers=headers)


async def standing(desk: Desk, query: str = "", *, by: str = "ines") -> list[str]:
    answer = await desk.get(f"/v1/holds{query}", by=by)
    assert answer.status_code == 200, answer.text
    return [hold["id"] for hold in answer.json()["items"]]


async def leaves(desk: Desk) -> list[dict[str, Any]]:
    """Return audit's own leaves about holds: what was said, and by whom."""
    await desk.log.sequence()
    rows = await desk.log.rows(
        "select l.type, l.subject, l.leaf, b.payload from leaves l join bodies b using (idx)"
        " where l.type like 'audit.hold%' order by idx"
    )
    return [
        {"type": type_, "subject": subject, "actor": orjson.loads(leaf)["actor"]}
        | orjson.loads(payload)
        for type_, subject, leaf, payload in rows
    ]


class TestPlacing:
    async def test_stands_with_the_first_word_and_is_confirmed_by_another(self, desk: Desk) -> None:
        placed = await place(desk, seller=SELLER)
        stood = await standing(desk)
        confirmed = await place(desk, seller=SELLER, by="ivo")

        assert (placed.status_code, placed.json()["state"]) == (201, "placed")
        assert stood == [placed.json()["id"]]
        assert (confirmed.status_code, confirmed.json()["state"]) == (200, "confirmed")
        assert confirmed.json()["id"] == placed.json()["id"]
        assert (confirmed.json()["placed_by"], confirmed.json()["approved_by"]) == (INES, IVO)

    async def test_twice_by_one_person_is_one_unconfirmed_hold(self, desk: Desk) -> None:
        first = (await place(desk, seller=SELLER)).json()

        again = await place(desk, seller=SELLER)

        assert (again.status_code, again.json()) == (200, first)

    async def test_of_a_case_names_its_seller(self, desk: Desk) -> None:
        await desk.log.log(*journey(a_case_opened()))

        placed = await place(desk, case=CASE)

        assert placed.json()["case"] == CASE
        assert await standing(desk, f"?seller={SELLER}") == [placed.json()["id"]]
        assert await standing(desk, f"?seller={an_id('sel', 2)}") == []

    async def test_of_an_unknown_case_is_not_found(self, desk: Desk) -> None:
        assert (await place(desk, case=OTHER_CASE)).status_code == 404

    @pytest.mark.parametrize(
        ("scope", "pointer"),
        [
            ({}, "/seller"),
            ({"seller": SELLER, "case": CASE}, "/seller"),
            ({"seller": SELLER, "reason": "because"}, "/reason"),
        ],
    )
    async def test_needs_one_scope_and_a_reason(
        self, scope: dict[str, str], pointer: str, desk: Desk
    ) -> None:
        refused = await place(desk, **scope)

        assert refused.status_code == 422
        assert refused.json()["errors"][0]["pointer"] == pointer

    async def test_is_for_compliance_of_the_marketplace(self, desk: Desk) -> None:
        assert (await place(desk, seller=SELLER, by="mara")).status_code == 403
        assert (await place(desk, seller=SELLER, marketplace="bazaar")).status_code == 404


class TestReleasing:
    async def test_takes_two_people(self, desk: Desk) -> None:
        hold = (await place(desk, seller=SELLER)).json()["id"]

        asked = await release(desk, hold, by="ines")
        again = await release(desk, hold, by="ines")
        stood = await standing(desk)
        done = await release(desk, hold, by="ivo")

        assert [answer.status_code for answer in (asked, again, done)] == [202, 202, 200]
        assert stood == [hold]
        assert done.json()["state"] == "released"
        assert await standing(desk) == []
        assert await standing(desk, "?released=true") == [hold]

    async def test_of_what_nobody_knows_is_not_found(self, desk: Desk) -> None:
        for hold in ("hld_01m80000000000000000000000", "hld", CASE):
            assert (await release(desk, hold, by="ines")).status_code == 404

    async def test_leaves_a_leaf_and_so_does_placing(self, desk: Desk) -> None:
        hold = (await place(desk, seller=SELLER)).json()["id"]
        await place(desk, seller=SELLER, by="ivo")
        await release(desk, hold, by="ines")
        await release(desk, hold, by="ivo")

        told = await leaves(desk)

        assert [(one["type"], one["actor"], one.get("confirmed")) for one in told] == [
            ("audit.hold_placed.v1", INES, False),
            ("audit.hold_placed.v1", IVO, True),
            ("audit.hold_released.v1", IVO, None),
        ]
        assert {(one["hold"], one["subject"]) for one in told} == {(hold, SELLER)}
        assert told[-1]["requested_by"] == INES


class TestListing:
    async def test_tells_the_vault_what_keeps_a_seller(self, desk: Desk) -> None:
        hold = (await place(desk, seller=SELLER)).json()["id"]
        query = f"?marketplace=harbour&seller={SELLER}"

        assert await standing(desk, query, by="service-vault") == [hold]
        assert (await desk.get(f"/v1/holds{query}", by="service-router")).status_code == 403
        assert (await desk.get("/v1/holds", by="service-vault")).status_code == 403

    async def test_shows_nothing_of_another_marketplace(self, desk: Desk) -> None:
        await place(desk, seller=SELLER)

        headers = desk.identities.headers("ines", marketplaces=["bazaar"])
        answer = await desk.client.get("/v1/holds", headers=headers)

        assert answer.json() == {"items": []}
