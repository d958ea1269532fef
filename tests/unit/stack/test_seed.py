import json

import pytest

from stack.seed import IDENTITIES, claims_of, members_file

AGENT = ["identity", "narrative", "message", "evidence_file"]


class TestIdentities:
    def test_are_those_of_the_documentation(self) -> None:
        people = {login for login in IDENTITIES if not login.startswith("service-")}

        assert people == {
            *("harbour-front-end", "seller-clay-and-co", "bazaar-front-end", "seller-bazaar-one"),
            *("mara", "jonas", "sofia", "boris", "ines", "ivo", "petra", "paul"),
            *("finance-desk", "trust-desk", "product-desk", "engineering-desk", "legal-desk"),
            *("carla", "chen", "cosima", "olga", "oskar"),
            *("lena", "omar", "priya", "tomas", "nora", "aki", "ian", "vera", "greta"),
            "policy-desk",
        }

    @pytest.mark.parametrize(
        ("login", "authority"),
        [("mara", 2), ("boris", 2), ("jonas", 3), ("sofia", 3), ("carla", 4), ("olga", 0)],
    )
    def test_have_their_authority(self, login: str, authority: int) -> None:
        assert IDENTITIES[login].authority == authority

    @pytest.mark.parametrize(
        ("login", "clearances"),
        [
            ("mara", AGENT),
            ("jonas", [*AGENT, "bank", "contact"]),
            ("finance-desk", ["narrative", "evidence_file"]),
            ("trust-desk", ["narrative", "evidence_file", "risk"]),
            ("olga", []),
            ("service-router", []),
            ("service-resolution", ["message", "contact"]),
            ("service-intake", ["evidence_file"]),
        ],
    )
    def test_may_open_these_classes(self, login: str, clearances: list[str]) -> None:
        assert claims_of(IDENTITIES[login])["clearances"] == clearances

    def test_of_harbour_also_hold_its_demonstration(self) -> None:
        holders = [one for one in IDENTITIES.values() if "harbour" in one.marketplaces]

        assert all("harbour-demo" in one.marketplaces for one in holders)

    def test_of_bazaar_hold_nothing_else(self) -> None:
        assert IDENTITIES["boris"].marketplaces == ("bazaar",)
        assert IDENTITIES["bazaar-front-end"].marketplaces == ("bazaar",)

    def test_name_each_person_by_a_pseudonym_of_its_own(self) -> None:
        members = [one.member for one in IDENTITIES.values() if one.member]

        assert len(members) == len(set(members)) == 28
        assert all(member.startswith("mem_") and len(member) == 30 for member in members)


class TestClaimsOf:
    def test_leaves_out_what_someone_is_not(self) -> None:
        claims = claims_of(IDENTITIES["seller-clay-and-co"])

        assert claims["seller_ref"] == "clay-and-co"
        assert not {"member", "service", "login", "skills", "capacity"} & set(claims)


class TestMembersFile:
    def test_holds_people_and_neither_sellers_nor_services(self) -> None:
        people = json.loads(members_file())

        mara = next(person for person in people if person["login"] == "mara")
        assert (mara["capacity"], mara["teams"]) == (20, ["verification", "seller_care"])
        assert len(people) == 28
        assert "seller_ref" not in mara
