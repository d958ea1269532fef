"""Cases, sellers and forms read over HTTP, and by whom."""

import pytest

from builders_contracts import a_classification, a_route, an_id
from intake_stand import FRONT_END, SELLER, Stand, a_case

ANOTHER = {"ref": "another", "tier": "smb", "region": "UK"}


class TestReadCase:
    async def test_shows_it_as_filed_with_its_status(self, stand: Stand) -> None:
        case = await stand.filed()
        await stand.hear(case, a_classification(), a_route())

        response = await stand.get(f"/v1/cases/{case}")

        shown = response.json()
        assert response.headers["etag"] == '"2"'
        assert (shown["status"], shown["classified_as"]) == ("queued", "payout_hold")
        assert shown["facts"]["amount"] == {"amount_minor": 184050, "currency": "GBP"}
        assert shown["evidence_on_file"][0]["valid_until"] == "2031-04-01"

    @pytest.mark.covers("SE-3")
    async def test_masks_what_the_reader_is_not_cleared_for(self, stand: Stand) -> None:
        facts = a_case()["facts"] | {"bank_account_ref": "ACC-1"}
        case = await stand.filed(facts=facts)
        await stand.hear(case, a_route())

        by_agent = (await stand.get(f"/v1/cases/{case}", who="mara")).json()
        by_seller = (await stand.get(f"/v1/cases/{case}", who=SELLER)).json()

        assert by_agent["facts"]["bank_account_ref"] == {"masked": True, "class": "bank"}
        assert stand.vault.read(by_agent["description"], case=case).startswith("My payout")
        assert by_seller["description"] == {"masked": True, "class": "narrative"}

    async def test_is_for_those_who_have_to_do_with_it(self, stand: Stand) -> None:
        case = await stand.filed()
        foreign = await stand.filed(external_ref="HB-2", seller=ANOTHER)

        answers = {
            who: (await stand.get(f"/v1/cases/{case}", who=who)).status_code
            for who in (FRONT_END, SELLER, "sofia", "ines", "mara", "olga", "boris")
        }

        assert answers == {
            FRONT_END: 200,
            SELLER: 200,
            "sofia": 200,
            "ines": 200,
            "mara": 403,  # not in a queue of her team
            "olga": 403,
            "boris": 404,
        }
        assert (await stand.get(f"/v1/cases/{foreign}", who=SELLER)).status_code == 404

    @pytest.mark.parametrize("case", [an_id("case", 5), "case_x", "evd_01m8", "x' or 1=1"])
    async def test_does_not_find_what_nobody_filed(self, stand: Stand, case: str) -> None:
        assert (await stand.get(f"/v1/cases/{case}")).status_code == 404


