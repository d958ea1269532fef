"""When a case has been sent to and fro long enough, and who ends it."""

import pytest
from hypothesis import given, strategies as st

from router.domain.ping_pong import (
    Outcome,
    Stay,
    choose_arbiter,
    decide_freeze,
    may_arbitrate,
)
from router.domain.work import Member

HOME = Stay(team="verification", rule="missing_evidence", outcome="here")


def moved(team: str) -> Stay:
    return Stay(team=team, rule="r", outcome="moved")


def here(team: str) -> Stay:
    return Stay(team=team, rule="r", outcome="here")


def handed(team: str, outcome: Outcome) -> Stay:
    return Stay(team=team, rule=f"{team}@1", outcome=outcome, handed=True)


def reason(*stays: Stay, to: str) -> str | None:
    freeze = decide_freeze(stays, next_team=to)
    return freeze.reason if freeze else None


class TestDecideFreeze:
    @pytest.mark.covers("RT-12")
    def test_freezes_what_goes_back_to_a_team_that_let_it_go(self) -> None:
        """E29: finance says trust & safety, and trust & safety says finance."""
        stays = [HOME, handed("finance", "wrong_team"), handed("trust", "wrong_team")]

        freeze = decide_freeze(stays, next_team="finance")

        assert freeze is not None
        assert (freeze.reason, freeze.trail) == (
            "ping_pong",
            ("verification", "finance", "trust", "finance"),
        )
        assert freeze.rules == ("missing_evidence", "finance@1", "trust@1")

    @pytest.mark.parametrize(
        ("stays", "to"),
        [
            ([moved("verification"), here("seller_care")], "verification"),
            ([HOME, handed("finance", "wrong_team"), here("seller_care")], "finance"),
        ],
    )
    def test_freezes_a_circle_of_queues_as_well(self, stays: list[Stay], to: str) -> None:
        assert reason(*stays, to=to) == "ping_pong"

    @pytest.mark.parametrize(
        "stays",
        [
            [HOME, handed("finance", "wrong_team"), handed("trust", "wrong_team")],
            [moved("verification"), moved("seller_care"), here("finance_desk")],
            [moved("verification"), here("seller_care"), handed("finance", "wrong_team")],
        ],
    )
    def test_freezes_the_third_transfer_whoever_it_is_to(self, stays: list[Stay]) -> None:
        assert reason(*stays, to="legal") == "third_transfer"

    @pytest.mark.parametrize(
        ("stays", "to"),
        [
            ([], "finance"),
            ([HOME], "finance"),
            ([HOME, handed("finance", "wrong_team")], "finance"),  # once more, with better papers
            ([HOME, handed("finance", "wrong_team")], "trust"),
            ([moved("verification"), here("seller_care")], "finance"),
            # What was missing is brought, and what was done is done: work, and no transfer.
            ([HOME, handed("finance", "returned"), handed("trust", "returned")], "finance"),
            ([HOME, *(handed(t, "done") for t in ("finance", "trust", "legal"))], "finance"),
            ([HOME, handed("finance", "here"), handed("trust", "here")], "legal"),  # in parallel
        ],
    )
    def test_leaves_alone_what_is_work(self, stays: list[Stay], to: str) -> None:
        assert reason(*stays, to=to) is None

    @given(st.lists(st.sampled_from(["returned", "done", "here"]), max_size=8))
    def test_never_freezes_for_handoffs_that_nobody_called_wrong(
        self, outcomes: list[Outcome]
    ) -> None:
        stays = [HOME, *(handed(f"t{n % 3}", outcome) for n, outcome in enumerate(outcomes))]

        assert decide_freeze(stays, next_team="t0") is None

    @given(st.lists(st.sampled_from("abcd"), min_size=4, max_size=8))
    def test_lets_no_case_wander_through_queues_for_ever(self, teams: list[str]) -> None:
        stays = [*(moved(team) for team in teams[:-1]), here(teams[-1])]

        assert decide_freeze(stays, next_team="e") is not None


def a_person(name: str, *, authority: int, team: str = "verification", **changes: str) -> Member:
    return Member(
        member=name,
        login=name,
        name=name,
        marketplaces=(changes.get("marketplace", "harbour"),),
        teams=(team,),
        roles=(changes.get("role", "supervisor"),),
        authority=authority,
    )


class TestChooseArbiter:
    @pytest.mark.parametrize(
        ("people", "chosen"),
        [
            ([a_person("b", authority=3), a_person("a", authority=3)], ("a", "supervisor")),
            ([a_person("a", authority=3), a_person("b", authority=4)], ("b", "supervisor")),
            (
                [a_person("a", authority=4, team="other"), a_person("b", authority=3)],
                ("b", "supervisor"),
            ),
            ([a_person("a", authority=1)], (None, "council")),
            ([a_person("a", authority=3, role="agent")], (None, "council")),
            ([a_person("a", authority=3, marketplace="bazaar")], (None, "council")),
            ([], (None, "council")),
        ],
    )
    def test_names_who_may_decide(
        self, people: list[Member], chosen: tuple[str | None, str]
    ) -> None:
        arbiter = choose_arbiter(people, marketplace="harbour", team="verification", authority=2)

        assert arbiter == chosen


class TestMayArbitrate:
    @pytest.mark.parametrize(
        ("role", "authority", "arbiter_role", "may"),
        [
            ("supervisor", 3, "supervisor", True),
            ("supervisor", 2, "supervisor", False),
            ("supervisor", 4, "council", False),
            ("senior_agent", 4, "supervisor", False),
            ("council", 0, "supervisor", True),
            ("council", 0, "council", True),
        ],
    )
    def test_asks_for_the_role_and_for_enough_authority(
        self,
        role: str,
        authority: int,
        arbiter_role: str,
        may: bool,  # noqa: FBT001 - a case
    ) -> None:
        assert may is may_arbitrate(
            (role,), authority=authority, arbiter_role=arbiter_role, needed=3
        )
