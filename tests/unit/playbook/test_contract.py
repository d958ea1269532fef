from typing import Any

import pytest

from playbook.contract import (
    HandoffContract,
    check_own,
    check_payload,
    check_result,
    contract,
    contracts,
)
from playbook.model import Playbook

OWN: dict[str, Any] = {
    "payout_refs": ["PO-88121"],
    "amount": {"amount_minor": 184050, "currency": "GBP"},
    "hold_code": "verification_expired",
}
WHOLE: dict[str, Any] = {
    **OWN,
    "what_happened": {"sealed": "a", "key": "b", "class": "narrative", "commitment": "c"},
    "why_it_matters": {
        "amount_at_risk": OWN["amount"],
        "severity": "medium",
        "due_by": "2026-11-26T10:00:00Z",
    },
    "already_checked": [{"step": "identity_document", "result": "valid"}],
    "next_action_required": "release_payout",
    "evidence": [{"kind": "proof_of_address", "id": "evd_1", "commitment": "Zm9v"}],
    "case_history": [{"step": "case.opened", "at": "2026-11-22T10:00:00Z"}],
    "policy_refs": ["payout-policy-4.2"],
    "due_by": "2026-11-26T10:00:00Z",
}


@pytest.fixture
def finance(playbook: Playbook) -> HandoffContract:
    found = contract(playbook, "finance")
    assert found is not None
    return found


class TestContract:
    @pytest.mark.covers("HO-2", "HO-3")
    def test_says_what_a_team_needs_and_how_fast_it_is(self, finance: HandoffContract) -> None:
        assert (finance.id, finance.version, finance.pin) == ("finance@1", "1.0.0", "finance@1.0.0")
        assert finance.own_fields == ("payout_refs", "amount", "hold_code")
        assert (finance.accept_within.total_seconds(), finance.party) == (14400, "partner")
        assert "missing_field" in finance.return_reasons
        assert len(finance.digest) == 64

    def test_exists_only_for_teams_with_a_file(self, playbook: Playbook) -> None:
        assert contract(playbook, "astrology") is None
        assert [one.team for one in contracts(playbook)] == [
            "engineering",
            "finance",
            "legal",
            "policy",
            "product",
            "trust",
        ]


class TestCheckPayload:
    @pytest.mark.covers("HO-4", "HO-5")
    def test_passes_a_whole_payload(self, finance: HandoffContract) -> None:
        assert check_payload(finance, WHOLE) == ()

    @pytest.mark.covers("HO-2")
    def test_points_to_each_missing_path(self, finance: HandoffContract) -> None:
        problems = check_payload(finance, {})

        assert {problem.pointer for problem in problems} == {
            f"/payload/{name}" for name in WHOLE if name != "what_happened"
        }
        assert {problem.code for problem in problems} == {"handoff-contract-unmet"}

    @pytest.mark.parametrize(
        ("change", "pointer"),
        [
            ({"hold_code": "because"}, "/payload/hold_code"),
            ({"payout_refs": []}, "/payload/payout_refs"),
            ({"payout_refs": ["two words"]}, "/payload/payout_refs/0"),
            ({"amount": {"amount_minor": 1}}, "/payload/amount/currency"),
            ({"due_by": "tomorrow"}, "/payload/due_by"),
            ({"next_action_required": "hurry"}, "/payload/next_action_required"),
            ({"note/s~": "words"}, "/payload/note~1s~0"),
        ],
    )
    def test_points_to_what_is_wrong_without_repeating_it(
        self, finance: HandoffContract, change: dict[str, Any], pointer: str
    ) -> None:
        (problem,) = check_payload(finance, {**WHOLE, **change})

        assert problem.pointer == pointer
        assert "two words" not in problem.detail


class TestCheckOwn:
    def test_looks_at_the_callers_fields_only(self, finance: HandoffContract) -> None:
        without = {name: value for name, value in OWN.items() if name != "hold_code"}

        assert check_own(finance, OWN) == ()
        assert [one.pointer for one in check_own(finance, without)] == ["/payload/hold_code"]
        assert [one.pointer for one in check_own(finance, {**OWN, "due_by": "x"})] == [
            "/payload/due_by"
        ]


class TestCheckResult:
    def test_takes_codes_and_amounts(self, finance: HandoffContract) -> None:
        result = {
            "payout_released": True,
            "payout_ref": "PO-88121",
            "released_amount": OWN["amount"],
            "value_date": "2026-11-25",
        }

        assert check_result(finance, result) == ()

    @pytest.mark.covers("HO-13")
    @pytest.mark.parametrize(
        "result",
        [
            {"payout_released": True, "note": "the seller seems nice"},
            {"payout_released": True, "payout_ref": "it went out this morning"},
            {"payout_released": "yes, we did"},
            {"payout_released": True, "refusal": "did not like it"},
            {"payout_released": True, "value_date": "next week"},
            {},
            "done",
        ],
    )
    def test_refuses_words(self, finance: HandoffContract, result: object) -> None:
        assert check_result(finance, result)
