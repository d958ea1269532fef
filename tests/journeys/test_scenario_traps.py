"""The trap beside each scenario, and what happens in it later, on the same stack."""

import hashlib
from typing import Any

import pytest
import rfc8785

from alarm_roads import EARLIER
from scenario_filings import the_playbook
from scenario_lives import Lives
from scenario_proofs import EXPECTED_NAME, SEEN_NAME
from scenario_stage import Lived

GIVEN_AWAY = ("fraud", "stolen", "bank", "payout", "hold", "identity", "document", "suspen")
"""Words that would tell a thief in the mailbox what we know."""


def later(lives: Lives, number: str) -> Lived:
    return lives.of(f"{number} later")


def queue(lived: Lived) -> str:
    name: str = lived.one("case.routed")["queue"]
    return name


def pointers(problem: dict[str, Any]) -> set[str]:
    return {one["pointer"] for one in problem["errors"]}


class TestE1:
    @pytest.mark.covers("IN-15")
    def test_never_asks_for_the_id_again(self, lives: Lives) -> None:
        [request] = lives.of("E1").all("evidence.requested")

        assert "identity_document" not in {one["kind"] for one in request["items"]}
        assert "identity_document" not in lives.of("E1").learnt["letter"]["body"]


class TestE2:
    def test_asks_an_own_van_for_nothing_and_names_who_may_make_an_exception(
        self, lives: Lives
    ) -> None:
        lived = lives.of("E2")

        assert lived.all("evidence.requested") == []
        assert queue(lived) == "reserves"
        assert lived.learnt["view"]["authority_level"] == 3
        assert "may make an exception" in lived.learnt["letter"]["body"]
        assert "Share of your sales: 75%. Length in days: 45." in lived.learnt["letter"]["body"]
        assert queue(lives.of("e2_trap_own_van_without_papers")) == "reserves"


class TestE4:
    @pytest.mark.covers("IN-1")
    def test_knows_the_five_before_it(self, lives: Lives) -> None:
        lived = later(lives, "E4")

        assert lived.one("case.opened")["repeats"] == lived.learnt["ended"][::-1]
        assert len(lived.learnt["ended"]) == EARLIER

    def test_looks_for_our_fault_and_asks_for_no_card(self, lives: Lives) -> None:
        lived = later(lives, "E4")

        assert queue(lived) == "incidents"
        assert lived.all("evidence.requested") == []
        assert queue(lives.of("e4_trap_first_time")) == "seller_care"

    @pytest.mark.covers("HO-2")
    def test_goes_to_engineering_with_steps_only(self, lives: Lives) -> None:
        lived = later(lives, "E4")

        wanted = {"/payload/steps", "/payload/expected", "/payload/observed"}
        assert pointers(lived.learnt["without steps"]) == wanted
        assert lived.one("handoff.requested")["team"] == "engineering"

    def test_keeps_its_place_when_the_seller_files_it_once_more(self, lives: Lives) -> None:
        lived = later(lives, "E4")

        assert lived.learnt["filed again"]["merged"] is True
        assert lived.learnt["filed again"]["id"] == lived.case
        assert lived.one("seller.message_received")["repeated_contact"] is True
        assert len(lived.all("case.opened")) == 1

    @pytest.mark.covers("IN-1")
    def test_names_the_same_alarm_about_other_payouts_and_merges_none(self, lives: Lives) -> None:
        lived = later(lives, "E4 each payout")

        opened = lived.one("case.opened")
        assert opened["alike"] == lived.learnt["earlier"][::-1]
        assert len(opened["alike"]) == EARLIER - 1
        assert lived.learnt["as filed"]["alike"] == opened["alike"]
        assert (lived.learnt["as filed"]["parent"], lived.all("case.merged")) == (None, [])

    def test_suspects_a_defect_from_the_fifth_payout_on(self, lives: Lives) -> None:
        lived = later(lives, "E4 each payout")

        assert lived.one("case.classified")["root_cause_hint"] == "product_defect"
        told = lived.one("case.routed")
        assert (told["queue"], told["rule"]) == (
            "incidents",
            "payout_hold_one_payout_after_another",
        )
        assert lived.learnt["queues before"] == ["seller_care"] * (EARLIER - 2)
        assert lived.one("handoff.requested")["team"] == "engineering"


