from dataclasses import replace
from datetime import date

import pytest

from playbook.case import CaseFacts, Money, OnFile
from playbook.classify import classify, confirm
from playbook.model import Playbook
from playbook.route import RoutingDecision, choose_route, triage_queue

ALL_ON_FILE = (
    OnFile(kind="identity_document", valid_until=date(2031, 4, 1)),
    OnFile(kind="business_registration", valid_until=date(2027, 1, 1)),
    OnFile(kind="proof_of_address", issued_on=date(2026, 10, 1)),
)
CASE = CaseFacts(
    marketplace="harbour",
    issue_type="payout_hold",
    tier="smb",
    region="UK",
    at=date(2026, 11, 22),
    facts={"hold_code": "verification_expired", "urgent": True},
    amount_at_risk=Money(amount_minor=184050, currency="GBP"),
    on_file=ALL_ON_FILE,
)


def route(playbook: Playbook, case: CaseFacts) -> RoutingDecision:
    return choose_route(playbook, case, classify(playbook, case))


class TestChooseRoute:
    @pytest.mark.covers("RT-17", "RT-3")
    def test_sends_missing_papers_to_verification(self, playbook: Playbook) -> None:
        decision = route(playbook, replace(CASE, on_file=ALL_ON_FILE[:1]))

        assert (decision.queue, decision.team) == ("verification", "verification")
        assert decision.rule == "payout_hold_missing_evidence"
        assert (decision.lead_team, decision.skills) == ("verification", ("verification",))
        assert (decision.priority, decision.playbook) == (3, "marketplace-core@1.0.0")

    @pytest.mark.covers("RT-1", "RT-6")
    def test_sends_a_large_amount_to_finance(self, playbook: Playbook) -> None:
        large = replace(CASE, amount_at_risk=Money(amount_minor=2_000_000, currency="GBP"))

        decision = route(playbook, large)

        assert (decision.queue, decision.priority) == ("finance_desk", 2)

    @pytest.mark.covers("RT-11")
    def test_explains_the_choice_and_what_it_did_not_choose(self, playbook: Playbook) -> None:
        decision = route(playbook, CASE)

        assert decision.rule == "payout_hold_default"
        assert decision.predicates == ()
        assert decision.inputs["amount_at_risk"] == ("184050:GBP",)
        assert decision.inputs["missing_evidence"] == ()
        assert decision.inputs["facts.urgent"] == ("true",)
        missing, large, *_ = decision.rejected
        assert (missing.rule, missing.queue) == ("payout_hold_missing_evidence", "verification")
        assert missing.because is not None
        assert missing.because.field == "missing_evidence"
        assert large.because is not None
        assert (large.because.expected, large.because.seen) == (("high",), ("medium",))

    def test_tells_first_what_held_too_but_came_later(self, playbook: Playbook) -> None:
        decision = route(playbook, replace(CASE, on_file=()))

        first = decision.rejected[0]
        assert (first.rule, first.because) == ("payout_hold_default", None)

    def test_falls_back_for_a_type_without_a_table(self, playbook: Playbook) -> None:
        decision = choose_route(
            playbook, CASE, confirm(playbook, CASE, issue_type="feature_request")
        )

        assert (decision.queue, decision.rule) == ("seller_care", "default")

    @pytest.mark.covers("RT-2", "IN-10")
    def test_has_no_channel_to_look_at(self, playbook: Playbook) -> None:
        assert "channel" not in route(playbook, CASE).inputs


class TestTriageQueue:
    def test_is_named_by_the_playbook(self, playbook: Playbook) -> None:
        assert triage_queue(playbook) == "triage"
