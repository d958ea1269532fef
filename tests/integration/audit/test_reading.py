"""Trails and explanations: who may see them, what they say, and the leaf of each reading."""

import asyncio
from typing import Any

import orjson
import pytest

from builders_audit import CASE, OTHER_CASE, Desk, journey, record
from builders_contracts import E1, MARA, a_case_opened, an_id
from contracts import sla
from contracts.event import Contract
from contracts.routing import CaseAssigned

FACTS: list[Contract] = [one.fact for one in E1]
TRAIL, EXPLAIN = f"/v1/cases/{CASE}/trail", f"/v1/cases/{CASE}/explain"


async def open_the_case(desk: Desk, *facts: Contract) -> None:
    await desk.log.log(*journey(a_case_opened(), *facts))


async def readings(desk: Desk) -> list[tuple[str, Any]]:
    """List (actor, what) of what was staged or logged of readings, in order."""
    await desk.log.sequence()
    found = await desk.log.rows(
        "select headers ->> 'ce_actor', payload from bodies join leaves using (idx)"
        " where producer = 'audit' order by idx"
    )
    return [(actor, orjson.loads(payload)["what"]) for actor, payload in found]


class TestTrail:
    @pytest.mark.covers("AU-1", "AU-3", "AU-7")
    async def test_tells_every_event_with_actor_and_time(self, desk: Desk) -> None:
        await desk.log.log(*journey(*FACTS))

        answer = await desk.get(TRAIL)

        assert answer.status_code == 200
        items = answer.json()["items"]
        assert [item["type"] for item in items] == [fact.type for fact in FACTS]
        assert all(item["actor"] and item["occurred_at"] for item in items)
        assert {item["playbook"] for item in items} == {"marketplace-core@1.0.0"}

    async def test_goes_on_behind_the_last_index_while_the_log_grows(self, desk: Desk) -> None:
        await desk.log.log(*journey(*FACTS[:5]))
        first = (await desk.get(f"{TRAIL}?limit=3")).json()
        await desk.log.log(*journey(*FACTS[:7]))

        second = (await desk.get(f"{TRAIL}?limit=3&after_idx={first['next']}")).json()

        indices = [item["idx"] for item in (*first["items"], *second["items"])]
        assert indices == sorted(set(indices))
        told = [item["type"] for item in (*first["items"], *second["items"])]
        assert told[:5] == [fact.type for fact in FACTS[:5]]

    async def test_shows_sealed_values_only_to_who_is_cleared(self, desk: Desk) -> None:
        await open_the_case(desk)
        few = desk.identities.headers("ines", clearances=["narrative"])

        fact = (await desk.client.get(TRAIL, headers=few)).json()["items"][0]["fact"]

        assert fact["handle"] == {"masked": True, "class": "contact"}
        assert fact["description"]["sealed"]
        assert fact["external_ref"] == "HB-20931"

    @pytest.mark.covers("AU-8", "SE-5")
    @pytest.mark.parametrize(
        ("who", "status"),
        [("mara", 403), ("sofia", 403), ("finance-desk", 403), ("olga", 403), ("boris", 403)],
    )
    async def test_is_for_compliance_alone(self, desk: Desk, who: str, status: int) -> None:
        await open_the_case(desk)

        for path in (TRAIL, EXPLAIN, "/v1/log/checkpoint", "/v1/log/keys"):
            assert (await desk.get(path, by=who)).status_code == status
        assert await readings(desk) == []

    @pytest.mark.covers("AU-8")
    async def test_is_unknown_to_another_marketplaces_compliance(self, desk: Desk) -> None:
        await open_the_case(desk)
        foreign = desk.identities.headers("ines", marketplaces=["bazaar"])
        ((event_id,),) = await desk.log.rows("select event_id from leaves")
        post = await desk.client.post(
            "/v1/exports", json={"case": CASE}, headers=foreign | {"idempotency-key": "k"}
        )

        paths = (TRAIL, EXPLAIN, f"/v1/log/proof/inclusion?event_id={event_id}")
        answers = [await desk.client.get(path, headers=foreign) for path in paths]
        unknown = await desk.get(f"/v1/cases/{OTHER_CASE}/trail")

        assert [one.status_code for one in (*answers, post, unknown)] == [404] * 5
        assert await readings(desk) == []

    @pytest.mark.parametrize("case", ["case_x", "nonsense", "%00", "a" * 300])
    async def test_knows_no_case_by_a_malformed_id(self, desk: Desk, case: str) -> None:
        assert (await desk.get(f"/v1/cases/{case}/trail")).status_code == 404

    async def test_waits_for_what_the_caller_refers_to(self, desk: Desk) -> None:
        await open_the_case(desk)
        asked = asyncio.create_task(desk.get(TRAIL, sellerworks_after="router=1"))
        await desk.log.take(record(1, offset=5))

        await desk.log.sequence()

        answer = await asked
        assert [item["producer"] for item in answer.json()["items"]] == ["intake", "router"]

    async def test_says_that_it_has_not_caught_up(self, desk: Desk) -> None:
        await open_the_case(desk)

        answer = await desk.get(TRAIL, sellerworks_after="router=1")

        assert (answer.status_code, answer.json()["code"]) == (409, "not-caught-up")