class TestE5:
    def test_says_what_differs_and_asks_for_no_passport_again(self, lives: Lives) -> None:
        lived = lives.of("E5")

        body = lived.learnt["letter"]["body"]
        assert lived.one("case.opened")["facts"]["differing_field"] == "name"
        assert "middle names included" in body
        assert "could not verify" not in body
        assert lives.of("e5_trap_passport_again").all("evidence.requested") == []

    def test_rejects_no_paper_for_a_name_without_both_names(self, lives: Lives) -> None:
        lived = later(lives, "E5")

        assert pointers(lived.learnt["vague"]) == {"/differences"}
        assert SEEN_NAME in lived.learnt["told"][0]["value"]

    @pytest.mark.parametrize("letter", ["request", "difference"])
    def test_says_field_expected_and_seen(self, lives: Lives, letter: str) -> None:
        body = later(lives, "E5").learnt[letter]["body"]

        line = f"**Name**. Your account says “{EXPECTED_NAME}”, the paper says “{SEEN_NAME}”."
        assert line in body
        assert "could not verify" not in body

    def test_says_the_names_in_no_event(self, lives: Lives) -> None:
        said = str([one.payload for one in later(lives, "E5").said])

        assert "name_mismatch" in said
        assert SEEN_NAME not in said
        assert EXPECTED_NAME not in said

    def test_promises_the_next_letter_within_a_day(self, lives: Lives) -> None:
        status = lives.of("E5").learnt["status"]

        assert status["next_update_by"] is not None


class TestE8:
    @pytest.mark.covers("IN-7")
    def test_hears_both_sides_before_a_specialist_judges(self, lives: Lives) -> None:
        lived = later(lives, "E8")

        order = [one.type for one in lived.said]
        asked, received = order.index("evidence.requested.v1"), order.index("evidence.received.v1")
        assert asked < received < order.index("case.rerouted.v1")
        points = {one["item"]: one["state"] for one in lived.learnt["view"]["checklist"]}
        assert {"item_photos": "done", "shipping_proof": "done"}.items() <= points.items()

    @pytest.mark.covers("RT-8", "RT-18")
    def test_goes_to_specialists_by_itself_once_the_papers_are_there(self, lives: Lives) -> None:
        lived = later(lives, "E8")

        moves = [one for one in lived.said if one.type == "case.rerouted.v1"]
        [moved] = [one for one in moves if one.payload["reason"] == "evidence_complete"]
        told = moved.payload
        assert (told["queue"], told["rule"]) == ("trust", "dispute_repeated_claims")
        assert moved.headers["ce_actor"] == "service:router"

    def test_tells_the_seller_the_standard_in_their_language(self, lives: Lives) -> None:
        needs = later(lives, "E8").learnt["asked"]["required"]

        assert sorted(one["kind"] for one in needs) == ["item_photos", "shipping_proof"]
        assert all(one["standard"] and one["why"] for one in needs)

    def test_says_of_the_buyers_history_its_number_only(self, lives: Lives) -> None:
        facts = later(lives, "E8").one("case.opened")["facts"]

        assert facts["prior_claims_ref"] == "PC-4"

    def test_makes_nobody_a_suspect_for_complaining_once(self, lives: Lives) -> None:
        assert queue(lives.of("e8_trap_no_history")) == "orders"

    def test_ends_with_reasons_and_a_way_to_appeal(self, lives: Lives) -> None:
        lived = later(lives, "E8")

        decided = lived.all("decision.recorded")[0]
        assert (decided["adverse"], decided["decided_by"]) == (True, "person")
        assert (decided["reasons"], decided["redress"]) == (["item_not_as_described"], "appeal")
        assert "widersprechen" in lived.learnt["decision"]["body"]


class TestE10:
    def test_takes_evidence_that_the_form_of_the_region_does_not(self, lives: Lives) -> None:
        [need] = lives.of("E10").learnt["status"]["required"]

        assert need["kind"] == "supporting_document"


class TestE12:
    def test_does_not_ask_for_a_signature_that_cannot_exist(self, lives: Lives) -> None:
        assert lives.of("E12").all("evidence.requested") == []


