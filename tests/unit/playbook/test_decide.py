from dataclasses import replace
from datetime import date

import pytest

from playbook.case import Situation
from playbook.decide import DecisionCommand, check_decision, is_adverse
from playbook.model import Playbook

READY = Situation(
    issue_type="payout_hold",
    status="in_progress",
    waiting_on="platform",
    assigned=True,
    at=date(2026, 11, 22),
    checklist={
        "identity_document": "done",
        "business_registration": "done",
        "proof_of_address": "waived",
    },
    needless=frozenset({"called_back"}),
    completed_handoffs=("finance",),
    authority_level=2,
)
RELEASE = DecisionCommand(
    type="payout_release",
    outcome="released",
    root_cause="verification_expired",
    reasons=("evidence_complete",),
    evidence=("evd_1", "evd_2"),
    redress="appeal",
    template="payout_hold.decision.favourable",
    by_person=True,
    authority=2,
)
REFUSAL = replace(
    RELEASE,
    outcome="refused",
    reasons=("evidence_missing",),
    template="payout_hold.decision.adverse",
)


class TestCheckDecision:
    @pytest.mark.parametrize("command", [RELEASE, REFUSAL, replace(RELEASE, by_person=False)])
    def test_lets_a_complete_decision_pass(
        self, playbook: Playbook, command: DecisionCommand
    ) -> None:
        assert check_decision(playbook, READY, command) == ()

    @pytest.mark.covers("SC-21")
    @pytest.mark.parametrize(
        ("command", "pointer"),
        [
            (replace(RELEASE, type="coin_flip"), "/type"),
            (replace(RELEASE, outcome="maybe"), "/outcome"),
            (replace(RELEASE, root_cause="bad_luck"), "/root_cause"),
            (replace(RELEASE, reasons=("evidence_complete", "why_not")), "/reasons/1"),
            (replace(RELEASE, redress="flowers"), "/redress"),
        ],
    )
    def test_names_the_list_for_a_code_it_does_not_know(
        self, playbook: Playbook, command: DecisionCommand, pointer: str
    ) -> None:
        (problem,) = check_decision(playbook, READY, command)

        assert (problem.pointer, problem.code) == (pointer, "invalid-body")
        assert problem.detail.startswith("one of: ")

    @pytest.mark.covers("OW-5")
    @pytest.mark.parametrize(
        ("situation", "command", "pointer", "code"),
        [
            (replace(READY, status="resolved"), RELEASE, "", "not-allowed-now"),
            (replace(READY, open_handoffs=("finance",)), RELEASE, "", "not-allowed-now"),
            (
                replace(READY, checklist={**READY.checklist, "proof_of_address": "open"}),
                RELEASE,
                "/checklist/proof_of_address",
                "decision-incomplete",
            ),
            (READY, replace(RELEASE, reasons=()), "/reasons", "decision-incomplete"),
            (READY, replace(REFUSAL, redress=None), "/redress", "decision-incomplete"),
            (READY, replace(REFUSAL, redress="none"), "/redress", "decision-incomplete"),
            (
                READY,
                replace(REFUSAL, template=RELEASE.template),
                "/template",
                "decision-incomplete",
            ),
            (READY, replace(REFUSAL, by_person=False), "/outcome", "needs-human"),
            (replace(READY, authority_level=3), RELEASE, "/outcome", "needs-authority"),
        ],
    )
    def test_points_to_what_stands_against_it(
        self,
        playbook: Playbook,
        situation: Situation,
        command: DecisionCommand,
        pointer: str,
        code: str,
    ) -> None:
        (problem,) = check_decision(playbook, situation, command)

        assert (problem.pointer, problem.code) == (pointer, code)

    def test_uses_the_common_codes_where_a_type_has_none(self, playbook: Playbook) -> None:
        command = replace(
            RELEASE,
            type="answer",
            outcome="solved",
            root_cause="seller_mistake",
            reasons=("solved_as_asked",),
            template="seller_care.decision",
        )

        assert check_decision(playbook, replace(READY, issue_type="feature_request"), command) == ()


class TestIsAdverse:
    def test_is_a_property_of_the_outcome(self, playbook: Playbook) -> None:
        assert not is_adverse(playbook, "payout_hold", RELEASE)
        assert is_adverse(playbook, "payout_hold", REFUSAL)

    def test_takes_no_chances_with_what_it_does_not_know(self, playbook: Playbook) -> None:
        assert is_adverse(playbook, "payout_hold", replace(RELEASE, outcome="maybe"))
        assert is_adverse(playbook, "payout_hold", replace(RELEASE, type="coin_flip"))
