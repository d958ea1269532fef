"""Door 1 of the SLA monitor: clocks and escalations, in process."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from builders_contracts import ADDRESS, CASE, REGISTRATION, a_receipt, an_id
from builders_sla_monitor import OPENED, asked, at, instant
from chassis.vault import open_value
from conftest import EngineFor
from contracts.resolution import CaseResolved
from contracts.sealed import SealedValue
from house_sla_monitor import FILED, PRIVATE, House, open_house
from identities import MEMBERS
from playbook_gone import assert_names_it, lose_the_playbook

HARBOUR = "harbour"
CLOCKS = f"/v1/cases/{CASE}/clocks"
ESCALATIONS = f"/v1/cases/{CASE}/escalations"


@pytest.fixture
async def house(engine_for: EngineFor, tmp_path: Path) -> AsyncIterator[House]:
    async with open_house(await engine_for("sla_monitor"), tmp_path) as house:
        yield house


class TestACaseWhosePlaybookIsGone:
    async def test_is_escalated_by_nobody_and_its_version_is_named(self, house: House) -> None:
        await house.world.hear(*FILED)
        await lose_the_playbook(house.world.engine)

        assert_names_it(await house.post(ESCALATIONS, {"reason": "manual"}, by="sofia"))


class TestReadCaseClocks:
    @pytest.mark.covers("ES-1")
    async def test_shows_what_counted_and_why_it_is_due_when_it_is(self, house: House) -> None:
        await house.world.hear(*OPENED)
        await house.world.hear(asked(), second=3)
        await house.world.hear(a_receipt(3, REGISTRATION), a_receipt(4, ADDRESS), second=20)
        await house.world.hear(
            CaseResolved(outcome="released", root_cause="other", episode=0), second=21
        )

        answer = await house.get(CLOCKS)

        assert answer.status_code == 200
        clocks = {one["kind"]: one for one in answer.json()["items"]}
        resolution = clocks["resolution"]
        assert (resolution["state"], resolution["target"], resolution["consumed"]) == ("met", 8, 4)
        assert [(one["kind"], one["counted"]) for one in resolution["segments"]] == [
            ("running", 3),
            ("paused", 0),
            ("running", 1),
        ]
        assert resolution["explanation"].startswith(
            "resolution may take 8 s of opening time (row resolution_payout_hold of"
            " marketplace-core@1.0.0, calendar always@1"
        )
        assert clocks["reopen_window"]["state"] == "running"

    async def test_counts_what_runs_up_to_now(self, house: House) -> None:
        await house.world.hear(*OPENED)

        resolution = (await house.get(CLOCKS)).json()["items"][0]

        assert instant(resolution["segments"][-1]["to_at"]) > at(0)
        assert resolution["consumed"] == resolution["segments"][-1]["counted"]

    @pytest.mark.parametrize(
        ("who", "status"),
        [
            ("mara", 200),
            ("jonas", 200),
            ("ines", 200),
            ("boris", 404),
            ("finance-desk", 403),
            ("seller-clay-and-co", 403),
        ],
    )
    async def test_is_for_those_who_watch_over_it(
        self, house: House, who: str, status: int
    ) -> None:
        await house.world.hear(*OPENED, marketplace=HARBOUR)

        assert (await house.get(CLOCKS, by=who)).status_code == status


class TestListClocks:
    @pytest.mark.covers("ES-9")
    async def test_puts_first_what_is_due_first(self, house: House) -> None:
        for number in (1, 2, 3):
            await house.world.hear(*OPENED, case=an_id("case", number), second=number)

        page = (await house.get("/v1/clocks", limit=5, state="running")).json()
        rest = (await house.get("/v1/clocks", limit=200, cursor=page["next"])).json()

        shown = [*page["items"], *rest["items"]]
        due = [instant(one["due_at"]) for one in shown]
        assert due == sorted(due)
        assert len({one["clock"] for one in shown}) == len(shown) == 12
        assert [one["kind"] for one in shown[:3]] == ["resolution"] * 3

    async def test_narrows_to_what_is_asked_for(self, house: House) -> None:
        await house.world.hear(*OPENED)

        soon = (await house.get("/v1/clocks", due_before=at(60).isoformat())).json()["items"]
        elsewhere = (await house.get("/v1/clocks", team="finance")).json()["items"]

        assert [one["kind"] for one in soon] == ["resolution"]
        assert elsewhere == []

    async def test_shows_an_agent_the_own_teams_only(self, house: House) -> None:
        await house.world.hear(*OPENED)

        theirs = (await house.get("/v1/clocks", by="mara")).json()["items"]
        others = (await house.get("/v1/clocks", by="mara", team="finance")).json()["items"]

        assert len(theirs) == 4
        assert others == []

    async def test_shows_nothing_of_another_marketplace(self, house: House) -> None:
        await house.world.hear(*OPENED)

        assert (await house.get("/v1/clocks", by="boris")).json()["items"] == []

    @pytest.mark.parametrize("cursor", ["WyJub3ciXQ", "WyJ4IiwieSJd", "nonsense"])
    async def test_takes_no_cursor_but_its_own(self, house: House, cursor: str) -> None:
        answer = await house.get("/v1/clocks", cursor=cursor)

        assert answer.status_code == 422
        assert answer.json()["errors"][0]["pointer"] == "/query/cursor"


class TestEscalate:
    @pytest.mark.covers("ES-11")
    async def test_raises_one_by_hand_with_a_reason(self, house: House) -> None:
        await house.world.hear(*FILED)

        answer = await house.post(ESCALATIONS, {"reason": "stuck"}, by="mara")

        assert answer.status_code == 201
        shown = answer.json()
        assert (shown["level"], shown["trigger"], shown["state"]) == (1, "manual", "raised")
        assert shown["target_member"] == MEMBERS["sofia"]
        raised = (await house.world.said("escalation.raised"))[0]
        assert (raised.fact["escalation"], raised.fact["reason"]) == (shown["id"], "stuck")
        assert answer.headers["sellerworks-position"].startswith("sla-monitor=")

    async def test_takes_the_level_that_is_asked_for(self, house: House) -> None:
        await house.world.hear(*FILED)

        answer = await house.post(ESCALATIONS, {"reason": "stuck", "level": 2}, by="mara")

        shown = answer.json()
        assert (shown["level"], shown["target_role"]) == (2, "senior_reviewer")
        assert shown["target_member"] == MEMBERS["jonas"]

    async def test_seals_the_note_to_the_seller(self, house: House) -> None:
        await house.world.hear(*FILED)

        answer = await house.post(ESCALATIONS, {"reason": "stuck", "note": "Three calls today."})

        note = SealedValue.model_validate(answer.json()["note"])
        assert open_value(PRIVATE, note, subject=CASE).value == "Three calls today."
        assert (await house.world.said("escalation.raised"))[0].fact["note"] == answer.json()[
            "note"
        ]
        assert "Three calls" not in str(await house.world.rows("select e::text from escalations e"))

    @pytest.mark.parametrize(
        ("body", "pointer"),
        [
            ({"reason": "because"}, "/reason"),
            ({"reason": "stuck", "level": 7}, "/level"),
            ({"reason": "stuck", "level": 0}, "/level"),
            ({}, "/reason"),
        ],
    )
    async def test_names_what_the_playbook_does_not_know(
        self, house: House, body: object, pointer: str
    ) -> None:
        await house.world.hear(*FILED)

        answer = await house.post(ESCALATIONS, body)

        assert (answer.status_code, answer.json()["code"]) == (422, "invalid-body")
        assert answer.json()["errors"][0]["pointer"] == pointer
        assert await house.world.said("escalation.raised") == []


class TestAcknowledge:
    @pytest.mark.covers("ES-6")
    async def test_notes_that_the_senior_reviewer_looks(self, house: House) -> None:
        escalation = await house.breach()

        answer = await house.post(f"/v1/escalations/{escalation}/acknowledgement")

        assert answer.status_code == 200
        assert answer.json()["acknowledged_by"] == MEMBERS["jonas"]
        said = await house.world.said("escalation.acknowledged")
        assert [one.fact for one in said] == [
            {"escalation": escalation, "member": MEMBERS["jonas"]}
        ]

    async def test_again_says_nothing_new(self, house: House) -> None:
        escalation = await house.breach()
        path = f"/v1/escalations/{escalation}/acknowledgement"
        await house.post(path)

        again = await house.post(path, by="sofia")

        assert again.json()["acknowledged_by"] == MEMBERS["jonas"]
        assert len(await house.world.said("escalation.acknowledged")) == 1

    @pytest.mark.parametrize(
        ("who", "status"), [("sofia", 200), ("mara", 403), ("boris", 404), ("ines", 403)]
    )
    async def test_is_for_those_who_may_take_it(self, house: House, who: str, status: int) -> None:
        escalation = await house.breach()

        answer = await house.post(f"/v1/escalations/{escalation}/acknowledgement", by=who)

        assert answer.status_code == status

    @pytest.mark.parametrize("escalation", [an_id("esc", 99), "nonsense"])
    async def test_knows_no_other_escalation(self, house: House, escalation: str) -> None:
        answer = await house.post(f"/v1/escalations/{escalation}/acknowledgement")

        assert answer.status_code == 404


class TestResolve:
    async def test_ends_it_with_an_outcome(self, house: House) -> None:
        escalation = await house.breach()

        answer = await house.post(
            f"/v1/escalations/{escalation}/resolution", {"outcome": "taken_over", "note": "Mine."}
        )

        assert (answer.status_code, answer.json()["state"]) == (200, "resolved")
        over = (await house.world.said("escalation.resolved"))[0].fact
        assert (over["escalation"], over["outcome"]) == (escalation, "taken_over")
        assert set(over["note"]) == {"sealed", "key", "class", "commitment"}

    async def test_does_not_end_it_twice_in_different_ways(self, house: House) -> None:
        escalation = await house.breach()
        path = f"/v1/escalations/{escalation}/resolution"
        await house.post(path, {"outcome": "taken_over"})

        answer = await house.post(path, {"outcome": "decided"})

        assert (answer.status_code, answer.json()["code"]) == (409, "not-allowed-now")

    async def test_takes_the_playbooks_outcomes_only(self, house: House) -> None:
        escalation = await house.breach()

        answer = await house.post(
            f"/v1/escalations/{escalation}/resolution", {"outcome": "whatever"}
        )

        assert (answer.status_code, answer.json()["errors"][0]["pointer"]) == (422, "/outcome")


class TestListEscalations:
    async def test_shows_how_far_each_has_come(self, house: House) -> None:
        first = await house.breach()
        second = await house.breach(case=an_id("case", 2))
        await house.post(f"/v1/escalations/{first}/acknowledgement")

        everything = (await house.get("/v1/escalations", level=2)).json()["items"]
        waiting = (await house.get("/v1/escalations", state="raised")).json()["items"]
        page = (await house.get("/v1/escalations", limit=1)).json()
        rest = (await house.get("/v1/escalations", cursor=page["next"])).json()["items"]

        assert [one["id"] for one in everything] == [first, second]
        assert [one["id"] for one in waiting] == [second]
        assert [one["id"] for one in (*page["items"], *rest)] == [first, second]

    async def test_shows_nothing_of_another_marketplace_or_team(self, house: House) -> None:
        await house.breach()

        assert (await house.get("/v1/escalations", by="boris")).json()["items"] == []
        other_team = house.identities.headers("mara", teams=["seller_care"])
        answer = await house.client.get("/v1/escalations", headers=other_team)
        assert answer.json()["items"] == []