class TestReadings:
    @pytest.mark.covers("AU-8")
    @pytest.mark.fault(71)
    async def test_each_leave_a_leaf_that_names_who_and_what(self, desk: Desk) -> None:
        await open_the_case(desk)
        ((event_id,),) = await desk.log.rows("select event_id from leaves")
        made = (await desk.export(CASE)).json()

        for path in (
            TRAIL,
            EXPLAIN,
            f"/v1/log/proof/inclusion?event_id={event_id}",
            f"/v1/exports/{made['id']}",
        ):
            assert (await desk.get(path)).status_code == 200

        await desk.log.sequence()
        found = await desk.log.rows(
            "select type, subject, marketplace, headers ->> 'ce_actor', payload"
            " from leaves join bodies using (idx) where producer = 'audit' order by idx"
        )
        assert [row[0] for row in found] == ["audit.exported.v1", *["audit.accessed.v1"] * 4]
        assert {row[1:3] for row in found} == {(CASE, "harbour")}
        assert {row[3].partition(":mem_")[0] for row in found} == {"compliance"}
        facts = [orjson.loads(row[4]) for row in found]
        assert [fact.get("what") for fact in facts] == [
            None,
            "trail",
            "explain",
            "inclusion",
            "export",
        ]
        assert facts[1]["query"] == {"case": CASE}

    @pytest.mark.covers("AU-8")
    @pytest.mark.fault(71)
    async def test_are_not_answered_when_their_leaf_cannot_be_written(self, desk: Desk) -> None:
        await open_the_case(desk)
        made = (await desk.export(CASE)).json()
        await desk.log.log()
        await desk.log.do(
            "create function broken() returns trigger language plpgsql as"
            " 'begin raise exception ''full'' using errcode = ''53100''; end'",
            "create trigger broken before insert on staged for each row execute function broken()",
        )

        answers = [
            await desk.get(TRAIL),
            await desk.get(EXPLAIN),
            await desk.get("/v1/audit/events"),
            await desk.get(f"/v1/exports/{made['id']}"),
            await desk.export(CASE, key="k2"),
            await desk.export_range(0, 1, key="k3"),
        ]

        assert {answer.status_code for answer in answers} <= {500, 503}
        assert all(CASE.encode() not in answer.content for answer in answers)
        assert await desk.log.rows("select count(*) from exports") == [(1,)]

    async def test_never_go_to_kafka(self, desk: Desk) -> None:
        await open_the_case(desk)

        await desk.get(TRAIL)

        topics = await desk.log.rows("select distinct topic from outbox")
        assert topics == [("audit.checkpoints.v1",)]

    async def test_of_many_at_once_are_numbered_without_a_hole(self, desk: Desk) -> None:
        await open_the_case(desk)

        await asyncio.gather(*(desk.get(TRAIL) for _ in range(20)))

        await desk.log.sequence()
        found = await desk.log.rows(
            "select sequence from leaves where producer = 'audit' order by idx"
        )
        assert [row[0] for row in found] == list(range(1, 21))


class TestExplain:
    @pytest.mark.covers("AU-2", "AU-6")
    async def test_answers_the_four_questions_in_one_call(self, desk: Desk) -> None:
        await desk.log.log(*journey(*FACTS))

        told = (await desk.get(EXPLAIN)).json()

        statuses = [change["status"] for change in told["status_changes"]]
        assert statuses == [
            "opened",
            "queued",
            "waiting_seller",
            "queued",
            "in_progress",
            "waiting_partner",
            "in_progress",
            "resolved",
        ]
        assert told["status_changes"][1]["by"]["actor"] == "service:router"
        assert [rule["said"].get("rule") for rule in told["rules"]][-1]
        templates = [letter["said"]["template"] for letter in told["templates"]]
        assert templates[0] == "payout_hold.first_response@1.0.0"
        assert [one["type"] for one in told["evidence"]] == [
            "evidence.requested.v1",
            "evidence.accepted.v1",
            "evidence.accepted.v1",
        ]
        assert told["decisions"][0]["said"]["outcome"] == "released"
        assert (told["status"], told["waiting_on"], told["unread"]) == ("resolved", "none", 0)
        assert told["lead"]["member"] == MARA

    @pytest.mark.covers("AU-2")
    async def test_says_why_a_case_was_escalated(self, desk: Desk) -> None:
        raised = sla.EscalationRaised(
            escalation=an_id("esc"),
            trigger="time",
            level=2,
            ladder="seller_support@1.0.0",
            target_role="senior_agent",
            target_member=MARA,
            reason="resolution_breached",
            clock=an_id("clk"),
        )
        await open_the_case(desk, raised)

        (why,) = (await desk.get(EXPLAIN)).json()["escalations"]

        assert why["said"]["reason"] == "resolution_breached"
        assert why["said"]["level"] == 2

    async def test_shows_no_sealed_value(self, desk: Desk) -> None:
        await desk.log.log(*journey(*FACTS))

        assert "sealed" not in (await desk.get(EXPLAIN)).text

    async def test_counts_what_it_cannot_read(self, desk: Desk) -> None:
        await open_the_case(desk)
        await desk.log.log(record(1, offset=5), record(2, offset=6, type_=CaseAssigned.type))

        told = (await desk.get(EXPLAIN)).json()

        assert (told["events"], told["unread"], told["status"]) == (3, 2, "opened")
