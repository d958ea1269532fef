"""Who may decide what, whom to ask for it, and how far a case may climb by asking."""

import pytest

from playbook.assets import Ladder
from playbook.model import Playbook
from playbook.rights import approval_path, highest_level, right_for


def without_rights(playbook: Playbook) -> Playbook:
    ways = playbook.escalation.model_copy(update={"decision_rights": ()})
    return playbook.model_copy(update={"escalation": ways})


def without_level(playbook: Playbook, level: int) -> Playbook:
    rights = tuple(
        one for one in playbook.escalation.decision_rights if one.authority_level != level
    )
    ways = playbook.escalation.model_copy(update={"decision_rights": rights})
    return playbook.model_copy(update={"escalation": ways})


def ladder(playbook: Playbook, name: str) -> Ladder:
    return next(one for one in playbook.escalation.ladders if one.id == name)


class TestRightFor:
    @pytest.mark.covers("OW-5")
    @pytest.mark.parametrize(("level", "role"), [(0, "agent"), (3, "senior_agent"), (4, "council")])
    def test_is_the_nearest_that_reaches(self, playbook: Playbook, level: int, role: str) -> None:
        right = right_for(playbook, level)

        assert right is not None
        assert (right.authority_level, right.role) == (level, role)

    def test_is_the_next_above_where_a_level_has_none(self, playbook: Playbook) -> None:
        right = right_for(without_level(playbook, 3), 3)

        assert right is not None
        assert right.authority_level == 4

    def test_is_none_above_all(self, playbook: Playbook) -> None:
        assert right_for(playbook, 5) is None
        assert right_for(without_rights(playbook), 0) is None


class TestApprovalPath:
    @pytest.mark.covers("OW-5")
    @pytest.mark.parametrize(
        ("level", "path"),
        [
            (0, ("agent", "senior_agent", "council")),
            (2, ("agent", "senior_agent", "council")),
            (3, ("senior_agent", "council")),
            (4, ("council",)),
            (5, ()),
        ],
    )
    def test_begins_with_the_nearest_who_may(
        self, playbook: Playbook, level: int, path: tuple[str, ...]
    ) -> None:
        assert approval_path(playbook, level) == path

    def test_goes_by_level_however_they_are_written(self, playbook: Playbook) -> None:
        rights = playbook.escalation.decision_rights[::-1]
        ways = playbook.escalation.model_copy(update={"decision_rights": rights})

        turned = approval_path(playbook.model_copy(update={"escalation": ways}), 0)

        assert turned == approval_path(playbook, 0)


class TestHighestLevel:
    @pytest.mark.parametrize(
        ("issue_type", "name", "level"),
        [
            ("listing_error", "standard", 1),
            ("chargeback", "standard", 2),
            ("payout_hold", "standard", 3),
            ("chargeback", "high_impact", 1),
            ("listing_error", "operators", 1),  # no rung of the boundary's: the top of the ladder
            ("of_tomorrow", "standard", 3),
        ],
    )
    def test_is_the_boundary_of_the_type_on_the_ladder(
        self, playbook: Playbook, issue_type: str, name: str, level: int
    ) -> None:
        assert highest_level(playbook, issue_type, ladder(playbook, name)) == level
