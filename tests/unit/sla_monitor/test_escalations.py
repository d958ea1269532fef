"""How an escalation goes on."""

from datetime import timedelta

import pytest

from builders_contracts import CASE, MARA, NOON, an_id
from sla_monitor.domain.escalations import Escalation, EscalationOver, acknowledge, resolve

LATER = NOON + timedelta(minutes=5)
RAISED = Escalation(
    escalation_id=an_id("esc"),
    marketplace="harbour",
    case_id=CASE,
    trigger="manual",
    level=1,
    ladder="standard@1",
    target_role="supervisor",
    reason="stuck",
    playbook="marketplace-core@1.0.0",
    raised_at=NOON,
)


class TestAcknowledge:
    def test_notes_who_looks_and_since_when(self) -> None:
        after = acknowledge(RAISED, member=MARA, now=LATER)

        assert (after.state, after.acknowledged_by, after.acknowledged_at) == (
            "acknowledged",
            MARA,
            LATER,
        )

    def test_leaves_the_first_one_in_place(self) -> None:
        first = acknowledge(RAISED, member=MARA, now=NOON)

        assert acknowledge(first, member=an_id("mem", 8), now=LATER) == first

    def test_comes_too_late_once_it_is_over(self) -> None:
        over = resolve(RAISED, outcome="not_needed", now=NOON)

        with pytest.raises(EscalationOver):
            acknowledge(over, member=MARA, now=LATER)

    def test_changes_nothing_about_one_that_was_looked_at_and_is_over(self) -> None:
        over = resolve(acknowledge(RAISED, member=MARA, now=NOON), outcome="decided", now=NOON)

        assert acknowledge(over, member=MARA, now=LATER) == over


class TestResolve:
    def test_notes_how_it_ended(self) -> None:
        after = resolve(RAISED, outcome="decided", now=LATER)

        assert (after.state, after.outcome, after.resolved_at) == ("resolved", "decided", LATER)
        assert not after.is_open

    def test_again_with_the_same_outcome_changes_nothing(self) -> None:
        over = resolve(RAISED, outcome="decided", now=NOON)

        assert resolve(over, outcome="decided", now=LATER) == over

    def test_cannot_end_it_twice_in_different_ways(self) -> None:
        over = resolve(RAISED, outcome="case_ended", now=NOON)

        with pytest.raises(EscalationOver):
            resolve(over, outcome="decided", now=LATER)