class TestE14:
    @pytest.mark.covers("RT-19", "HO-2")
    def test_is_handed_on_with_a_record_or_not_at_all(self, lives: Lives) -> None:
        lived = later(lives, "E14")

        wanted = {"/payload/listing_refs", "/payload/logs_ref", "/payload/attribute_diff"}
        assert pointers(lived.learnt["product"]) == wanted
        assert lived.learnt["offer"]["attribute_diff"] == ["search_status:active:suppressed"]

    def test_gives_engineering_steps_and_no_guess(self, lives: Lives) -> None:
        found = pointers(later(lives, "E14").learnt["engineering"])

        assert found == {"/payload/steps", "/payload/expected", "/payload/observed"}


class TestE18:
    @pytest.mark.covers("ES-4")
    def test_is_decided_by_nobody_before_the_notice_is_checked(self, lives: Lives) -> None:
        lived = later(lives, "E18")

        assert "/checklist/notice_checked" in pointers(lived.learnt["too early"])
        assert lived.one("decision.recorded")["reasons"] == ["notice_too_short"]

    def test_reaches_the_council_while_the_case_goes_on(self, lives: Lives) -> None:
        raised = later(lives, "E18").one("escalation.raised")

        assert (raised["trigger"], raised["target_role"]) == ("policy_conflict", "council")

    @pytest.mark.covers("ES-10")
    def test_puts_on_record_what_the_council_decides(self, lives: Lives) -> None:
        lived = later(lives, "E18")

        decided = lived.one("council.decided")
        assert lived.learnt["no quorum"]["code"] == "no-quorum"
        assert (decided["outcome"], decided["reasons"]) == ("measure_undone", ["own_terms_broken"])
        assert (len(decided["agreed"]), decided["quorum"]) == (3, 3)
        [told] = [one for one in lived.said if one.type == "council.decided.v1"]
        assert told.headers["ce_actor"].startswith("council:mem_")

    def test_gives_a_small_shop_the_same_desk(self, lives: Lives) -> None:
        lived = lives.of("e18_trap_small_shop")

        assert queue(lived) == "high_impact"
        assert [one["trigger"] for one in lived.all("escalation.raised")] == ["policy_conflict"]


class TestE21:
    @pytest.mark.covers("ES-3")
    def test_calls_who_is_on_duty_at_once(self, lives: Lives) -> None:
        raised = later(lives, "E21").one("escalation.raised")

        assert (raised["trigger"], raised["target_role"]) == ("severity", "senior_reviewer")
        assert raised["target_member"]

    def test_discloses_nothing_to_who_does_not_work_it(self, lives: Lives) -> None:
        assert later(lives, "E21").learnt["stranger"]["code"] == "forbidden"

    def test_is_decided_by_nobody_before_the_seller_was_called_back(self, lives: Lives) -> None:
        problem = later(lives, "E21").learnt["not called back"]

        assert pointers(problem) == {"/checklist/called_back"}

    @pytest.mark.covers("SE-5")
    def test_says_nothing_of_itself_before_the_seller_was_called_back(self, lives: Lives) -> None:
        lived = later(lives, "E21")

        letters = [one["template"] for one in lived.all("seller.message_sent")]
        assert letters[:2] == ["seller_care.call_back@1", "fraud_allegation.first_response@1"]
        letter = lived.learnt["meanwhile"]
        told = f"{letter['subject']} {letter['body']}".lower()
        assert [word for word in GIVEN_AWAY if word in told] == []

    @pytest.mark.parametrize("what", ["answer", "news", "preview", "papers"])
    def test_refuses_a_letter_that_comes_too_early_and_says_what_is_first(
        self, lives: Lives, what: str
    ) -> None:
        lived = later(lives, "E21")

        problem = lived.learnt[f"too early: {what}"]
        assert problem["code"] == "step-up-needed"
        assert problem["first"]["point"] == "called_back"
        assert problem["first"]["href"] == f"/v1/cases/{lived.case}/checklist/called_back"
        assert problem["instead"] == "seller_care.call_back"

    def test_lets_nobody_go_without_the_call(self, lives: Lives) -> None:
        assert pointers(later(lives, "E21").learnt["waived"]) == {"/outcome"}

    def test_writes_no_payout_number_to_a_stranger_where_it_was_filed_as_a_payout(
        self, lives: Lives
    ) -> None:
        lived = lives.of("e21_trap_filed_as_payout")

        letters = [one["template"] for one in lived.all("seller.message_sent")]
        assert letters == ["seller_care.call_back@1"]
        assert lived.all("evidence.requested") == []

    def test_has_finance_recall_money_that_has_left(self, lives: Lives) -> None:
        lived = later(lives, "E21")

        assert lived.one("handoff.requested")["team"] == "finance"
        assert lived.one("handoff.completed")["result"]["outcome"] == "recalled"

    def test_is_critical_even_when_filed_as_a_question_about_a_payout(self, lives: Lives) -> None:
        lived = lives.of("e21_trap_filed_as_payout")

        assert lived.one("case.classified")["severity"] == "critical"
        assert [one["trigger"] for one in lived.all("escalation.raised")] == ["severity"]


