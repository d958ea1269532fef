"""Which rule applied when, and which playbook was in force: asked of the log alone."""

from datetime import timedelta
from typing import Any
from urllib.parse import quote

import orjson
import pytest

from builders_audit import CASE, NOON, OTHER_CASE, Desk, journey, record
from builders_contracts import a_case_opened, a_classification, a_route
from builders_routing import rerouted

RULES = f"/v1/cases/{CASE}/rules"
OLD, NEW = "marketplace-core@1.0.0", "marketplace-core@1.1.0"


async def log_both_cases(desk: Desk) -> None:
    """Log a case of the old playbook, routed twice; then one that was filed under the new."""
    own = journey(a_case_opened(), a_classification(), a_route(), rerouted("seller_care"))
    opened = orjson.loads(own[0].value or b"")
    later = record(
        producer="intake",
        about=OTHER_CASE,
        type_="case.opened.v1",
        fact=opened,
        offset=50,
        playbook=NEW,
        time=NOON + timedelta(hours=1),
    )
    await desk.log.log(*own, later)


async def ask(desk: Desk, seconds: float | None = None) -> dict[str, Any]:
    at = None if seconds is None else (NOON + timedelta(seconds=seconds)).isoformat()
    answer = await desk.get(RULES if at is None else f"{RULES}?at={quote(at)}")
    assert answer.status_code == 200, answer.text
    found: dict[str, Any] = answer.json()
    return found


class TestRules:
    @pytest.mark.covers("AU-2", "GV-13")
    async def test_name_row_and_version_and_which_held_then(self, desk: Desk) -> None:
        await log_both_cases(desk)

        told = await ask(desk, 2.5)

        assert [(one["question"], one["held"]) for one in told["items"]] == [
            ("classification", True),
            ("route", True),
            ("route", False),
        ]
        first = told["items"][1]
        assert (first["rules"], first["playbook"]) == (["missing_verification_evidence"], OLD)
        assert first["until"] == told["items"][2]["at"]
        assert told["pinned"] == OLD

    async def test_tell_the_version_in_force_from_the_one_of_the_case(self, desk: Desk) -> None:
        await log_both_cases(desk)

        then, now = await ask(desk, 1800), await ask(desk, 7200)

        assert (then["in_force"]["playbook"], then["pinned"]) == (OLD, OLD)
        assert (now["in_force"]["playbook"], now["pinned"]) == (NEW, OLD)
        proof = await desk.get(f"/v1/cases/{OTHER_CASE}/trail")
        assert now["in_force"]["idx"] == proof.json()["items"][0]["idx"]

    async def test_say_that_there_was_nothing_before_the_filing(self, desk: Desk) -> None:
        await log_both_cases(desk)

        told = await ask(desk, 0)

        assert (told["pinned"], told["in_force"]) == (None, None)
        assert not any(one["held"] for one in told["items"])

    async def test_ask_about_now_when_nothing_is_said(self, desk: Desk) -> None:
        await log_both_cases(desk)

        told = await ask(desk)

        assert [one["held"] for one in told["items"]] == [True, False, True]

    @pytest.mark.covers("AU-8")
    async def test_are_read_by_compliance_and_leave_a_leaf(self, desk: Desk) -> None:
        await log_both_cases(desk)
        foreign = desk.identities.headers("ines", marketplaces=["bazaar"])

        await ask(desk, 2)
        refused = [
            (await desk.get(RULES, by="sofia")).status_code,
            (await desk.client.get(RULES, headers=foreign)).status_code,
            (await desk.get(f"{RULES}?at=noon")).status_code,
        ]

        assert refused == [403, 404, 422]
        await desk.log.sequence()
        found = await desk.log.rows(
            "select payload from bodies join leaves using (idx) where producer = 'audit'"
        )
        [reading] = [orjson.loads(payload) for (payload,) in found]
        assert (reading["what"], reading["query"]["case"]) == ("rules", CASE)
