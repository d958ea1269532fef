"""Trees over HTTP: listed, walked, and the same for whoever asks."""

from typing import Any

import httpx
import pytest

from builders_contracts import a_classification, a_route
from contracts.resolution import TreeAnswered
from intake_stand import FRONT_END, SELLER, Stand

PATH = "/v1/trees/one_path_after_a_decision/walk"
NOT_MINE = {"about": "restricted_product", "sold_it": "no"}


async def walk(
    stand: Stand, path: str, answers: dict[str, Any], *, who: str = FRONT_END
) -> httpx.Response:
    headers = stand.headers(who)
    return await stand.client.post(path, json={"answers": answers}, headers=headers)


class TestListTrees:
    async def test_names_what_a_type_has(self, stand: Stand) -> None:
        answer = await stand.get("/v1/trees?issue_type=policy_appeal&language=es&region=ES")

        [tree] = answer.json()["items"]
        assert tree["tree"] == "one_path_after_a_decision"
        assert tree["title"] == "No estoy de acuerdo con una decisión"

    async def test_is_of_ones_own_marketplace(self, stand: Stand) -> None:
        assert (await stand.get("/v1/trees?marketplace=bazaar")).status_code == 404


class TestWalkTree:
    @pytest.mark.covers("SC-12", "RT-14")
    async def test_goes_question_by_question_to_one_end(self, stand: Stand) -> None:
        answers: dict[str, str] = {}
        asked = []
        while (told := (await walk(stand, PATH, answers)).json())["question"]:
            node = told["question"]["node"]
            asked.append(node)
            answers[node] = NOT_MINE[node]

        assert asked == ["about", "sold_it"]
        assert told["end"]["root_cause"] == "wrong_path"
        assert told["end"]["advice"].startswith("Dispute the violation")

    @pytest.mark.covers("RG-6")
    async def test_speaks_the_regions_language_where_the_readers_is_unknown(
        self, stand: Stand
    ) -> None:
        told = (await walk(stand, f"{PATH}?language=ja&region=DE", {})).json()

        assert (told["language"], told["question"]["ask"][:5]) == ("de", "Worum")

    @pytest.mark.parametrize("who", [SELLER, "mara", "sofia", "ines"])
    async def test_tells_everybody_the_same(self, stand: Stand, who: str) -> None:
        portal = await walk(stand, PATH, NOT_MINE)

        theirs = await walk(stand, PATH, NOT_MINE, who=who)

        assert (portal.status_code, theirs.content) == (200, portal.content)

    async def test_points_at_answers_that_it_does_not_know(self, stand: Stand) -> None:
        answer = await walk(stand, PATH, {"about": "the_weather"})

        [error] = answer.json()["errors"]
        assert (answer.status_code, error["pointer"]) == (422, "/answers/about")
        assert error["detail"].startswith("one of: listing, restricted_product")

    async def test_knows_no_other_tree(self, stand: Stand) -> None:
        assert (await walk(stand, "/v1/trees/of_tomorrow/walk", {})).status_code == 404


class TestWalkTreeOfCase:
    @pytest.mark.covers("RT-9", "CX-11")
    async def test_tells_seller_front_end_and_agent_the_same(self, stand: Stand) -> None:
        case = await an_appeal(stand)

        told = [
            (await walk(stand, f"/v1/cases/{case}/walk", {"sold_it": "no"}, who=who)).json()
            for who in (SELLER, FRONT_END, "mara", "sofia")
        ]

        assert told[1:] == told[:1] * 3
        assert told[0]["end"]["root_cause"] == "wrong_path"

    async def test_does_not_ask_what_the_case_says(self, stand: Stand) -> None:
        case = await an_appeal(stand)

        told = (await walk(stand, f"/v1/cases/{case}/walk", {})).json()

        assert told["question"]["node"] == "sold_it"
        assert [(one["node"], one["source"]) for one in told["steps"]] == [("about", "fact")]

    async def test_goes_on_from_what_was_kept_whoever_walks_it(self, stand: Stand) -> None:
        case = await an_appeal(stand)
        await stand.hear(case, kept("sold_it", "no"))

        told = [
            (await walk(stand, f"/v1/cases/{case}/walk", answers, who=who)).json()
            for who, answers in ((SELLER, {}), ("mara", {}), (FRONT_END, {"sold_it": "yes"}))
        ]

        assert told[1:] == told[:1] * 2
        assert told[0]["end"]["root_cause"] == "wrong_path"
        assert [one["source"] for one in told[0]["steps"]] == ["fact", "kept"]

    async def test_asks_again_what_was_taken_back_or_kept_for_another_version(
        self, stand: Stand
    ) -> None:
        case = await an_appeal(stand)
        await stand.hear(case, kept("sold_it", "no"), kept("sold_it", None))
        await stand.hear(case, kept("sold_it", "no", version=2), start=3)

        told = (await walk(stand, f"/v1/cases/{case}/walk", {})).json()

        assert told["question"]["node"] == "sold_it"

    async def test_is_of_those_who_may_read_the_case(self, stand: Stand) -> None:
        case = await an_appeal(stand)

        answers = [
            (await walk(stand, f"/v1/cases/{case}/walk", {}, who=who)).status_code
            for who in ("boris", "seller-bazaar-one", "olga")
        ]

        assert answers == [404, 404, 403]

    async def test_is_none_where_the_playbook_has_none(self, stand: Stand) -> None:
        case = await stand.filed(issue_type="feature_request", facts={"area": "reports"})

        assert (await walk(stand, f"/v1/cases/{case}/walk", {})).status_code == 404


def kept(node: str, answer: str | None, *, version: int = 1) -> TreeAnswered:
    """Say what resolution says of an answer that was given for a case."""
    return TreeAnswered(
        tree=f"one_path_after_a_decision@{version}", node=node, answer=answer, reason=None
    )


async def an_appeal(stand: Stand) -> str:
    facts = {"decision_ref": "DC-1", "decided_about": "restricted_product"}
    case = await stand.filed(issue_type="policy_appeal", facts=facts)
    classified = a_classification().model_copy(update={"issue_type": "policy_appeal"})
    await stand.hear(case, classified, a_route())
    return case
