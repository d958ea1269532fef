"""What a seller is to its marketplace: the marketplace says it, never the seller itself."""

from typing import Any

import pytest

from intake_stand import SELLER, Stand, a_case, own_case

OPENED = "case.opened.v1"
STRATEGIC = {"ref": "clay-and-co", "tier": "strategic", "region": "DE", "language": "de"}


def about(payout: str, **seller: object) -> dict[str, Any]:
    """Name a subject of its own, so that nothing is merged."""
    return {"external_ref": f"HB-{payout}", "facts": FACTS | {"payout_ref": payout}, **seller}


FACTS = a_case()["facts"]


async def opened_for(stand: Stand) -> list[tuple[str, str, str]]:
    sellers = [one["seller"] for one in await stand.events(OPENED)]
    return [(one["tier"], one["region"], one["language"]) for one in sellers]


class TestASellersOwnWord:
    async def test_makes_it_no_more_than_its_marketplace_said(self, stand: Stand) -> None:
        """A tier and a region choose targets, calendars and duties: whoever files chose them."""
        await stand.post(a_case(**about("PO-1")))

        answer = await stand.post(own_case(**about("PO-2", seller=STRATEGIC)), who=SELLER)

        assert answer.status_code == 201, answer.text
        assert await opened_for(stand) == [("smb", "UK", "en"), ("smb", "UK", "de")]

    async def test_is_followed_by_the_marketplaces_last_one(self, stand: Stand) -> None:
        await stand.post(a_case(**about("PO-1")))
        await stand.post(a_case(**about("PO-2", seller=STRATEGIC)))

        await stand.post(own_case(**about("PO-3")), who=SELLER)

        assert [tier for tier, _, _ in await opened_for(stand)] == ["smb", "strategic", "strategic"]

    @pytest.mark.parametrize("seller", [STRATEGIC, {"ref": "clay-and-co", "language": "de"}])
    async def test_is_replaced_by_the_default_where_nobody_said_anything(
        self, seller: dict[str, str], stand: Stand
    ) -> None:
        answer = await stand.post(own_case(seller=seller), who=SELLER)

        assert answer.status_code == 201, answer.text
        assert await opened_for(stand) == [("smb", "UK", "de")]

    async def test_fills_nothing_in_for_its_marketplace(self, stand: Stand) -> None:
        body = own_case(prefilled={"hold_code": "reserve"})

        answer = await stand.post(body, who=SELLER)

        assert answer.status_code == 422
        assert [one["pointer"] for one in answer.json()["errors"]] == ["/prefilled"]


class TestAFrontEndsWord:
    async def test_is_needed(self, stand: Stand) -> None:
        answer = await stand.post(a_case(seller={"ref": "clay-and-co"}))

        assert answer.status_code == 422
        pointers = [one["pointer"] for one in answer.json()["errors"]]
        assert pointers == ["/seller/tier", "/seller/region"]

    async def test_counts_from_a_repeated_contact_too(self, stand: Stand) -> None:
        await stand.post(a_case())
        again = await stand.post(a_case(external_ref="HB-2", seller=STRATEGIC))

        await stand.post(own_case(**about("PO-3")), who=SELLER)

        assert again.json()["merged"]
        assert [tier for tier, _, _ in await opened_for(stand)] == ["smb", "strategic"]
