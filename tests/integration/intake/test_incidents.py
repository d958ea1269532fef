"""Repeats of a trouble, and cases that belong to one incident, against a real PostgreSQL."""

from typing import Any
from uuid import uuid4

import httpx
import pytest

from chassis import ids
from contracts import resolution, routing
from intake_stand import FRONT_END, SELLER, Stand, a_case, own_case

LINKED, UNLINKED, OPENED = "case.linked.v1", "case.unlinked.v1", "case.opened.v1"
OTHER = a_case()["seller"] | {"ref": "pots-and-more"}
ENDED = resolution.CaseResolved(outcome="released", root_cause="verification_expired", episode=0)


async def an_incident(stand: Stand) -> str:
    """File a case of another seller, which others will belong to."""
    return await stand.filed(external_ref="HB-1", seller=OTHER)


async def order(
    stand: Stand,
    case: str,
    what: str,
    *,
    who: str = "sofia",
    **body: Any,  # noqa: ANN401 - any JSON
) -> httpx.Response:
    return await stand.client.post(
        f"/v1/cases/{case}/{what}",
        json=body,
        headers=stand.headers(who, Idempotency_Key=uuid4().hex),
    )


async def link(stand: Stand, case: str, parent: str) -> httpx.Response:
    return await order(stand, case, "linking", parent=parent, reason="same_cause")


async def incident(stand: Stand, case: str) -> list[str]:
    status = (await stand.get(f"/v1/cases/{case}/status", who=SELLER)).json()
    return [moment["text"] for moment in status["incident"]]


class TestRepeats:
    async def test_name_the_cases_that_ended_on_the_same_subject(self, stand: Stand) -> None:
        first = await stand.filed()
        await stand.hear(first, ENDED)

        second = await stand.filed(external_ref="HB-2")

        [_, opened] = await stand.events(OPENED)
        assert opened["repeats"] == [first]
        assert (await stand.get(f"/v1/cases/{second}")).json()["repeats"] == [first]

    async def test_are_never_those_of_another_seller(self, stand: Stand) -> None:
        first = await an_incident(stand)
        await stand.hear(first, ENDED)

        await stand.filed()

        assert all("repeats" not in opened for opened in await stand.events(OPENED))


class TestLinking:
    async def test_makes_a_case_part_of_an_incident(self, stand: Stand) -> None:
        parent, case = await an_incident(stand), await stand.filed()

        response = await link(stand, case, parent)

        assert (response.status_code, response.json()) == (200, {"case": case, "parent": parent})
        assert await stand.events(LINKED) == [{"parent": parent, "reason": "same_cause"}]
        children = (await stand.get(f"/v1/cases/{parent}/children", who="sofia")).json()["items"]
        assert [child["id"] for child in children] == [case]
        assert (await stand.get(f"/v1/cases/{case}")).json()["parent"] == parent

    async def test_again_says_nothing_new(self, stand: Stand) -> None:
        parent, case = await an_incident(stand), await stand.filed()
        await link(stand, case, parent)

        again = await link(stand, case, parent)

        assert again.status_code == 200
        assert len(await stand.events(LINKED)) == 1

    async def test_wants_an_incident_of_the_same_marketplace(self, stand: Stand) -> None:
        case = await stand.filed()
        demo = await stand.filed(marketplace="harbour-demo", seller=OTHER)

        for parent in (demo, case, ids.derived_id("case", "nothing")):
            answer = await link(stand, case, parent)
            assert (answer.status_code, answer.json()["code"]) == (422, "not-of-this-case"), parent
        assert await stand.events(LINKED) == []

    async def test_goes_one_level_deep(self, stand: Stand) -> None:
        parent, case = await an_incident(stand), await stand.filed()
        third = await stand.filed(external_ref="HB-3", issue_type="of_tomorrow", facts={})
        await link(stand, case, parent)

        below, above = await link(stand, third, case), await link(stand, parent, third)

        assert (below.status_code, below.json()["code"]) == (422, "not-of-this-case")
        assert (above.status_code, above.json()["code"]) == (409, "not-allowed-now")

    async def test_takes_no_case_or_incident_that_has_ended(self, stand: Stand) -> None:
        parent, case = await an_incident(stand), await stand.filed()
        await stand.hear(parent, ENDED)

        assert (await link(stand, case, parent)).status_code == 422
        assert (await link(stand, parent, case)).status_code == 409

    async def test_needs_a_reason_of_the_playbook(self, stand: Stand) -> None:
        parent, case = await an_incident(stand), await stand.filed()

        answer = await order(stand, case, "linking", parent=parent, reason="because")

        assert (answer.status_code, answer.json()["errors"][0]["pointer"]) == (422, "/reason")

    async def test_is_for_supervisors(self, stand: Stand) -> None:
        parent, case = await an_incident(stand), await stand.filed()

        for who in (FRONT_END, SELLER, "mara", "ines"):
            answer = await order(
                stand, case, "linking", who=who, parent=parent, reason="same_cause"
            )
            assert answer.status_code == 403, who


