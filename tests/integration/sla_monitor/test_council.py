"""The council votes and decides, over HTTP, against a real PostgreSQL."""

from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import httpx
import pytest

from builders_contracts import CASE, an_id
from conftest import EngineFor
from house_sla_monitor import FILED, House, open_house

MEMBERS = tuple(an_id("mem", number) for number in (71, 72, 73))
UNDONE: dict[str, Any] = {"outcome": "measure_undone", "reasons": ["own_terms_broken"]}
STANDS: dict[str, Any] = {"outcome": "measure_stands", "reasons": ["own_terms_kept"]}
REVIEWS = "/v1/council/reviews"


@pytest.fixture
async def house(engine_for: EngineFor, tmp_path: Path) -> AsyncIterator[House]:
    async with open_house(await engine_for("sla_monitor"), tmp_path) as opened:
        yield opened


@pytest.fixture
async def review(house: House) -> str:
    """Return an escalation that has reached the council."""
    await house.world.hear(*FILED)
    body = {"reason": "policy_unclear", "level": 3}
    raised = await house.post(f"/v1/cases/{CASE}/escalations", body, by="sofia")
    assert raised.json()["target_role"] == "council", raised.text
    found: str = raised.json()["id"]
    return found


async def speak(
    house: House, place: str, body: dict[str, Any], *, who: int = 0, **claims: object
) -> httpx.Response:
    """Let a member of the council vote or decide."""
    seat = {"roles": ["council"], "teams": [], "member": MEMBERS[who]}
    return await house.post(f"{REVIEWS}/{place}", body, by="jonas", **(seat | claims))


async def said(house: House, type_: str) -> list[dict[str, Any]]:
    return [one.fact for one in await house.world.said(type_)]


class TestVote:
    async def test_is_kept_with_its_reasons(self, house: House, review: str) -> None:
        answer = await speak(house, f"{review}/votes", UNDONE)

        assert answer.status_code == 201, answer.text
        [vote] = answer.json()["votes"]
        assert (vote["member"], vote["outcome"], vote["reasons"]) == (
            MEMBERS[0],
            "measure_undone",
            ["own_terms_broken"],
        )
        assert await said(house, "council.voted") == [
            {"escalation": review, "member": MEMBERS[0], **UNDONE}
        ]

    async def test_again_says_nothing_new_and_another_one_counts_instead(
        self, house: House, review: str
    ) -> None:
        for body in (UNDONE, UNDONE):
            await speak(house, f"{review}/votes", body)
        answer = await speak(house, f"{review}/votes", STANDS)

        assert [one["outcome"] for one in answer.json()["votes"]] == ["measure_stands"]
        assert len(await said(house, "council.voted")) == 2

    @pytest.mark.parametrize(
        ("body", "pointer"),
        [
            (UNDONE | {"outcome": "of_tomorrow"}, "/outcome"),
            (UNDONE | {"reasons": ["own_terms_broken", "because"]}, "/reasons/1"),
            (UNDONE | {"reasons": []}, "/reasons"),
        ],
    )
    async def test_takes_the_playbooks_words_only(
        self, house: House, review: str, body: dict[str, Any], pointer: str
    ) -> None:
        answer = await speak(house, f"{review}/votes", body)

        assert answer.status_code == 422
        assert [one["pointer"] for one in answer.json()["errors"]] == [pointer]
        assert await said(house, "council.voted") == []

    async def test_is_of_the_council_of_that_marketplace(self, house: House, review: str) -> None:
        agent = await house.post(f"{REVIEWS}/{review}/votes", UNDONE, by="jonas")
        foreign = await speak(house, f"{review}/votes", UNDONE, marketplaces=["bazaar"])

        assert (agent.status_code, foreign.status_code) == (403, 404)
        assert await said(house, "council.voted") == []

    async def test_is_about_what_is_before_the_council(self, house: House) -> None:
        await house.world.hear(*FILED)
        body = {"reason": "stuck", "level": 2}
        raised = await house.post(f"/v1/cases/{CASE}/escalations", body, by="sofia")

        answer = await speak(house, f"{raised.json()['id']}/votes", UNDONE)

        assert answer.status_code == 404


class TestDecision:
    @pytest.mark.covers("ES-10")
    async def test_needs_the_quorum_and_more_than_half(self, house: House, review: str) -> None:
        votes = [(0, UNDONE), (1, STANDS), (2, UNDONE)]
        for who, body in votes[:2]:
            await speak(house, f"{review}/votes", body, who=who)

        early = await speak(house, f"{review}/decision", UNDONE)
        await speak(house, f"{review}/votes", votes[2][1], who=2)
        fewer = await speak(house, f"{review}/decision", STANDS)
        decided = await speak(house, f"{review}/decision", UNDONE)

        assert (early.status_code, early.json()["code"]) == (409, "no-quorum")
        assert (early.json()["votes"], early.json()["quorum"]) == (2, 3)
        assert (fewer.status_code, fewer.json()["code"]) == (409, "no-majority")
        assert decided.status_code == 201, decided.text
        assert decided.json()["state"] == "resolved"
        [fact] = await said(house, "council.decided")
        assert (fact["outcome"], fact["reasons"]) == ("measure_undone", ["own_terms_broken"])
        assert (sorted(fact["agreed"]), fact["dissented"]) == (
            sorted([MEMBERS[0], MEMBERS[2]]),
            [MEMBERS[1]],
        )
        assert fact["quorum"] == 3
        [ended] = await said(house, "escalation.resolved")
        assert (ended["escalation"], ended["outcome"]) == (review, "decided")

    async def test_is_final(self, house: House, review: str) -> None:
        await vote_all(house, review)
        await speak(house, f"{review}/decision", UNDONE)

        again = await speak(house, f"{review}/decision", UNDONE)
        late = await speak(house, f"{review}/votes", STANDS)

        assert {(one.status_code, one.json()["code"]) for one in (again, late)} == {
            (409, "not-allowed-now")
        }
        assert len(await said(house, "council.decided")) == 1

    async def test_seals_what_is_said_in_words(self, house: House, review: str) -> None:
        await vote_all(house, review)

        await speak(house, f"{review}/decision", UNDONE | {"note": "Twelve years, two hours."})

        [fact] = await said(house, "council.decided")
        assert fact["note"]["class"] == "narrative"
        assert "Twelve years" not in str(fact)

    async def test_is_listed_with_its_votes(self, house: House, review: str) -> None:
        await vote_all(house, review)
        await speak(house, f"{review}/decision", UNDONE)

        page = (await house.get(REVIEWS, by="sofia")).json()["items"]

        [shown] = page
        assert (shown["id"], shown["case"], len(shown["votes"])) == (review, CASE, 3)
        assert shown["decision"]["outcome"] == "measure_undone"
        assert shown["decision"]["decided_by"] == MEMBERS[0]
        assert (await house.get(REVIEWS, by="boris")).status_code == 403


async def vote_all(house: House, review: str) -> None:
    for who in range(len(MEMBERS)):
        assert (await speak(house, f"{review}/votes", UNDONE, who=who)).status_code == 201
