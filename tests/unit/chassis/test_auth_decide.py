from typing import Any

import pytest

from builders_contracts import CASE, E1, MARA, an_id, fold_all
from chassis.auth import (
    Action,
    Allow,
    Deny,
    Principal,
    Reason,
    Resource,
    Scope,
    UnusableIdentity,
    decide,
    principal_of,
    resource_of,
)
from identities import WHO, claims_of

HERE = Resource(
    marketplace="harbour",
    seller="sel_a",
    teams=frozenset({"verification"}),
    partner_teams=frozenset({"finance"}),
    members=frozenset({"mem_m"}),
)


def someone(**changes: object) -> Principal:
    given: dict[str, Any] = {
        "subject": "x",
        "kind": "person",
        "roles": ("agent",),
        "marketplaces": frozenset({"harbour"}),
    }
    return Principal(**(given | changes))


class TestDecide:
    @pytest.mark.parametrize(
        ("scope", "who"),
        [
            (Scope.MARKETPLACE, someone()),
            (Scope.TEAM, someone(teams=frozenset({"verification"}))),
            (Scope.WORKER, someone(member="mem_m")),
            (Scope.PARTNER, someone(teams=frozenset({"finance"}))),
            (Scope.OWN, someone(kind="seller", sellers=frozenset({"sel_a"}))),
            (Scope.SELF, someone(member="mem_m")),
            (Scope.ANY, someone(marketplaces=frozenset())),
            (Scope.TEAM | Scope.WORKER, someone(member="mem_m")),
        ],
    )
    def test_allows_what_a_scope_reaches(self, scope: Scope, who: Principal) -> None:
        assert isinstance(decide(who, Action("do", {"agent": scope}), HERE), Allow)

    @pytest.mark.parametrize(
        "scope", [Scope.TEAM, Scope.WORKER, Scope.PARTNER, Scope.OWN, Scope.SELF]
    )
    def test_forbids_what_no_scope_reaches(self, scope: Scope) -> None:
        decision = decide(someone(), Action("do", {"agent": scope}), HERE)

        assert decision == Deny(Reason.FORBIDDEN)

    def test_forbids_by_default(self) -> None:
        assert decide(someone(), Action("do", {}), HERE) == Deny(Reason.FORBIDDEN)
        assert decide(someone(roles=()), Action("do", {"agent": Scope.ANY}), HERE) == Deny(
            Reason.FORBIDDEN
        )

    @pytest.mark.parametrize(
        "who",
        [
            someone(marketplaces=frozenset({"bazaar"}), member="mem_m"),
            someone(marketplaces=frozenset()),
            someone(kind="seller", sellers=frozenset({"sel_b"})),
            someone(kind="seller"),
        ],
    )
    def test_hides_what_is_foreign(self, who: Principal) -> None:
        everything = Scope.MARKETPLACE | Scope.OWN | Scope.WORKER

        assert decide(who, Action("do", {"agent": everything}), HERE) == Deny(Reason.UNKNOWN)

    def test_never_takes_a_missing_name_for_a_match(self) -> None:
        """Someone without a member id, something without a seller: nothing equals nothing."""
        nobody = someone(member=None, kind="seller", sellers=frozenset())
        nothing = Resource(marketplace=None)

        assert decide(nobody, Action("do", {"agent": Scope.OWN}), nothing) == Deny(Reason.UNKNOWN)

    def test_says_which_classes_may_be_shown(self) -> None:
        who = someone(clearances=frozenset({"message"}))

        decision = decide(who, Action("do", {"agent": Scope.MARKETPLACE}), HERE)

        assert decision == Allow(classes=frozenset({"message"}))


class TestResourceOf:
    def test_is_what_the_fold_says(self) -> None:
        state = fold_all(E1[:13])

        resource = resource_of(state)

        assert state.case_id == CASE
        assert resource == Resource(
            marketplace="harbour",
            seller=an_id("sel"),
            teams=frozenset({"verification"}),
            partner_teams=frozenset({"finance"}),
            members=frozenset({MARA}),
        )


class TestPrincipalOf:
    @pytest.mark.parametrize(
        ("name", "pseudonym"),
        [
            ("mara", "agent:mem_"),
            ("jonas", "senior_agent:mem_"),
            ("ines", "compliance:mem_"),
            ("finance-desk", "partner:finance/mem_"),
            ("harbour-front-end", "front_end:harbour-front-end"),
            ("service-router", "service:router"),
            ("seller-clay-and-co", "seller:unknown"),
        ],
    )
    def test_names_everyone_by_a_pseudonym(self, name: str, pseudonym: str) -> None:
        assert principal_of(claims_of(name)).pseudonym.startswith(pseudonym)

    @pytest.mark.parametrize("name", sorted(WHO))
    def test_reads_every_identity(self, name: str) -> None:
        principal = principal_of(claims_of(name))

        assert principal.subject == name
        assert principal.roles

    @pytest.mark.parametrize(
        ("name", "changed"),
        [
            ("mara", {"member": None}),
            ("mara", {"member": "mara"}),
            ("mara", {"roles": "agent"}),
            ("mara", {"roles": []}),
            ("mara", {"roles": ["agent", "service"]}),
            ("mara", {"authority": "4"}),
            ("mara", {"marketplaces": ["a b"]}),
            ("finance-desk", {"teams": []}),
            ("seller-clay-and-co", {"seller_ref": None}),
            ("seller-clay-and-co", {"seller_ref": ""}),
            ("service-router", {"service": None}),
        ],
    )
    def test_refuses_who_does_not_say_enough(self, name: str, changed: dict[str, object]) -> None:
        with pytest.raises(UnusableIdentity):
            principal_of(claims_of(name) | changed)

    def test_keeps_the_sellers_handle_out_of_logs(self) -> None:
        assert "clay-and-co'" not in repr(principal_of(claims_of("seller-clay-and-co"))).replace(
            "seller-clay-and-co", ""
        )
