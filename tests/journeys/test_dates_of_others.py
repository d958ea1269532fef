"""Dates that others set: the law's and the bank's come nearer while nobody does anything."""

from collections.abc import AsyncIterator
from datetime import UTC, date, datetime, time, timedelta
from time import time as seconds
from typing import Any, Final
from zoneinfo import ZoneInfo

import httpx
import pytest

from passing_time import let_pass
from scenario_filings import example, filing, the_playbook
from scenario_stage import Play, Scene
from stack.stacks import Stack
from stack.story.demo import town_of
from stack.story.topics import listening

LAW, BANK = "e22_tax_number_by_law", "e24_friday_evening"
REMINDER: Final = "identity_verification.reminder@"
SATURDAY: Final = 5


@pytest.fixture
async def play(stack: Stack) -> AsyncIterator[Play]:
    async with (
        httpx.AsyncClient() as http,
        listening(stack.kafka, "cases.v1", start="earliest") as heard,
    ):
        yield Play(town=town_of(stack, http), heard=heard, kafka=stack.kafka)


async def filed(play: Play, body: dict[str, Any]) -> Scene:
    scene = play.scene(body)
    await scene.file()
    await scene.hear("evidence.requested")
    await scene.hear("seller.message_sent")
    return scene


def reminders(scene: Scene) -> list[dict[str, Any]]:
    sent = scene.road.heard.of_type(scene.case, "seller.message_sent.v1")
    letters = [one.payload for one in sent]
    return [one for one in letters if one["template"].startswith(REMINDER)]


async def reach(stack: Stack, scene: Scene, kind: str, percent: int) -> None:
    """Let a step be reached, and everybody hear of it and do what they do about it."""
    await scene.settled()
    await let_pass(stack, scene.case, kind, percent=percent)
    await scene.hear("sla.warned", where=lambda one: one.payload["percent"] == percent)
    await scene.settled()


class TestE22:
    async def test_reminds_the_seller_of_what_is_missing_until_it_has_come(
        self, stack: Stack, play: Play
    ) -> None:
        """Half the ten days, three quarters, nine tenths: once each, in Spanish, then no more."""
        body = filing(LAW, channel="system")
        body["seller"] |= {"language": "es"}
        scene = await filed(play, body)

        await reach(stack, scene, "statutory", 50)
        await scene.send("bank_confirmation")
        await reach(stack, scene, "statutory", 75)
        letter = await scene.letter()
        await scene.send("tax_identification")
        await reach(stack, scene, "statutory", 90)

        sent = reminders(scene)
        assert [one["language"] for one in sent] == ["es", "es"]
        missing = the_playbook().evidence_kind("tax_identification")
        come = the_playbook().evidence_kind("bank_confirmation")
        assert missing is not None
        assert come is not None
        assert missing.name.say("es") in letter["body"]
        assert come.name.say("es") not in letter["body"]


def on_a_weekend(since: datetime, zone: str) -> date:
    """Choose the bank's day so that 60 % of the way to it falls on a weekend."""
    days = (since.date() + timedelta(days=n) for n in range(4, 20))
    return next(day for day in days if due_by(day, since, zone).weekday() >= SATURDAY)


def due_by(day: date, since: datetime, zone: str) -> datetime:
    over = datetime.combine(day + timedelta(days=1), time(), ZoneInfo(zone))
    return since + (over - since) * 60 / 100


class TestE24:
    async def test_calls_a_senior_on_a_weekend_when_nobody_has_acted(
        self, stack: Stack, play: Play
    ) -> None:
        """At 60 % of the bank's days finance has nothing, and the seller still looks for proof."""
        region = the_playbook().region(example(BANK).case.region)
        zone = the_playbook().calendar(region.calendar).zone
        body = filing(BANK, channel="psp")
        body["facts"] |= {
            "answer_by": on_a_weekend(datetime.fromtimestamp(seconds(), UTC), zone).isoformat()
        }
        scene = await filed(play, body)
        [started] = await scene.hear(
            "sla.clock_started", where=lambda one: one.payload["kind"] == "bank_answer"
        )

        await scene.settled()
        due = await let_pass(stack, scene.case, "bank_answer", percent=100)
        [raised] = await scene.hear("escalation.raised")
        [breached] = await scene.hear("sla.breached")

        assert due.astimezone(ZoneInfo(zone)).weekday() >= SATURDAY
        assert started.payload["calendar"].startswith("always@")
        assert (breached.payload["kind"], breached.payload["clock"]) == (
            "bank_answer",
            started.payload["clock"],
        )
        said = {name: raised.payload[name] for name in ("trigger", "reason", "target_role")}
        assert said == {
            "trigger": "time",
            "reason": "bank_deadline",
            "target_role": "senior_reviewer",
        }
        assert raised.payload["target_member"]
        view = await scene.view()
        assert (view["status"], view["waiting_on"]) == ("waiting_seller", "seller")