class TestUnlinking:
    async def test_lets_a_case_go_its_own_way(self, stand: Stand) -> None:
        parent, case = await an_incident(stand), await stand.filed()
        await link(stand, case, parent)

        answer = await order(stand, case, "unlinking", reason="another_cause")

        assert (answer.status_code, answer.json()["parent"]) == (200, None)
        assert await stand.events(UNLINKED) == [{"parent": parent, "reason": "another_cause"}]
        assert await incident(stand, case) == []
        children = await stand.get(f"/v1/cases/{parent}/children", who="sofia")
        assert children.json()["items"] == []

    async def test_is_nothing_for_a_case_without_incident(self, stand: Stand) -> None:
        case = await stand.filed()

        answer = await order(stand, case, "unlinking", reason="another_cause")

        assert (answer.status_code, answer.json()["code"]) == (409, "not-allowed-now")


class TestChild:
    async def test_may_be_filed_under_its_incident_by_a_front_end(self, stand: Stand) -> None:
        parent = await an_incident(stand)

        case = await stand.filed(parent=parent)

        assert (await stand.events(OPENED))[-1]["parent"] == parent
        assert len(await incident(stand, case)) == 1

    async def test_under_what_is_no_incident_is_not_filed(self, stand: Stand) -> None:
        parent = ids.derived_id("case", "nothing")

        answer = await stand.post(a_case(parent=parent))

        assert (answer.status_code, answer.json()["code"]) == (422, "not-of-this-case")
        assert await stand.events() == []

    async def test_is_not_for_a_seller_to_choose(self, stand: Stand) -> None:
        parent = await an_incident(stand)

        answer = await stand.post(a_case(parent=parent), who=SELLER)

        assert (answer.status_code, answer.json()["code"]) == (404, "not-found")

    async def test_hears_of_the_incident_and_never_whose_it_is(self, stand: Stand) -> None:
        parent = await an_incident(stand)
        case = await stand.filed(parent=parent)
        assigned = routing.CaseAssigned(
            assignment=ids.derived_id("asg", "x"),
            member=ids.derived_id("mem", "x"),
            team="verification",
            queue="verification",
            lead=True,
        )
        await stand.hear(parent, assigned)
        await stand.hear(parent, ENDED)

        told = await incident(stand, case)

        assert {text.split(".")[0] for text in told} == {
            "Your case is part of an incident that we are solving for everybody at once",
            "A person leads the work on the incident",
            "The cause of the incident is settled",
        }
        for path in ("", "/status"):
            shown = (await stand.get(f"/v1/cases/{case}{path}", who=SELLER)).text
            assert parent not in shown
        assert (await stand.get(f"/v1/cases/{parent}/children", who=SELLER)).status_code == 403

    async def test_stays_open_when_the_incident_is_resolved(self, stand: Stand) -> None:
        parent = await an_incident(stand)
        case = await stand.filed(parent=parent)

        await stand.hear(parent, ENDED)

        assert (await stand.get(f"/v1/cases/{parent}", who="sofia")).json()["status"] == "resolved"
        assert (await stand.get(f"/v1/cases/{case}")).json()["status"] == "opened"


class TestRepeatedContact:
    @pytest.mark.covers("CX-9")
    async def test_of_a_child_stays_with_the_child(self, stand: Stand) -> None:
        parent = await an_incident(stand)
        case = await stand.filed(parent=parent)
        before = (await stand.get(f"/v1/cases/{case}")).json()

        again = await stand.post(own_case(external_ref="HB-9"), who=SELLER)

        assert (again.status_code, again.json()["id"]) == (200, case)
        after = (await stand.get(f"/v1/cases/{case}")).json()
        assert (after["opened_at"], after["parent"]) == (before["opened_at"], parent)
