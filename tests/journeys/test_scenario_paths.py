"""Scenarios whose one right path the product names by itself, the same to all who ask."""

import pytest

from scenario_filings import the_playbook
from scenario_lives import Lives
from scenario_stage import Lived


def later(lives: Lives, number: str) -> Lived:
    return lives.of(f"{number} later")


class TestE15:
    def test_asks_for_no_plan_of_action(self, lives: Lives) -> None:
        lived = lives.of("E15")

        assert lived.all("evidence.requested") == []
        assert "you do not need a plan of action" in lived.learnt["letter"]["body"]

    @pytest.mark.covers("CX-6")
    def test_says_which_rule_which_field_and_the_fix(self, lives: Lives) -> None:
        body = later(lives, "E15").learnt["letter"]["body"]

        assert "**The rule.** " in body
        assert "**The part of the listing.** Bullet points, the wording “antibacterial”." in body
        assert "**What to do.** Change this part" in body

    @pytest.mark.covers("ME-6")
    def test_is_resolved_by_the_next_check_and_touched_by_nobody(self, lives: Lives) -> None:
        lived = later(lives, "E15")

        assert [one["result"] for one in lived.all("recheck.reported")] == ["fails", "passes"]
        decided = lived.one("decision.recorded")
        assert (decided["decided_by"], decided["outcome"]) == ("automation", "listing_restored")
        assert decided["rules"][0] == "no_touch/seller_mends_named_part"
        assert lived.all("case.assigned") == []
        assert not [one for one in lived.said if one.headers["ce_actor"].startswith("agent:")]

    def test_is_a_persons_where_more_than_a_word_is_at_stake(self, lives: Lives) -> None:
        for trap in ("e15_trap_product_safety", "e15_trap_may_harm"):
            assert lives.of(trap).all("seller.message_sent") == []


class TestE19:
    @pytest.mark.covers("RT-14", "SC-12")
    @pytest.mark.parametrize("answers", ["not mine", "sent before"])
    def test_gives_phone_and_portal_the_same_one_path(self, answers: str, lives: Lives) -> None:
        told = later(lives, "E19").learnt[answers]

        assert told["phone"] == told["portal"] == told["seller"]
        assert told["phone"]["end"]["root_cause"] == "wrong_path"
        assert told["phone"]["playbook"] == the_playbook().pin

    @pytest.mark.covers("RT-9")
    def test_names_the_path_as_what_is_next(self, lives: Lives) -> None:
        lived = later(lives, "E19")

        way = lived.learnt["view"]["next_best_action"]["path"]
        asked = lived.learnt["begun"]["question"]
        assert (way["tree"], way["node"]) == ("one_path_after_a_decision", asked["node"])
        assert [(one["node"], one["answer"]) for one in way["steps"]] == [
            ("about", "restricted_product")
        ]
        assert way["href"] == f"/v1/cases/{lived.case}/walk"

    @pytest.mark.covers("RT-9")
    def test_keeps_what_was_answered_and_goes_on_where_it_stood(self, lives: Lives) -> None:
        lived = later(lives, "E19")

        first, second, corrected = lived.learnt["kept"]
        assert first["question"] is not None
        assert second["steps"][:-1] == first["steps"]
        assert [one["source"] for one in second["steps"]] == ["fact", "kept", "kept"]
        assert corrected["root_cause"] == "wrong_path"
        assert [one["answer"] for one in lived.all("tree.answered")] == ["yes", "yes", "no"]

    @pytest.mark.covers("RT-14")
    def test_shows_every_side_the_path_that_was_kept(self, lives: Lives) -> None:
        lived = later(lives, "E19")

        phone, portal, seller = lived.learnt["read"]
        assert phone == portal == seller
        way = lived.learnt["view after"]["next_best_action"]["path"]
        assert (way["node"], way["advice"]) == (phone["node"], phone["end"]["advice"])
        assert way == lived.learnt["kept"][-1]

    def test_does_not_send_the_fifth_plan_where_the_four_went(self, lives: Lives) -> None:
        assert lives.of("E19").one("case.routed")["queue"] == "policy"
        assert lives.of("e19_trap_first_plan").one("case.routed")["queue"] == "appeals"
