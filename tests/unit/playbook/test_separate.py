"""Questions of a case that are decided each by itself."""

from dataclasses import replace
from datetime import date

import pytest

from playbook.case import Situation
from playbook.decide import DecisionCommand, check_decision, needed_authority
from playbook.model import Playbook
from playbook.next_action import next_best_action
from playbook.separate import is_question, questions_of
from playbook.templates import ParametersInvalid, render

BY_HAND = frozenset({"who_pays_decided", "metric_decided", "refund_decided"})
ASKED = frozenset({"who_pays", "seller_metric", "buyer_refund"})
GRANTED = Situation(
    issue_type="buyer_dispute",
    status="in_progress",
    waiting_on="platform",
    assigned=True,
    at=date(2026, 11, 23),
    checklist={"shipping_proof": "done"},
    needless=BY_HAND | {"item_photos", "signature_proof"},
    authority_level=2,
)
METRIC = DecisionCommand(
    type="seller_metric",
    outcome="not_counted",
    root_cause="delivered_but_claimed",
    reasons=("delivery_proven",),
    evidence=(),
    redress="appeal",
    template="dispute.decision.each",
    by_person=True,
    authority=2,
)
FUNDING = replace(
    METRIC, type="claim_funding", outcome="funded_by_us", reasons=("covered_by_protection",)
)
ANSWER = {"question": "seller_metric", "outcome": "counted", "reasons": ["delivery_not_proven"]}


class TestQuestions:
    def test_are_those_of_a_claim_that_was_granted(self, playbook: Playbook) -> None:
        asked = questions_of(playbook, replace(GRANTED, checklist={"who_pays": "done"}))

        assert [(one.item, one.decision, one.is_open) for one in asked] == [
            ("who_pays", "claim_funding", False),
            ("seller_metric", "seller_metric", True),
            ("buyer_refund", "buyer_refund", True),
        ]

    def test_are_none_where_a_case_is_decided_as_a_whole(self, playbook: Playbook) -> None:
        opened = replace(GRANTED, needless=ASKED)

        assert questions_of(playbook, opened) == ()
        assert questions_of(playbook, replace(GRANTED, issue_type="payout_hold")) == ()

    def test_are_settled_by_nobody_by_hand(self, playbook: Playbook) -> None:
        assert is_question(playbook, "buyer_dispute", "who_pays")
        assert not is_question(playbook, "buyer_dispute", "who_pays_decided")

    def test_call_for_a_decision_before_they_are_answered(self, playbook: Playbook) -> None:
        action = next_best_action(playbook, GRANTED)

        assert (action.verb, action.lacks) == ("decide", ())


class TestCheckDecision:
    def test_takes_each_question_by_itself(self, playbook: Playbook) -> None:
        assert check_decision(playbook, GRANTED, METRIC) == ()

    def test_refuses_one_answer_for_all(self, playbook: Playbook) -> None:
        blended = replace(
            METRIC, type="dispute_decision", outcome="for_seller", reasons=("delivery_proven",)
        )

        (problem,) = check_decision(playbook, GRANTED, blended)

        assert (problem.pointer, problem.code) == ("/type", "invalid-body")
        assert problem.detail.endswith("claim_funding, seller_metric, buyer_refund")

    def test_refuses_a_second_answer(self, playbook: Playbook) -> None:
        answered = replace(GRANTED, checklist={**GRANTED.checklist, "seller_metric": "done"})

        found = [(one.pointer, one.code) for one in check_decision(playbook, answered, METRIC)]

        assert found == [("/type", "not-allowed-now")]

    @pytest.mark.parametrize(("authority", "problems"), [(2, ["needs-authority"]), (3, [])])
    def test_asks_for_the_right_of_the_question(
        self, playbook: Playbook, authority: int, problems: list[str]
    ) -> None:
        found = check_decision(playbook, GRANTED, replace(FUNDING, authority=authority))

        assert [one.code for one in found] == problems
        assert needed_authority(playbook, GRANTED, "claim_funding") == 3
        assert needed_authority(playbook, GRANTED, "seller_metric") == 2

    def test_never_takes_less_than_the_case_asks_for(self, playbook: Playbook) -> None:
        grave = replace(GRANTED, authority_level=4)

        assert needed_authority(playbook, grave, "claim_funding") == 4

    def test_wants_the_letter_that_tells_each_answer(self, playbook: Playbook) -> None:
        other = replace(METRIC, template="dispute.decision.favourable")

        found = [one.pointer for one in check_decision(playbook, GRANTED, other)]

        assert found == ["/template"]


class TestLetter:
    @pytest.mark.parametrize("language", ["en", "de", "fr", "es", "pl"])
    def test_tells_each_question_with_its_outcome_and_reasons(
        self, playbook: Playbook, language: str
    ) -> None:
        answers = [
            ANSWER,
            {"question": "buyer_refund", "outcome": "no_refund", "reasons": ["delivery_proven"]},
        ]

        body = render(
            playbook,
            "dispute.decision.each",
            language=language,
            region="DE",
            parameters={"answers": answers, "appeal_by": "2026-12-24T12:00:00Z"},
        ).body

        for code in ("seller_metric", "counted", "delivery_not_proven", "no_refund"):
            assert str(playbook.text(code, language)) in body

    @pytest.mark.parametrize(
        "answers", [[], "all", [{}], [ANSWER | {"reasons": []}], [ANSWER | {"outcome": "odd"}]]
    )
    def test_tells_nothing_half(self, playbook: Playbook, answers: object) -> None:
        with pytest.raises(ParametersInvalid):
            render(
                playbook,
                "dispute.decision.each",
                language="en",
                region="UK",
                parameters={"answers": answers, "appeal_by": "2026-12-24T12:00:00Z"},
            )
