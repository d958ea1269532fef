"""What agents and sellers reach in the core's trees: the scenarios, and the traps beside them."""

import pytest

from playbook.model import Playbook
from playbook.trees import Ending
from playbook.walk import Walk, walk


def end(walked: Walk) -> Ending:
    assert walked.end is not None, walked.question
    return walked.end


class TestListingNotVisible:
    @pytest.mark.covers("SC-12", "CX-6")
    def test_names_the_fix_without_a_question_when_the_notice_says_it(
        self, playbook: Playbook
    ) -> None:
        facts = {"named_policy": "content", "named_field": "bullet"}

        found = end(walk(playbook, "listing_not_visible", {}, facts))

        assert (found.root_cause, found.outcome) == ("content_policy", "listing_restored")
        assert found.evidence == ()
        assert "no plan of action" in found.advice.say("en")

    @pytest.mark.covers("RT-19")
    def test_takes_data_that_change_by_themselves_for_our_fault(self, playbook: Playbook) -> None:
        facts = {"named_policy": "none_named", "comes_back": True}

        found = end(walk(playbook, "listing_not_visible", {}, facts))

        assert (found.root_cause, found.next) == ("data_defect", "hand_off")


class TestOnePathAfterADecision:
    def test_sends_nobody_to_a_fifth_plan_of_action(self, playbook: Playbook) -> None:
        facts = {"decided_about": "restricted_product"}

        mapped = walk(playbook, "one_path_after_a_decision", {"sold_it": "no"}, facts)
        again = walk(
            playbook, "one_path_after_a_decision", {"sold_it": "yes", "plan_sent": "yes"}, facts
        )

        assert "Dispute the violation" in end(mapped).advice.say("en")
        assert end(mapped).outcome == "decision_withdrawn"
        assert "Please do not send it again" in end(again).advice.say("en")


class TestGuaranteeClaim:
    def test_says_a_clear_no_with_policy_and_appeal(self, playbook: Playbook) -> None:
        answers = {"threshold": "yes", "signed": "no"}

        found = end(walk(playbook, "guarantee_claim", answers, {}))

        assert (found.root_cause, found.outcome) == ("missing_signature", "funded_by_seller")
        assert "signature-threshold-7.6" in found.advice.say("en")
        assert "appeal within 30 days" in found.advice.say("en")

    def test_asks_for_no_signature_where_there_is_no_threshold(self, playbook: Playbook) -> None:
        answers = {"threshold": "no_threshold", "delivered": "yes"}

        found = end(walk(playbook, "guarantee_claim", answers, {"label": "ours"}))

        assert found.outcome == "funded_by_us"


class TestVerificationDoesNotPass:
    def test_accepts_a_middle_name_without_another_paper(self, playbook: Playbook) -> None:
        facts = {"check_stage": "details_differ", "differing_field": "name"}

        asked = walk(playbook, "verification_does_not_pass", {}, facts)
        found = walk(playbook, "verification_does_not_pass", {"same_person": "yes"}, facts)

        assert asked.node == "same_person"
        assert (end(found).outcome, end(found).evidence) == ("verified", ())

    def test_asks_for_what_the_law_asks_for(self, playbook: Playbook) -> None:
        facts = {"check_stage": "required_by_law"}

        found = walk(playbook, "verification_does_not_pass", {"law": "both"}, facts)

        assert end(found).evidence == ("tax_identification", "bank_confirmation")


class TestAccountInWrongHands:
    def test_stops_the_money_before_anything_else(self, playbook: Playbook) -> None:
        facts = {"fraud_kind": "account_taken_over", "changed": "bank_account"}

        found = end(walk(playbook, "account_in_wrong_hands", {"payout_soon": "unknown"}, facts))

        assert found.next == "claim"
        assert found.advice.say("en").startswith("Stop the payout now")


class TestMayISellThis:
    def test_answers_a_question_at_once(self, playbook: Playbook) -> None:
        facts = {"topic": "product_condition"}

        found = end(walk(playbook, "may_i_sell_this", {"refurbished": "yes"}, facts))

        assert (found.outcome, found.next) == ("answered", "decide")


class TestPayoutNotReceived:
    def test_asks_an_own_van_for_no_scan(self, playbook: Playbook) -> None:
        facts = {"hold_code": "reserve", "delivery": "own_fleet"}

        found = end(walk(playbook, "payout_not_received", {}, facts))

        assert found.root_cause == "no_tracking_possible"
        assert found.evidence == ()

    def test_asks_for_no_card_when_the_alarm_is_false(self, playbook: Playbook) -> None:
        found = end(
            walk(playbook, "payout_not_received", {"card": "yes"}, {"hold_code": "charge_method"})
        )

        assert found.advice.say("en").startswith("Do not enter your card again")
