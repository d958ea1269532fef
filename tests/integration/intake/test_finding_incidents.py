"""Duplicates of an incident find it by themselves, against a real PostgreSQL."""

import asyncio
from typing import Any
from uuid import uuid4

import httpx
import pytest

from contracts import resolution
from intake_stand import FRONT_END, SELLER, Stand, a_case

OPENED, LINKED = "case.opened.v1", "case.linked.v1"
OTHER = a_case()["seller"] | {"ref": "pots-and-more"}
THIRD = a_case()["seller"] | {"ref": "third-kiln"}
ENDED = resolution.CaseResolved(outcome="fixed", root_cause="release", episode=0)
MARKS: dict[str, Any] = {"interface": "prices", "http_status": 429, "release": "R-2026.47"}


def a_fault(number: int, **facts: Any) -> dict[str, Any]:  # noqa: ANN401 - any JSON
    """Return a filing about the interface, of a seller that knows of itself."""
    given = MARKS | {"request_id": f"RQ-{number}"} | facts
    return a_case(
        external_ref=f"HB-{number}",
        issue_type="technical_integration",
        evidence_on_file=None,
        facts={name: value for name, value in given.items() if value is not None},
    )


async def an_incident(stand: Stand, **changes: Any) -> str:  # noqa: ANN401 - any JSON
    """File what a partner reports for two thousand sellers."""
    whole = a_fault(1, sellers_affected=2000) | {"seller": OTHER} | changes
    return await filed(stand, whole)


async def filed(stand: Stand, body: dict[str, Any], *, who: str = FRONT_END) -> str:
    answer = await stand.post(body, who=who)
    assert answer.status_code == 201, answer.text
    case: str = answer.json()["id"]
    return case


async def parent(stand: Stand, case: str) -> str | None:
    found: str | None = (await stand.get(f"/v1/cases/{case}")).json()["parent"]
    return found


async def listed(stand: Stand, incident: str, what: str) -> list[dict[str, Any]]:
    items: list[dict[str, Any]] = (
        await stand.get(f"/v1/cases/{incident}/{what}", who="sofia")
    ).json()["items"]
    return items


async def order(stand: Stand, case: str, what: str, **body: str) -> httpx.Response:
    headers = stand.headers("sofia", Idempotency_Key=uuid4().hex)
    answer = await stand.client.post(f"/v1/cases/{case}/{what}", json=body, headers=headers)
    assert answer.status_code == 200, answer.text
    return answer


class TestCaseWithTheMarksOfAnIncident:
    async def test_is_put_below_it_at_its_filing(self, stand: Stand) -> None:
        incident = await an_incident(stand)

        case = await filed(stand, a_fault(2))

        opened = (await stand.events(OPENED))[-1]
        assert opened["parent"] == incident
        assert opened["matched"] == [{"incident": incident, "same": [*MARKS], "other": []}]
        assert [one["id"] for one in await listed(stand, incident, "children")] == [case]
        assert await listed(stand, incident, "proposed-children") == []

    async def test_shows_its_seller_no_other_case(self, stand: Stand) -> None:
        incident = await an_incident(stand)

        answer = await stand.post(a_fault(2), who=SELLER)

        assert answer.status_code == 201, answer.text
        shown = [answer.text]
        for path in ("", "/status"):
            case = answer.json()["id"]
            shown.append((await stand.get(f"/v1/cases/{case}{path}", who=SELLER)).text)
        assert all(incident not in one for one in shown)
        for what in ("children", "proposed-children"):
            refused = await stand.get(f"/v1/cases/{incident}/{what}", who=SELLER)
            assert refused.status_code == 403

    async def test_goes_where_the_front_end_says(self, stand: Stand) -> None:
        await an_incident(stand)
        named = await stand.filed(external_ref="HB-9", seller=THIRD)

        case = await filed(stand, a_fault(2) | {"parent": named})

        assert await parent(stand, case) == named
        assert "matched" not in (await stand.events(OPENED))[-1]

    async def test_in_a_batch_is_put_below_it_too(self, stand: Stand) -> None:
        incident = await an_incident(stand)
        cases = [
            {name: value for name, value in a_fault(number).items() if name != "marketplace"}
            for number in (2, 3)
        ]

        answer = await stand.client.post(
            "/v1/case-batches",
            json={"marketplace": "harbour", "cases": cases},
            headers=stand.headers(FRONT_END, Idempotency_Key="k1"),
        )

        assert [item["status"] for item in answer.json()["items"]] == [201, 201]
        assert len(await listed(stand, incident, "children")) == 2

    async def test_is_still_the_same_case_when_it_is_filed_again(self, stand: Stand) -> None:
        await an_incident(stand)
        case = await filed(stand, a_fault(2))

        again = await stand.post(a_fault(3, request_id="RQ-2"))

        assert (again.status_code, again.json()["id"]) == (200, case)


