"""Placing and releasing take two people; a hold stands with the first word."""

from dataclasses import replace
from datetime import UTC, datetime

import pytest

from audit.domain.hold import Hold, Scope, Step, decide_placing, decide_release

NOON = datetime(2026, 11, 22, 12, 0, tzinfo=UTC)
INES, IVO = "compliance:mem_1", "compliance:mem_2"
PLACED = Hold(
    id="hld_1",
    scope=Scope(marketplace="harbour", seller="sel_1"),
    reason="litigation",
    placed_by=INES,
    placed_at=NOON,
)
CONFIRMED = replace(PLACED, approved_by=IVO, approved_at=NOON)
ASKED = replace(CONFIRMED, release_requested_by=INES, release_requested_at=NOON)
RELEASED = replace(ASKED, released_by=IVO, released_at=NOON)


class TestHold:
    @pytest.mark.parametrize(
        ("hold", "state"),
        [
            (PLACED, "placed"),
            (CONFIRMED, "confirmed"),
            (ASKED, "release_requested"),
            (RELEASED, "released"),
        ],
    )
    def test_says_how_far_it_is(self, hold: Hold, state: str) -> None:
        assert hold.state == state

    def test_is_about_its_case_then_its_seller(self) -> None:
        scope = Scope(marketplace="harbour", seller="sel_1", case="case_1")

        assert (scope.subject, replace(scope, case=None).subject) == ("case_1", "sel_1")


class TestDecidePlacing:
    @pytest.mark.parametrize(
        ("same", "by", "step"),
        [
            (None, INES, Step.FIRST),
            (PLACED, INES, Step.NOTHING),
            (PLACED, "supervisor:mem_1", Step.NOTHING),
            (PLACED, IVO, Step.SECOND),
            (CONFIRMED, INES, Step.NOTHING),
        ],
    )
    def test_needs_another_person_to_confirm(self, same: Hold | None, by: str, step: Step) -> None:
        assert decide_placing(same, by=by) is step


class TestDecideRelease:
    @pytest.mark.parametrize(
        ("hold", "by", "step"),
        [
            (PLACED, INES, Step.FIRST),
            (ASKED, INES, Step.NOTHING),
            (ASKED, "operator:mem_1", Step.NOTHING),
            (ASKED, IVO, Step.SECOND),
            (RELEASED, IVO, Step.NOTHING),
        ],
    )
    def test_needs_another_person_than_who_asked(self, hold: Hold, by: str, step: Step) -> None:
        assert decide_release(hold, by=by) is step
