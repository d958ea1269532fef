"""Which cases letters are silent about, and until when."""

import pytest

from playbook.columns import Inputs
from playbook.model import Playbook
from playbook.step_up import find_step_up
from playbook.templates import find_template, render

STOLEN: Inputs = {"facts.fraud_kind": ("account_taken_over",)}


class TestFindStepUp:
    @pytest.mark.parametrize(
        ("issue_type", "seen", "waits"),
        [
            ("fraud_allegation", STOLEN, True),
            ("fraud_allegation", {"facts.fraud_kind": ("phishing",)}, True),
            ("fraud_allegation", {}, True),
            ("fraud_allegation", {"facts.fraud_kind": ("accused",)}, False),
            ("fraud_allegation", {"facts.fraud_kind": ("buyer_fraud",)}, False),
            ("payout_hold", {"cues": ("account_taken_over",)}, True),
            ("payout_hold", {"cues": ("payout_paused",)}, False),
            ("listing_error", STOLEN, False),
            ("no_such_type", STOLEN, False),
        ],
    )
    def test_waits_where_a_mailbox_may_be_in_other_hands(
        self, playbook: Playbook, issue_type: str, seen: Inputs, *, waits: bool
    ) -> None:
        found = find_step_up(playbook, issue_type, seen, ())

        assert (found is not None) is waits

    def test_waits_no_more_once_the_point_is_done(self, playbook: Playbook) -> None:
        assert find_step_up(playbook, "fraud_allegation", STOLEN, ("payout_stopped",))
        assert find_step_up(playbook, "fraud_allegation", STOLEN, ("called_back",)) is None


class TestTheLetterMeanwhile:
    @pytest.mark.parametrize("language", ["en", "de", "fr", "es", "pl"])
    def test_says_only_when_the_next_one_comes(self, playbook: Playbook, language: str) -> None:
        letter = render(
            playbook,
            "seller_care.call_back",
            language=language,
            region="UK",
            parameters={"update_by": "2026-11-24T12:00:00Z"},
        )
        written = find_template(playbook, "seller_care.call_back", language=language, region="UK")

        assert letter.qualifying is False
        assert "2026" in letter.body
        assert (written.issue_types, written.policy_refs) == ((), ())
