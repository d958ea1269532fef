"""Who takes an escalation."""

import pytest

from builders_contracts import an_id
from sla_monitor.domain.staffing import Member, choose_person


def someone(
    number: int, role: str = "senior_agent", *, authority: int = 3, team: str = "verification"
) -> Member:
    return Member(
        member=an_id("mem", number),
        teams=frozenset({team}),
        roles=frozenset({role}),
        authority=authority,
    )


class TestChoosePerson:
    @pytest.mark.covers("ES-6")
    def test_takes_a_senior_agent_with_authority_for_a_senior_reviewer(self) -> None:
        members = [
            someone(1, "agent"),
            someone(2, authority=2),
            someone(3),
            someone(4, "supervisor"),
        ]

        chosen = choose_person(members, target_role="senior_reviewer", team="verification")

        assert chosen == an_id("mem", 3)

    def test_prefers_authority_then_the_lowest_id(self) -> None:
        members = [someone(5), someone(9, authority=4), someone(7, authority=4)]

        chosen = choose_person(members, target_role="senior_reviewer", team="verification")

        assert chosen == an_id("mem", 7)

    def test_looks_in_the_team_that_leads_only(self) -> None:
        chosen = choose_person(
            [someone(1, team="seller_care")], target_role="senior_reviewer", team="verification"
        )

        assert chosen is None

    def test_looks_in_all_teams_for_the_council(self) -> None:
        members = [someone(1, "council", team="product")]

        assert choose_person(members, target_role="council", team=None) == an_id("mem", 1)

    def test_takes_a_role_that_is_no_duty_as_it_is(self) -> None:
        members = [someone(1), someone(2, "supervisor", authority=0)]

        chosen = choose_person(members, target_role="supervisor", team="verification")

        assert chosen == an_id("mem", 2)

    def test_finds_nobody_for_a_case_without_a_team(self) -> None:
        assert choose_person([someone(1)], target_role="senior_reviewer", team=None) is None