class TestE22:
    def test_cannot_have_its_date_moved_by_waiting_for_the_seller(self, lives: Lives) -> None:
        clocks = {one["kind"]: one["state"] for one in lives.of("E22").learnt["clocks"]["items"]}

        assert (clocks["statutory"], clocks["resolution"]) == ("running", "paused")

    def test_reminds_at_half_three_quarters_and_nine_tenths(self, lives: Lives) -> None:
        [statutory] = [
            one for one in lives.of("E22").all("sla.clock_started") if one["kind"] == "statutory"
        ]

        assert [one["percent"] for one in statutory["steps"]] == [50, 75, 90, 100]


class TestE24:
    def test_does_not_rest_while_the_seller_looks_for_the_proof(self, lives: Lives) -> None:
        clocks = {one["kind"]: one["state"] for one in lives.of("E24").learnt["clocks"]["items"]}

        running = {kind: clocks[kind] for kind in ("bank_answer", "bank_deadline")}
        assert running == {"bank_answer": "running", "bank_deadline": "running"}

    def test_has_a_pack_that_nobody_can_change_after_it_was_sent(self, lives: Lives) -> None:
        lived = later(lives, "E24")

        offer = {k: v for k, v in lived.learnt["offer"].items() if k != "reply_token"}
        sent = hashlib.sha256(rfc8785.dumps(offer)).hexdigest()
        assert lived.one("handoff.requested")["payload_sha256"] == sent
        assert lived.learnt["proof"] in str(offer["evidence"])

    def test_keeps_the_promise_to_the_bank_once_finance_has_it(self, lives: Lives) -> None:
        met = {one["kind"] for one in later(lives, "E24").all("sla.met")}

        assert "bank_answer" in met
        assert "bank_deadline" not in met


class TestE27:
    def test_is_answered_in_one_letter_and_escalated_to_nobody(self, lives: Lives) -> None:
        lived = later(lives, "E27")

        [letter] = lived.all("seller.message_sent")
        assert (letter["kind"], letter["language"]) == ("decision", "es")
        assert lived.one("case.resolved")["outcome"] == "answered"
        assert lived.all("escalation.raised") == []
        assert lived.all("handoff.requested") == []


class TestE29:
    @pytest.mark.covers("RT-12", "HO-8")
    def test_goes_to_and_fro_no_further(self, lives: Lives) -> None:
        lived = later(lives, "E29")

        frozen = lived.one("routing.frozen")
        assert frozen["trail"][-3:] == ["finance", "trust", "finance"]
        assert lived.learnt["frozen"]["arbiter"] == frozen["arbiter"]
        raised = lived.one("escalation.raised")
        assert (raised["trigger"], raised["target_member"]) == ("ping_pong", frozen["arbiter"])

    def test_is_on_record_as_a_defect_of_the_routing(self, lives: Lives) -> None:
        [defect] = later(lives, "E29").learnt["defects"]

        assert (defect["team"], defect["why"]) == ("finance", "ownership_unclear")
        assert defect["playbook"] == the_playbook().pin

    def test_shows_the_seller_one_lead_throughout(self, lives: Lives) -> None:
        lived = later(lives, "E29")

        [assigned] = lived.all("case.assigned")
        assert lived.all("case.lead_transferred") == []
        assert lived.learnt["status"]["lead"]["member"] == assigned["member"]


class TestE30:
    def test_leaves_every_use_of_a_letter_to_be_found(self, lives: Lives) -> None:
        """Each letter names template and version, so all cases that one was used in can be told."""
        used = {
            name
            for name in ("E1", "E2", "E3", "E29")
            for one in lives.of(name).all("seller.message_sent")
            if one["template"] == "payout_hold.first_response@1"
        }

        assert used == {"E1", "E3", "E29"}
