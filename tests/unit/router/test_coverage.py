"""Which of a queue's owners is at work at a moment."""

from datetime import UTC, datetime

import pytest

from builders_resolution import the_playbook
from playbook.policies import Queue
from router.domain.coverage import covering_teams, is_on_shift

QUEUE = Queue(id="verification", team="verification", secondary="seller_care")
MONDAY_NOON = datetime(2026, 11, 23, 12, 0, tzinfo=UTC)
MONDAY_NIGHT = datetime(2026, 11, 23, 3, 0, tzinfo=UTC)


class TestCoveringTeams:
    def test_are_both_owners_while_their_calendars_are_open(self) -> None:
        teams = covering_teams(the_playbook(), QUEUE, at=MONDAY_NOON)

        assert teams == ("verification", "seller_care")

    def test_are_none_at_night(self) -> None:
        assert covering_teams(the_playbook(), QUEUE, at=MONDAY_NIGHT) == ()

    def test_name_an_owner_once(self) -> None:
        alone = Queue(id="triage", team="verification", secondary="verification")

        assert covering_teams(the_playbook(), alone, at=MONDAY_NOON) == ("verification",)


class TestIsOnShift:
    @pytest.mark.parametrize("team", ["nobody", ""])
    def test_is_never_so_for_a_team_that_the_playbook_does_not_have(self, team: str) -> None:
        assert not is_on_shift(the_playbook(), team, at=MONDAY_NOON)