class TestListCases:
    async def test_goes_page_by_page_newest_first(self, stand: Stand) -> None:
        filed = [
            await stand.filed(external_ref=f"HB-{n}", issue_type="of_tomorrow") for n in range(3)
        ]

        first = await stand.get("/v1/cases?limit=2")
        rest = await stand.get(f"/v1/cases?limit=2&cursor={first.json()['next']}")

        ids = [case["id"] for page in (first, rest) for case in page.json()["items"]]
        assert ids == filed[::-1]
        assert 'rel="next"' in first.headers["link"]
        assert rest.json()["next"] is None

    async def test_narrows_by_each_filter(self, stand: Stand) -> None:
        one = await stand.filed()
        two = await stand.filed(external_ref="HB-2", seller=ANOTHER, issue_type="of_tomorrow")
        await stand.hear(one, a_route())
        seller = (await stand.get(f"/v1/cases/{two}")).json()["seller"]

        found = {
            query: [case["id"] for case in (await stand.get(f"/v1/cases?{query}")).json()["items"]]
            for query in (
                "external_ref=HB-20931",
                "status=queued",
                "issue_type=of_tomorrow",
                f"seller={seller}",
                "external_ref=HB-3",
            )
        }

        assert list(found.values()) == [[one], [one], [two], [two], []]

    async def test_finds_a_case_by_the_id_of_a_contact_merged_into_it(self, stand: Stand) -> None:
        case = await stand.filed()
        await stand.filed(external_ref="HB-2", seller=ANOTHER)
        merged = await stand.post(a_case(external_ref="FR-M1"))

        found = {
            who: (await stand.get("/v1/cases?external_ref=FR-M1", who=who)).json()["items"]
            for who in (FRONT_END, SELLER, "bazaar-front-end")
        }

        assert merged.json()["merged"] is True
        assert {who: [one["id"] for one in items] for who, items in found.items()} == {
            FRONT_END: [case],
            SELLER: [case],
            "bazaar-front-end": [],
        }

    async def test_shows_a_seller_itself_only(self, stand: Stand) -> None:
        own = await stand.filed()
        foreign = await stand.filed(external_ref="HB-2", seller=ANOTHER)
        seller = (await stand.get(f"/v1/cases/{foreign}")).json()["seller"]

        mine = (await stand.get("/v1/cases", who=SELLER)).json()["items"]
        theirs = (await stand.get(f"/v1/cases?seller={seller}", who=SELLER)).json()["items"]
        elsewhere = (await stand.get("/v1/cases", who="bazaar-front-end")).json()["items"]

        assert [case["id"] for case in mine] == [own]
        assert theirs == elsewhere == []

    @pytest.mark.parametrize(
        "query",
        ["cursor=WzEsMl0", "cursor=%00", "limit=0", "limit=201", "seller=mem_1", "status=%27"],
    )
    async def test_refuses_what_is_no_question(self, stand: Stand, query: str) -> None:
        response = await stand.get(f"/v1/cases?{query}")

        assert (response.status_code, response.json()["code"]) == (422, "invalid-body")


class TestLookUpSeller:
    async def test_turns_a_handle_into_a_pseudonym(self, stand: Stand) -> None:
        case = await stand.filed()
        seller = (await stand.get(f"/v1/cases/{case}")).json()["seller"]

        for who in (FRONT_END, SELLER):
            response = await _look_up(stand, "clay-and-co", who=who)
            assert response == (200, seller)

    async def test_finds_nobody_else(self, stand: Stand) -> None:
        await stand.filed()
        await stand.filed(external_ref="HB-2", seller=ANOTHER)

        assert (await _look_up(stand, "unknown"))[0] == 404
        assert (await _look_up(stand, "another", who=SELLER))[0] == 404
        assert (await _look_up(stand, "clay-and-co", who="bazaar-front-end"))[0] == 404
        assert (await _look_up(stand, "clay-and-co", who="mara"))[0] == 403


async def _look_up(stand: Stand, ref: str, *, who: str = FRONT_END) -> tuple[int, str | None]:
    body = {"marketplace": "harbour", "ref": ref}
    response = await stand.client.post("/v1/sellers/lookup", json=body, headers=stand.headers(who))
    return response.status_code, response.json().get("seller")


class TestForms:
    @pytest.mark.covers("IN-6")
    async def test_say_what_to_ask_and_why(self, stand: Stand) -> None:
        form = (await stand.get("/v1/issue-types/payout_hold/form?language=de&region=DE")).json()

        assert form["language"] == "de"
        assert [field["name"] for field in form["fields"]][:2] == ["payout_ref", "amount"]
        assert all(item["why"] for item in form["evidence"])

    @pytest.mark.covers("IN-2")
    async def test_are_there_for_each_type(self, stand: Stand) -> None:
        types = (await stand.get("/v1/issue-types")).json()["items"]

        assert len(types) >= 16
        for one in types:
            form = await stand.get(f"/v1/issue-types/{one['issue_type']}/form")
            assert form.status_code == 200

    async def test_of_unknown_types_or_foreign_marketplaces_do_not_exist(
        self, stand: Stand
    ) -> None:
        assert (await stand.get("/v1/issue-types/of_tomorrow/form")).status_code == 404
        assert (await stand.get("/v1/issue-types?marketplace=bazaar")).status_code == 404
