"""E25, on the stack of all scenarios: one fault after a release, and many who report it."""

import pytest

from scenario_lives import Lives
from scenario_stage import Lived


def later(lives: Lives) -> Lived:
    return lives.of("E25 later")


class TestE25:
    @pytest.mark.covers("RT-6")
    def test_is_as_urgent_for_a_small_seller(self, lives: Lives) -> None:
        lived = lives.of("e25_trap_small_seller")

        assert (lived.one("case.routed")["queue"], lived.one("case.classified")["severity"]) == (
            "incidents",
            "high",
        )

    def test_is_asked_of_engineering_once_with_steps_and_request_numbers(
        self, lives: Lives
    ) -> None:
        lived = later(lives)

        wanted = {"/payload/steps", "/payload/expected", "/payload/observed"}
        assert {one["pointer"] for one in lived.learnt["guess"]["errors"]} == wanted
        assert lived.one("handoff.requested")["payload"]["request_ids"] == ["RQ-25"]

    def test_has_its_duplicates_below_it(self, lives: Lives) -> None:
        lived = later(lives)

        assert {one["id"] for one in lived.learnt["children"]["items"]} == lived.learnt["ids"]

    def test_is_found_by_a_duplicate_with_the_same_marks(self, lives: Lives) -> None:
        learnt = later(lives).learnt

        found = learnt["found"]
        assert found["parent"] == later(lives).case
        assert found["matched"][0]["same"] == ["interface", "http_status", "release"]
        assert len(learnt["duplicate's status"]["incident"]) >= 1

    def test_is_proposed_to_a_supervisor_where_a_mark_is_not_known(self, lives: Lives) -> None:
        learnt = later(lives).learnt

        asked_about = learnt["asked about"]
        [proposed] = [one for one in learnt["proposed"]["items"] if one["id"] == asked_about]
        assert (proposed["same"], proposed["other"]) == (["interface", "http_status"], ["release"])
        assert asked_about not in {one["id"] for one in learnt["still proposed"]["items"]}
