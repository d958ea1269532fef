from dataclasses import replace

import pytest

from playbook.escalation import Occasion, choose_step, next_step
from playbook.model import Playbook

BREACH = Occasion(
    trigger="time",
    issue_type="payout_hold",
    clock_kind="resolution",
    severity="medium",
    marketplace="harbour",
)


class TestChooseStep:
    @pytest.mark.covers("ES-5", "ES-6")
    @pytest.mark.parametrize("marketplace", ["harbour", "harbour-demo"])
    def test_takes_a_late_payout_hold_to_a_senior_reviewer(
        self, playbook: Playbook, marketplace: str
    ) -> None:
        step = choose_step(playbook, replace(BREACH, marketplace=marketplace))

        assert step is not None
        assert (step.level, step.ladder, step.target_role) == (
            2,
            "payout_hold@1",
            "senior_reviewer",
        )
        assert (step.target_member, step.reason) == ("jonas", "resolution_breached")

    def test_names_nobody_where_nobody_holds_the_role_for_good(self, playbook: Playbook) -> None:
        step = choose_step(playbook, replace(BREACH, marketplace="bazaar"))

        assert step is not None
        assert step.target_member is None

    @pytest.mark.parametrize(
        ("occasion", "rule"),
        [
            (replace(BREACH, issue_type="listing_error"), "resolution_too_long"),
            (replace(BREACH, clock_kind="acknowledge"), "not_acknowledged"),
            (replace(BREACH, trigger="manual", clock_kind=None), "someone_asked"),
            (replace(BREACH, trigger="severity", severity="critical"), "severe_from_the_start"),
        ],
    )
    @pytest.mark.covers("ES-2", "ES-3", "ES-4")
    def test_follows_the_first_rule_that_fits(
        self, playbook: Playbook, occasion: Occasion, rule: str
    ) -> None:
        step = choose_step(playbook, occasion)

        assert step is not None
        assert step.rule == rule

    def test_leaves_alone_what_no_rule_names(self, playbook: Playbook) -> None:
        assert choose_step(playbook, replace(BREACH, trigger="severity")) is None


class TestNextStep:
    def test_climbs_to_the_top_and_stays(self, playbook: Playbook) -> None:
        first = choose_step(playbook, BREACH)
        assert first is not None

        second = next_step(playbook, first, marketplace="harbour")
        third = next_step(playbook, second, marketplace="harbour")

        assert (second.level, second.target_role) == (3, "council")
        assert third == second
