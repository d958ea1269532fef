"""Letters withdrawn after they were used, articles that a language lacks, rules and their time."""

from typing import Any

import pytest

from letter_roads import ARTICLE, MORNING, WITHDRAWN
from scenario_filings import the_playbook
from scenario_lives import Lives
from scenario_stage import Lived


@pytest.fixture
def noon(lives: Lives) -> Lived:
    return lives.of("E30 later")


class TestE30:
    @pytest.mark.covers("GV-10")
    def test_is_sent_no_more_and_says_what_to_use(self, noon: Lived) -> None:
        problem = noon.learnt["refused"]

        assert problem["code"] == "letter-invalidated"
        assert problem["invalidation"]["id"] == noon.learnt["withdrawal"]["id"]
        assert problem["instead"] == "seller_care.update"

    @pytest.mark.covers("GV-10")
    def test_lists_the_cases_that_have_it(self, noon: Lived) -> None:
        listed = noon.learnt["listed"]

        assert [one["case"] for one in listed] == noon.learnt["cases"]
        assert all(len(one["messages"]) == 1 and one["asked"] for one in listed)
        assert noon.learnt["withdrawal"]["cases"] == MORNING

    def test_asks_each_owner_whether_to_write_again(self, noon: Lived) -> None:
        assert [one["verb"] for one in noon.learnt["next"]] == ["decide_recontact"] * MORNING
        outcomes = [one["outcome"] for one in noon.learnt["listed"]]
        assert outcomes == ["contact_again", "no_contact", "no_contact"]
        assert noon.one("recontact.decided")["reason"] == "misled"

    def test_is_not_done_before_the_seller_was_written_to(self, noon: Lived) -> None:
        before, after = (noon.learnt[name]["next_best_action"] for name in ("decided", "written"))

        assert before["verb"] == "write_again"
        assert after["verb"] not in {"write_again", "decide_recontact"}

    @pytest.mark.covers("ES-10")
    def test_tells_the_council_once(self, noon: Lived) -> None:
        [raised] = noon.learnt["council"]

        assert (raised["trigger"], raised["target_role"]) == ("letter_withdrawn", "council")
        assert raised["target_member"]

    @pytest.mark.covers("AU-2")
    def test_is_on_the_trail_of_the_case_and_of_the_policy(self, noon: Lived) -> None:
        told = [one["type"] for one in noon.learnt["trail"]["templates"]]

        assert told[:3] == [
            "seller.message_sent.v1",
            "asset.invalidation_noted.v1",
            "recontact.decided.v1",
        ]
        mine = [one for one in noon.learnt["governance"] if of(noon, one)]
        assert [one["fact"]["asset"] for one in mine] == [WITHDRAWN]
        assert mine[0]["actor"].startswith("policy_owner:mem_")


def of(noon: Lived, event: dict[str, Any]) -> bool:
    return bool(event["subject"] == noon.learnt["withdrawal"]["id"])


class TestE27:
    @pytest.mark.covers("SC-14")
    def test_puts_on_record_what_does_not_exist_in_spanish(self, lives: Lives) -> None:
        lived = lives.of("E27 not in Spanish later")

        found = {name: lived.learnt["gap"][name] for name in ("article", "language", "given")}
        assert found == {"article": ARTICLE, "language": "es", "given": "en"}
        [counted] = [one for one in lived.learnt["gaps"] if one["article"] == ARTICLE]
        assert counted["is_open"]
        assert counted["cases"] >= 1

    def test_answers_all_the_same_and_owns_up_to_it(self, lives: Lives) -> None:
        letter = lives.of("E27 not in Spanish later").learnt["answer"]

        assert letter["language"] == "es"
        assert the_playbook().text("article_not_translated", "es") in letter["body"]


class TestE18:
    @pytest.mark.covers("AU-2", "GV-13")
    def test_shows_which_rule_of_which_version_applied_when(self, lives: Lives) -> None:
        told = lives.of("E18 later").learnt["rules then"]

        held = {one["question"]: one for one in told["items"] if one["held"]}
        assert held["route"]["rules"] == [lives.of("E18 later").one("case.routed")["rule"]]
        assert held["route"]["playbook"] == told["pinned"] == the_playbook().pin
        assert told["in_force"]["playbook"] == the_playbook().pin
        assert "decision" not in held

    def test_shows_that_no_rule_applied_before_it_was_filed(self, lives: Lives) -> None:
        told = lives.of("E18 later").learnt["rules before"]

        assert (told["pinned"], told["in_force"]) == (None, None)
        assert not any(one["held"] for one in told["items"])