class TestCaseWithSomeMarks:
    @pytest.mark.parametrize("facts", [{"release": None}, {"http_status": 500}])
    async def test_is_proposed_and_goes_its_own_way(
        self, stand: Stand, facts: dict[str, Any]
    ) -> None:
        incident = await an_incident(stand)

        case = await filed(stand, a_fault(2, **facts))

        [proposed] = await listed(stand, incident, "proposed-children")
        assert (proposed["id"], proposed["other"]) == (case, [*facts])
        assert (await parent(stand, case), await listed(stand, incident, "children")) == (None, [])
        assert (await stand.events(OPENED))[-1]["matched"][0]["incident"] == incident

    async def test_is_proposed_no_more_once_a_supervisor_has_linked_it(self, stand: Stand) -> None:
        incident = await an_incident(stand)
        case = await filed(stand, a_fault(2, release=None))

        await order(stand, case, "linking", parent=incident, reason="same_cause")

        assert await listed(stand, incident, "proposed-children") == []
        assert [one["id"] for one in await listed(stand, incident, "children")] == [case]

    async def test_is_proposed_no_more_once_a_supervisor_has_declined(self, stand: Stand) -> None:
        incident = await an_incident(stand)
        case = await filed(stand, a_fault(2, release=None))

        said = {"parent": incident, "reason": "another_cause"}
        answer = await order(stand, case, "linking-declination", **said)
        await order(stand, case, "linking-declination", **said)

        assert answer.json() == {"case": case, "declined": incident}
        assert await stand.events("case.link_declined.v1") == [said]
        assert await listed(stand, incident, "proposed-children") == []

    async def test_is_declined_by_a_supervisor_with_a_reason_of_the_playbook(
        self, stand: Stand
    ) -> None:
        incident = await an_incident(stand)
        case = await filed(stand, a_fault(2, release=None))
        other = await stand.filed(external_ref="HB-9")
        asked = (
            ("mara", case, incident, "another_cause", 403),
            ("sofia", case, incident, "because", 422),
            ("sofia", case, other, "another_cause", 422),
            ("sofia", other, incident, "another_cause", 422),
        )

        for who, child, above, reason, status in asked:
            headers = stand.headers(who, Idempotency_Key=uuid4().hex)
            path, body = f"/v1/cases/{child}/linking-declination", {"parent": above}
            answer = await stand.client.post(path, json=body | {"reason": reason}, headers=headers)
            assert answer.status_code == status, (who, child, above, reason)
        assert await stand.events("case.link_declined.v1") == []

    async def test_is_proposed_no_more_once_it_has_ended(self, stand: Stand) -> None:
        incident = await an_incident(stand)
        case = await filed(stand, a_fault(2, release=None))

        await stand.hear(case, ENDED)

        assert await listed(stand, incident, "proposed-children") == []


