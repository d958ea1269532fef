from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from playbook.model import Playbook
from playbook.targets import (
    NoTarget,
    Scope,
    due_by,
    find_target,
    is_paused_by,
    is_window,
    reactions,
    targets,
)

MONDAY = datetime(2026, 11, 23, 10, tzinfo=UTC)


def scope(kind: str, **changes: str | None) -> Scope:
    values: dict[str, str | None] = {
        "issue_type": "payout_hold",
        "severity": "medium",
        "tier": "smb",
        "region": "UK",
        "patch": None,
        "team": "verification",
        **changes,
    }
    return Scope(kind=kind, **values)  # type: ignore[arg-type]  # a table of fields


class TestTargets:
    @pytest.mark.parametrize(
        ("asked", "row", "seconds", "calendar"),
        [
            (scope("resolution"), "resolution_payout_hold", 86400, "support-uk@1"),
            (
                scope("resolution", severity="high"),
                "resolution_payout_hold_urgent",
                57600,
                "support-uk@1",
            ),
            (
                scope("resolution", issue_type="feature_request"),
                "resolution",
                144000,
                "support-uk@1",
            ),
            (
                scope("resolution", issue_type=None, tier="strategic"),
                "resolution_strategic",
                86400,
                "support-uk@1",
            ),
            (scope("resolution", region="DE"), "resolution_payout_hold", 86400, "support-de@1"),
            (scope("resolution", region="Mars"), "resolution_payout_hold", 86400, "support-uk@1"),
            (scope("evidence_due", region="DE"), "evidence_due", 21 * 86400, "always@1"),
            (
                scope("evidence_due", region="FR", issue_type="buyer_dispute"),
                "evidence_due_dispute",
                2 * 86400,
                "always@1",
            ),
            (scope("evidence_due", region="FR"), "evidence_due", 14 * 86400, "always@1"),
            (
                scope("evidence_due", region="DE", issue_type="buyer_dispute"),
                "evidence_due_dispute",
                3 * 86400,
                "always@1",
            ),
            (scope("handoff_accept", team="finance"), "handoff_accept", 14400, "finance-uk@1"),
            (scope("handoff_accept", team=None), "handoff_accept", 14400, "support-uk@1"),
            (scope("resolution", patch="demo"), "resolution_payout_hold", 8, "always@1"),
            (scope("evidence_due", patch="demo"), "evidence_due", 300, "always@1"),
            (scope("assign", patch="demo"), "assign", 120, "always@1"),
        ],
    )
    @pytest.mark.covers("ES-1", "IN-14")
    def test_are_chosen_by_the_first_row_that_fits(
        self, playbook: Playbook, asked: Scope, row: str, seconds: int, calendar: str
    ) -> None:
        target = targets(playbook, asked)

        assert (target.row, target.seconds, target.calendar.pin) == (row, seconds, calendar)
        assert target.steps[-1] == 100

    def test_say_which_ladder_follows(self, playbook: Playbook) -> None:
        assert targets(playbook, scope("acknowledge")).ladder == "operators"
        assert targets(playbook, scope("reopen_window")).ladder is None

    def test_are_not_made_up(self, playbook: Playbook) -> None:
        with pytest.raises(NoTarget):
            targets(playbook, scope("coffee_break"))
        with pytest.raises(NoTarget):
            is_window(playbook, "coffee_break")


class TestDueBy:
    def test_counts_on_the_calendar(self, playbook: Playbook) -> None:
        assert due_by(playbook, scope("next_update"), MONDAY) == MONDAY + timedelta(days=1)


