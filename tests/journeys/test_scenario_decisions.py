"""Scenarios in which more than one thing is decided, or one thing for many."""

from typing import Any

from scenario_decisions import LANGUAGES, SELLERS_HIT, THREE_DECISIONS
from scenario_filings import the_playbook
from scenario_lives import Lives
from scenario_stage import Lived


def later(lives: Lives, number: str) -> Lived:
    return lives.of(f"{number} later")


def pointers(problem: dict[str, Any]) -> set[str]:
    return {one["pointer"] for one in problem["errors"]}


class TestE3:
    def test_is_one_inquiry_and_not_one_for_each_seller(self, lives: Lives) -> None:
        lived = later(lives, "E3")
        children = lived.learnt["children"]

        [handoff] = lived.all("handoff.requested")
        assert len(handoff["payload"]["payout_refs"]) == len(set(children)) == SELLERS_HIT
        assert {one["id"] for one in lived.learnt["listed"]["items"]} == set(children)
        assert lived.learnt["child's view"]["handoffs"] == []

    def test_asks_none_of_them_for_papers(self, lives: Lives) -> None:
        view = later(lives, "E3").learnt["child's view"]

        assert (view["requests"], view["checklist"]) == ([], [])

    def test_tells_each_what_became_of_the_incident(self, lives: Lives) -> None:
        told = later(lives, "E3").learnt["child's status"]["incident"]

        words = " ".join(one["text"] for one in told)
        assert "incident" in words
        assert len(told) >= 3

    def test_writes_once_to_each_seller_in_their_own_language(self, lives: Lives) -> None:
        lived = later(lives, "E3")

        written = lived.learnt["written"]
        assert [one["state"] for one in written["items"]] == ["done"] * SELLERS_HIT
        assert written["parked"] == []
        assert lived.learnt["written again"] == written
        assert [one["language"] for one in lived.learnt["letters"]] == list(LANGUAGES)
        for said in lived.learnt["said of children"]:
            updates = [fact for type_, fact in said if type_ == "seller.message_sent.v1"]
            assert [one["kind"] for one in updates] == ["update", "decision"]

    def test_is_decided_once_and_recorded_for_each(self, lives: Lives) -> None:
        lived = later(lives, "E3")

        decided = lived.learnt["decided"]
        assert [one["state"] for one in decided["items"]] == ["done"] * SELLERS_HIT
        assert lived.one("decision.recorded")["decision"] == decided["decision"]
        made = {
            fact["decision"]: (fact["outcome"], fact["authority_level"])
            for said in lived.learnt["said of children"]
            for type_, fact in said
            if type_ == "decision.recorded.v1"
        }
        assert set(made) == {one["made"] for one in decided["items"]}
        assert set(made.values()) == {("paid_off_cycle", 3)}
        assert lived.learnt["no right"]["code"] == "forbidden"

    def test_leaves_a_single_return_where_it_is_everyday(self, lives: Lives) -> None:
        assert lives.of("e3_trap_one_of_them").one("case.routed")["queue"] == "seller_care"


class TestE9:
    def test_never_blends_three_answers_into_one(self, lives: Lives) -> None:
        lived = later(lives, "E9")

        assert pointers(lived.learnt["blended"]) == {"/type"}
        assert pointers(lived.learnt["by hand"]) == {"/outcome"}
        assert lived.one("case.resolved")["outcome"] == "each_decided"

    def test_decides_each_question_by_itself(self, lives: Lives) -> None:
        lived = later(lives, "E9")

        decided = lived.all("decision.recorded")
        assert [(one["type"], one["outcome"], one["reasons"]) for one in decided] == [
            (type_, outcome, [reason]) for type_, outcome, reason in THREE_DECISIONS
        ]
        assert [one["authority_level"] for one in decided] == [3, 2, 2]
        left = [one["open_questions"] for one in lived.learnt["answers"]]
        assert left == [["seller_metric", "buyer_refund"], ["buyer_refund"], []]

    def test_goes_on_until_the_last_is_decided(self, lives: Lives) -> None:
        lived = later(lives, "E9")

        order = [one.type for one in lived.said]
        assert (
            order.index("case.resolved.v1")
            > [at for at, type_ in enumerate(order) if type_ == "decision.recorded.v1"][-1]
        )
        assert lived.learnt["status before the last"]["stage"] != "decided"
        assert lived.learnt["status"]["stage"] == "decided"

    def test_tells_the_seller_each_outcome_with_its_reasons_in_one_letter(
        self, lives: Lives
    ) -> None:
        lived = later(lives, "E9")

        assert len(lived.all("seller.message_sent")) == 1
        body = lived.learnt["letter"]["body"]
        for codes in THREE_DECISIONS:
            for code in codes:
                assert the_playbook().text(code) in body
        assert "appeal against each answer by itself" in body
        told = [one["text"] for one in lived.learnt["status"]["history"]]
        assert sum("One of the questions" in one for one in told) == len(THREE_DECISIONS)


class TestE8:
    def test_says_until_when_it_may_be_appealed(self, lives: Lives) -> None:
        lived = later(lives, "E8")

        first = lived.all("case.resolved")[0]
        assert lived.learnt["may be appealed"]["until"][:19] == first["appeal_by"][:19]

    def test_opens_again_when_the_seller_appeals(self, lives: Lives) -> None:
        lived = later(lives, "E8")

        filed, reopened = lived.one("appeal.filed"), lived.one("case.reopened")
        assert filed["appeal"] == lived.learnt["appeal"]["id"] == reopened["appeal"]
        assert reopened["episode"] == 1
        told = lived.learnt["status after the appeal"]
        assert (told["stage"], told["lead"]["member"]) == ("with_team", None)
        assert "Sie haben widersprochen" in str(told["history"])
        kinds = [one["kind"] for one in lived.all("seller.message_sent")]
        assert kinds.count("appeal_info") == 1

    def test_is_judged_by_somebody_who_did_not_decide_it(self, lives: Lives) -> None:
        lived = later(lives, "E8")

        assert lived.learnt["claim of who decided"].get("lacks") == ["another_decider"]
        assert lived.learnt["decision of who decided"]["status"] == 403
        deciders = [
            one.headers["ce_actor"] for one in lived.said if one.type == "decision.recorded.v1"
        ]
        assert len(set(deciders)) == 2

    def test_is_listed_for_who_may_judge_it(self, lives: Lives) -> None:
        lived = later(lives, "E8")

        assert lived.learnt["appeals for tomas"] == []
        assert lived.learnt["appeals for greta"] == [lived.learnt["appeal"]["id"]]

    def test_ends_with_what_became_of_the_appeal(self, lives: Lives) -> None:
        lived = later(lives, "E8")

        answered = lived.one("appeal.decided")
        assert (answered["appeal"], answered["outcome"]) == (
            lived.learnt["appeal"]["id"],
            "overturned",
        )
        assert [one["outcome"] for one in lived.all("case.resolved")] == ["for_buyer", "for_seller"]
        replaced = lived.one("decision.superseded")
        assert (replaced["decision"], [replaced["by"]]) == (
            lived.learnt["may be appealed"]["decisions"][0]["decision"],
            answered["decisions"],
        )
        assert lived.learnt["answer to the appeal"]["case"] == lived.case
        assert lived.learnt["the first one again"]["errors"][0]["pointer"] == "/decisions/0"

    def test_has_clocks_of_its_own(self, lives: Lives) -> None:
        started = later(lives, "E8").all("sla.clock_started")

        resolution = [one["episode"] for one in started if one["kind"] == "resolution"]
        assert resolution == [0, 1]
