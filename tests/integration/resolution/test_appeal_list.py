"""Appeals are listed for who may judge them, with what somebody needs to know for that."""

from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import text

from appealed import APPEAL, appeal, decide_all, decided, file
from builders_claims import METRIC
from builders_contracts import an_id
from chassis.ids import to_uuid
from chassis.vault import seal
from house_resolution import CASE, PUBLIC, SELLER, House
from identities import MEMBERS

WORDS = seal(
    {"subject": None, "body": "Look again."},
    public_key=PUBLIC,
    key=SELLER.key,
    class_="message",
    subject=CASE,
)


@pytest.fixture
async def ended(house: House) -> House:
    await decide_all(house)
    return house


async def listed(house: House, by: str, query: str = "", **claims: object) -> list[dict[str, Any]]:
    headers = house.identities.headers(by, **claims)
    answer = await house.client.get(f"/v1/appeals{query}", headers=headers)
    assert answer.status_code == 200, answer.text
    items: list[dict[str, Any]] = answer.json()["items"]
    return items


class TestList:
    async def test_says_what_a_reviewer_needs_to_know(self, ended: House) -> None:
        await file(ended, "seller_metric", body=WORDS)
        known = await decided(ended)

        [shown] = await listed(ended, "jonas")

        assert shown["body"] == WORDS.model_dump(mode="json", by_alias=True)
        assert {name: shown[name] for name in shown.keys() - {"body", "filed_at"}} == {
            "id": APPEAL,
            "case": CASE,
            "marketplace": "harbour",
            "issue_type": "buyer_dispute",
            "team": "verification",
            "assignee": None,
            "decisions": [known["seller_metric"]["decision"]],
            "ground": "new_evidence",
            "required_authority": known["seller_metric"]["authority_level"],
            "not_for": [MEMBERS["mara"]],
            "outcome": None,
            "decided_at": None,
        }

    async def test_masks_the_words_from_who_is_not_cleared(self, ended: House) -> None:
        await file(ended, "seller_metric", body=WORDS)

        [shown] = await listed(ended, "jonas", clearances=[])

        assert shown["body"] == {"masked": True, "class": "message"}

    @pytest.mark.parametrize(
        ("by", "claims", "count"),
        [
            ("mara", {}, 0),  # decided it
            ("mara", {"member": an_id("mem", 9)}, 1),  # another agent of her team
            ("mara", {"member": an_id("mem", 9), "teams": ["finance"]}, 0),
            ("mara", {"member": an_id("mem", 9), "authority": 1}, 0),
            ("sofia", {"teams": [], "authority": 0}, 1),  # sees all teams
            ("sofia", {"member": MEMBERS["mara"]}, 0),
            ("ines", {}, 1),
            ("boris", {}, 0),
            ("sofia", {"marketplaces": ["bazaar"]}, 0),
            ("sofia", {"marketplaces": []}, 0),
        ],
    )
    async def test_is_for_who_may_decide_it(
        self, ended: House, by: str, claims: dict[str, Any], count: int
    ) -> None:
        await file(ended, "seller_metric")

        assert len(await listed(ended, by, **claims)) == count

    async def test_wants_the_authority_that_the_decision_took(self, ended: House) -> None:
        await file(ended, "claim_funding")
        another = {"member": an_id("mem", 9)}

        assert await listed(ended, "mara", **another) == []
        assert len(await listed(ended, "mara", **another, authority=3)) == 1

    async def test_moves_an_appeal_to_those_that_are_answered(self, ended: House) -> None:
        await appeal(ended, "seller_metric")
        assert await listed(ended, "jonas", "?state=decided") == []

        await ended.on_case("decisions", METRIC, by="jonas")

        assert await listed(ended, "jonas") == []
        [shown] = await listed(ended, "jonas", "?state=decided")
        assert (shown["id"], shown["outcome"]) == (APPEAL, "upheld")
        assert shown["decided_at"] is not None

    async def test_goes_page_by_page_oldest_first(self, ended: House) -> None:
        await appeal(ended, "seller_metric")
        copies = [an_id("apl", number) for number in range(2, 6)]
        async with ended.engine.begin() as connection:
            for place, copy in enumerate(copies, start=1):
                await connection.execute(
                    text(_COPY), {"id": to_uuid(copy), "minutes": timedelta(minutes=place)}
                )
                await connection.execute(text(_FOLD), {"id": copy, "like": APPEAL})

        seen, cursor = [], ""
        while True:
            answer = await ended.get(f"/v1/appeals?limit=2{cursor}", by="jonas")
            page = answer.json()
            seen += [one["id"] for one in page["items"]]
            if page["next"] is None:
                break
            cursor = f"&cursor={page['next']}"

        assert seen == [APPEAL, *copies]


_COPY = """
insert into appeals select cast(:id as uuid), marketplace, case_id, body, authority_level, not_for,
    filed_at + :minutes, outcome, decided_at
from appeals where outcome is null order by filed_at limit 1
"""
_FOLD = """
update case_view set state = jsonb_set(
    state, array['appeals', cast(:id as text)], state -> 'appeals' -> cast(:like as text))
"""