class TestIncident:
    @pytest.mark.parametrize(
        "other",
        [
            {"interface": "stock", "http_status": 500, "release": "R-2026.46"},
            dict.fromkeys(MARKS),
        ],
    )
    async def test_is_none_to_a_case_without_its_marks(
        self, stand: Stand, other: dict[str, Any]
    ) -> None:
        incident = await an_incident(stand)

        case = await filed(stand, a_fault(2, **other))

        assert await parent(stand, case) is None
        assert await listed(stand, incident, "proposed-children") == []

    async def test_is_no_case_that_only_its_seller_calls_one(self, stand: Stand) -> None:
        """Else one seller could gather others' cases below its own."""
        boast = a_fault(1, sellers_affected=2000)
        await filed(stand, boast, who=SELLER)

        case = await filed(stand, a_fault(2) | {"seller": OTHER})

        assert await parent(stand, case) is None

    async def test_is_put_below_no_other_by_itself(self, stand: Stand) -> None:
        """Whoever has just filed an incident names it as the parent of those it hit."""
        first = await an_incident(stand)

        second = await filed(stand, a_fault(2, sellers_affected=300) | {"seller": THIRD})
        below = await filed(stand, a_fault(3) | {"parent": second})

        assert (await parent(stand, second), await parent(stand, below)) == (None, second)
        [proposed] = await listed(stand, first, "proposed-children")
        assert (proposed["id"], proposed["other"]) == (second, [])

    async def test_asks_a_supervisor_about_those_who_had_reported_it_before(
        self, stand: Stand
    ) -> None:
        """Sellers see a fault first; that it hits many is known later."""
        same = await filed(stand, a_fault(2))
        some = await filed(stand, a_fault(3, release=None) | {"seller": THIRD})
        await filed(stand, a_fault(4, interface="stock", http_status=500, release=None))
        ended = await filed(stand, a_fault(5) | {"seller": OTHER | {"ref": "fourth"}})
        await stand.hear(ended, ENDED)

        incident = await an_incident(stand)

        proposed = await listed(stand, incident, "proposed-children")
        assert {one["id"]: one["other"] for one in proposed} == {same: [], some: ["release"]}
        assert await listed(stand, incident, "children") == []

    async def test_is_no_case_that_is_about_one_seller(self, stand: Stand) -> None:
        await filed(stand, a_fault(1, sellers_affected=1) | {"seller": OTHER})

        case = await filed(stand, a_fault(2))

        assert await parent(stand, case) is None

    async def test_is_any_case_that_another_was_linked_to_until_it_is_unlinked(
        self, stand: Stand
    ) -> None:
        first = await filed(stand, a_fault(1) | {"seller": OTHER})
        second = await filed(stand, a_fault(2) | {"seller": THIRD})
        await order(stand, second, "linking", parent=first, reason="same_cause")
        third = await filed(stand, a_fault(3))
        for case in (second, third):
            await order(stand, case, "unlinking", reason="linked_in_error")

        fourth = await filed(stand, a_fault(4))

        assert (await stand.events(OPENED))[2]["parent"] == first
        assert await parent(stand, fourth) is None

    @pytest.mark.parametrize("release", [MARKS["release"], None])
    async def test_that_has_ended_takes_nobody_in(self, stand: Stand, release: str | None) -> None:
        incident = await an_incident(stand)
        await stand.hear(incident, ENDED)

        await filed(stand, a_fault(2, release=release))

        assert not {"parent", "matched"} & (await stand.events(OPENED))[-1].keys()

    @pytest.mark.parametrize("release", [MARKS["release"], None])
    async def test_of_another_marketplace_is_none(self, stand: Stand, release: str | None) -> None:
        await an_incident(stand, marketplace="harbour-demo")

        await filed(stand, a_fault(2, release=release))

        assert not {"parent", "matched"} & (await stand.events(OPENED))[-1].keys()

    async def test_takes_in_all_that_come_at_once(self, stand: Stand) -> None:
        incident = await an_incident(stand)
        bodies = [
            a_fault(number) | {"seller": OTHER | {"ref": f"seller-{number}"}}
            for number in range(2, 10)
        ]

        cases = await asyncio.gather(*(filed(stand, body) for body in bodies))

        children = await listed(stand, incident, "children")
        assert {one["id"] for one in children} == set(cases)