class TestDeadlines:
    """A clock that runs towards a date in the facts."""

    @pytest.mark.parametrize(
        ("kind", "changes", "facts", "due"),
        [
            # 2026-12-04 in London ends at midnight UTC, through a weekend and without a pause.
            (
                "bank_deadline",
                {"issue_type": "chargeback"},
                {"answer_by": "2026-12-04"},
                datetime(2026, 12, 5, tzinfo=UTC),
            ),
            # 60 % of eleven days and fourteen hours.
            (
                "bank_answer",
                {"issue_type": "chargeback"},
                {"answer_by": "2026-12-04"},
                MONDAY + timedelta(hours=278) * 60 / 100,
            ),
            # In New York the day begins at 05:00 UTC, and on it it is too late.
            (
                "statutory",
                {"issue_type": "identity_verification", "region": "US"},
                {"suspend_on": "2026-12-03"},
                datetime(2026, 12, 3, 5, tzinfo=UTC),
            ),
        ],
    )
    def test_are_due_by_the_date(
        self,
        playbook: Playbook,
        kind: str,
        changes: dict[str, str],
        facts: dict[str, str],
        due: datetime,
    ) -> None:
        asked = replace(scope(kind, **changes), facts=facts)

        assert due_by(playbook, asked, MONDAY) == due

    @pytest.mark.covers("SC-23")
    def test_have_somebody_told_at_half_three_quarters_and_nine_tenths(
        self, playbook: Playbook
    ) -> None:
        """Each step before the last reminds a seller whose account the law wants closed (E22)."""
        asked = replace(
            scope("statutory", issue_type="identity_verification"),
            facts={"suspend_on": "2026-12-03"},
            since=MONDAY,
        )

        found = find_target(playbook, asked)

        assert found is not None
        assert found.steps == (50, 75, 90, 100)

    @pytest.mark.parametrize("region", ["UK", "DE", "US"])
    @pytest.mark.parametrize("day", ["0001-01-01", "2026-11-20"])
    def test_are_due_at_once_where_the_day_is_over(
        self, playbook: Playbook, region: str, day: str
    ) -> None:
        asked = replace(
            scope("bank_deadline", issue_type="chargeback", region=region),
            facts={"answer_by": day},
        )

        assert due_by(playbook, asked, MONDAY) == MONDAY + timedelta(seconds=1)

    @pytest.mark.parametrize(
        ("issue_type", "facts"),
        [
            ("chargeback", {}),
            ("payout_hold", {"answer_by": "2026-12-04"}),
            ("chargeback", {"answer_by": "9999-12-31"}),
            ("chargeback", {"answer_by": 7}),
        ],
    )
    def test_do_not_run_without_a_date_that_can_be_meant(
        self, playbook: Playbook, issue_type: str, facts: dict[str, object]
    ) -> None:
        asked = replace(scope("bank_deadline", issue_type=issue_type), facts=facts, since=MONDAY)

        assert find_target(playbook, asked) is None
        with pytest.raises(NoTarget):
            targets(playbook, asked)


class TestReactions:
    @pytest.mark.parametrize(
        ("event", "traits", "expected"),
        [
            (
                "case.opened",
                (),
                {
                    ("acknowledge", "start"),
                    ("first_response", "start"),
                    ("resolution", "start"),
                    ("statutory", "start"),
                    ("facts_due", "start"),
                    ("bank_answer", "start"),
                    ("bank_deadline", "start"),
                    ("facts_due", "start"),
                },
            ),
            ("case.routed", (), {("assign", "start")}),
            ("case.assigned", (), {("assign", "stop")}),
            ("evidence.requested", (), {("evidence_due", "start")}),
            ("evidence.received", (), set()),
            ("evidence.received", ("all_received",), {("evidence_due", "stop")}),
            ("seller.message_sent", (), {("acknowledge", "stop"), ("next_update", "stop")}),
            ("handoff.requested", (), {("bank_answer", "stop"), ("handoff_accept", "start")}),
            ("handoff.accepted", (), {("handoff_accept", "stop"), ("handoff_turnaround", "start")}),
            (
                "handoff.completed",
                (),
                {("bank_deadline", "stop"), ("handoff_turnaround", "stop")},
            ),
            ("note.added", (), set()),
        ],
    )
    def test_are_those_of_the_first_road(
        self, playbook: Playbook, event: str, traits: tuple[str, ...], expected: set[object]
    ) -> None:
        found = {(one.kind, one.action) for one in reactions(playbook, event, traits)}

        assert found == expected

    def test_stop_before_they_start(self, playbook: Playbook) -> None:
        found = reactions(playbook, "seller.message_sent", ("qualifying", "promises"))

        assert [(one.kind, one.action, one.of) for one in found] == [
            ("acknowledge", "stop", "case"),
            ("first_response", "stop", "case"),
            ("next_update", "stop", "message"),
            ("next_update", "start", "message"),
        ]

    def test_end_what_a_resolved_case_leaves(self, playbook: Playbook) -> None:
        found = {(one.kind, one.action) for one in reactions(playbook, "case.resolved")}

        assert ("resolution", "stop") in found
        assert ("reopen_window", "start") in found
        assert ("next_update", "cancel") in found


class TestPauses:
    def test_follow_who_is_waited_for(self, playbook: Playbook) -> None:
        assert is_paused_by(playbook, "resolution", "seller")
        assert is_paused_by(playbook, "resolution", "third_party")
        assert not is_paused_by(playbook, "resolution", "partner")
        assert not is_paused_by(playbook, "acknowledge", "seller")

    def test_tell_windows_from_promises(self, playbook: Playbook) -> None:
        assert is_window(playbook, "evidence_due")
        assert not is_window(playbook, "resolution")
