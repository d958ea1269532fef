"""An article does not exist in the seller's language: the answer goes out, the gap is on record."""

from typing import Any

import pytest

from builders_contracts import a_case_opened, a_route, an_id
from builders_resolution import said
from house_resolution import HANDLE, SELLER, House, assigned_to

REFURBISHED = "selling_refurbished_goods"  # in English and German only
FAULT = "reporting_a_fault"  # the same
APPEAL = "how_to_appeal"  # in all five


async def answer(house: House, case: str, article: str, **seller: str) -> None:
    """Answer a question of a seller with an article."""
    opened = a_case_opened(
        seller=SELLER.model_copy(update=seller),
        handle=HANDLE,
        issue_type="policy_clarification",
        facts={},
    )
    route = a_route(queue="seller_care", team="seller_care")
    await house.hear_of(case, (opened, route, assigned_to("mara")))
    body = {"template": "policy_clarification.first_response", "parameters": {"article": article}}
    sent = await house.post(f"/v1/cases/{case}/messages", body)
    assert sent.status_code == 201, sent.text


async def gaps(house: House, query: str = "", *, by: str = "sofia") -> list[dict[str, Any]]:
    page = await house.get(f"/v1/knowledge-gaps{query}", by=by)
    assert page.status_code == 200, page.text
    items: list[dict[str, Any]] = page.json()["items"]
    return items


class TestAGap:
    @pytest.mark.covers("SC-14")
    async def test_is_said_beside_the_letter_that_was_written(self, house: House) -> None:
        await answer(house, an_id("case"), REFURBISHED, language="es", region="ES")

        sent, ready, noted = await said(house.engine)
        assert [one.type for one in (sent, ready, noted)] == [
            "seller.message_sent",
            "message.ready",
            "knowledge.gap_noted",
        ]
        assert (sent.fact["language"], noted.topic) == ("es", "cases.v1")
        assert noted.fact == {
            "message": sent.fact["message"],
            "article": REFURBISHED,
            "language": "es",
            "given": "en",
        }

    @pytest.mark.parametrize(
        ("article", "language", "region"),
        [(APPEAL, "es", "ES"), (REFURBISHED, "de", "DE"), (REFURBISHED, "en-GB", "UK")],
    )
    async def test_is_none_where_the_article_exists(
        self, house: House, article: str, language: str, region: str
    ) -> None:
        await answer(house, an_id("case"), article, language=language, region=region)

        assert len(await said(house.engine)) == 2
        assert await gaps(house) == []

    async def test_is_the_sellers_even_when_the_letter_is_in_the_regions_language(
        self, house: House
    ) -> None:
        """A seller in Germany who reads Italian gets a German letter: Italian is what lacks."""
        await answer(house, an_id("case"), REFURBISHED, language="it", region="DE")

        sent, _, noted = await said(house.engine)
        assert sent.fact["language"] == "de"
        assert (noted.fact["language"], noted.fact["given"]) == ("it", "de")

    async def test_is_not_on_record_without_its_letter(self, house: House) -> None:
        opened = a_case_opened(
            seller=SELLER.model_copy(update={"language": "es"}),
            issue_type="policy_clarification",
            facts={},
        )
        await house.hear((opened, a_route(), assigned_to("mara")))
        body = {"template": "policy_clarification.first_response", "parameters": {}}

        refused = await house.on_case("messages", body)

        assert refused.status_code == 422
        assert await gaps(house) == []


class TestTheList:
    @pytest.mark.covers("ME-17")
    async def test_counts_by_article_and_language(self, house: House) -> None:
        for number, (article, language) in enumerate(
            [
                (REFURBISHED, "es"),
                (REFURBISHED, "es"),
                (REFURBISHED, "fr"),
                ("reporting_a_fault", "es"),
            ],
            start=1,
        ):
            await answer(house, an_id("case", number), article, language=language)

        found = await gaps(house)

        assert [(one["article"], one["language"], one["cases"]) for one in found] == [
            (FAULT, "es", 1),
            (REFURBISHED, "es", 2),
            (REFURBISHED, "fr", 1),
        ]
        assert all(one["is_open"] and one["marketplace"] == "harbour" for one in found)
        assert [one["article"] for one in await gaps(house, "?language=fr")] == [REFURBISHED]

    async def test_comes_in_pages(self, house: House) -> None:
        for number, language in enumerate(("es", "fr", "pl"), start=1):
            await answer(house, an_id("case", number), REFURBISHED, language=language)

        first = (await house.get("/v1/knowledge-gaps?limit=2", by="sofia")).json()
        rest = await gaps(house, f"?limit=2&cursor={first['next']}")
        strange = await house.get("/v1/knowledge-gaps?cursor=WzFd", by="sofia")

        assert [one["language"] for one in first["items"] + rest] == ["es", "fr", "pl"]
        assert strange.json()["errors"][0]["pointer"] == "/query/cursor"

    async def test_is_for_those_who_can_do_something_about_it(self, house: House) -> None:
        await answer(house, an_id("case"), REFURBISHED, language="es")
        elsewhere = house.identities.headers("sofia", marketplaces=["bazaar"])

        foreign = await house.client.get("/v1/knowledge-gaps", headers=elsewhere)

        assert foreign.json()["items"] == []
        assert len(await gaps(house, by="petra")) == 1
        assert (await house.get("/v1/knowledge-gaps", by="mara")).status_code == 403
