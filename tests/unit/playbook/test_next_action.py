from dataclasses import replace
from datetime import date

import pytest

from playbook.case import Situation
from playbook.model import Playbook
from playbook.next_action import allowed_actions, next_best_action

DONE = {
    "identity_document": "done",
    "business_registration": "done",
    "proof_of_address": "waived",
}
QUEUED = Situation(
    issue_type="payout_hold",
    status="queued",
    waiting_on="platform",
    assigned=False,
    at=date(2026, 11, 22),
    checklist={"identity_document": "done"},
    needless=frozenset({"called_back"}),
)
MISSING = ("business_registration", "proof_of_address")
HELD = replace(QUEUED, status="in_progress", assigned=True)


class TestLettersThatWait:
    def test_make_the_proof_the_next_thing_to_do(self, playbook: Playbook) -> None:
        waiting = replace(
            HELD, missing=MISSING, letters_wait_for="called_back", needless=frozenset()
        )

        action = next_best_action(playbook, waiting)

        assert (action.verb, action.lacks) == ("prove_reader", ())
        assert allowed_actions(playbook, waiting) == ("prove_reader",)

    def test_are_proven_by_whoever_has_the_case(self, playbook: Playbook) -> None:
        waiting = replace(QUEUED, missing=MISSING, letters_wait_for="called_back")

        assert next_best_action(playbook, waiting).verb == "claim"


class TestNextBestAction:
    @pytest.mark.covers("RT-9")
    @pytest.mark.parametrize(
        ("situation", "verb", "lacks"),
        [
            (replace(QUEUED, missing=MISSING), "request_evidence", ()),
            (
                replace(
                    QUEUED,
                    status="waiting_seller",
                    waiting_on="seller",
                    missing=MISSING,
                    requested=MISSING,
                ),
                "wait_for_seller",
                MISSING,
            ),
            (replace(QUEUED, missing=MISSING, to_judge=MISSING), "claim", ()),
            (replace(HELD, missing=MISSING, to_judge=MISSING), "judge_evidence", ()),
            (
                replace(
                    HELD,
                    waiting_on="seller",
                    missing=MISSING,
                    to_judge=MISSING[:1],
                    requested=MISSING[1:],
                ),
                "judge_evidence",
                (),
            ),
            (replace(HELD, checklist=DONE), "hand_off", ()),
            (
                replace(HELD, waiting_on="partner", checklist=DONE, open_handoffs=("finance",)),
                "wait_for_partner",
                ("finance",),
            ),
            (
                replace(HELD, waiting_on="third_party", checklist=DONE, open_handoffs=("bank",)),
                "wait_for_partner",
                ("bank",),
            ),
            (replace(HELD, checklist=DONE, completed_handoffs=("finance",)), "decide", ()),
            (replace(HELD, status="resolved"), "none", ()),
            (replace(QUEUED, issue_type="feature_request"), "claim", ()),
            (replace(HELD, issue_type="feature_request"), "decide", ()),
        ],
    )
    def test_follows_the_first_road(
        self, playbook: Playbook, situation: Situation, verb: str, lacks: tuple[str, ...]
    ) -> None:
        action = next_best_action(playbook, situation)

        assert (action.verb, action.lacks) == (verb, lacks)
        assert action.why_text.say("de")

    def test_names_the_team_it_hands_to(self, playbook: Playbook) -> None:
        action = next_best_action(playbook, replace(HELD, checklist=DONE))

        assert (action.team, action.why) == ("finance", "finance_must_release")

    def test_passes_over_what_lacks_something(self, playbook: Playbook) -> None:
        own = playbook.checklist("payout_hold")
        backwards = own.model_copy(update={"actions": own.actions[::-1]})
        others = [one for one in playbook.checklists if one != own]
        changed = playbook.model_copy(update={"checklists": (backwards, *others)})

        action = next_best_action(changed, QUEUED)

        assert action.verb == "claim"

    def test_says_what_is_in_the_way_when_nothing_can_be_done(self, playbook: Playbook) -> None:
        action = next_best_action(playbook, HELD)

        assert (action.verb, action.lacks) == (
            "hand_off",
            ("checklist.business_registration", "checklist.proof_of_address"),
        )


class TestWithdrawnLetters:
    LETTER = ("payout_hold.update@1",)

    @pytest.mark.parametrize(
        ("situation", "verb", "lacks"),
        [
            (replace(HELD, withdrawn_letters=LETTER), "decide_recontact", ()),
            (replace(HELD, to_write_again=LETTER), "write_again", ()),
            (
                replace(HELD, withdrawn_letters=LETTER, to_write_again=LETTER),
                "decide_recontact",
                (),
            ),
            (replace(HELD, waiting_on="seller", withdrawn_letters=LETTER), "decide_recontact", ()),
            (replace(QUEUED, withdrawn_letters=LETTER), "claim", ()),
            (
                replace(QUEUED, waiting_on="seller", withdrawn_letters=LETTER),
                "decide_recontact",
                ("assignment",),
            ),
            (replace(HELD, status="resolved", withdrawn_letters=LETTER), "none", ()),
            (replace(HELD, status="triage", withdrawn_letters=LETTER), "classify", ()),
        ],
    )
    def test_come_before_anything_else_that_can_be_done(
        self, playbook: Playbook, situation: Situation, verb: str, lacks: tuple[str, ...]
    ) -> None:
        action = next_best_action(playbook, situation)

        assert (action.verb, action.lacks) == (verb, lacks)
        assert verb not in {"decide_recontact", "write_again"} or action.why == "letter_withdrawn"

    def test_are_allowed_to_who_works_the_case(self, playbook: Playbook) -> None:
        asked = replace(HELD, withdrawn_letters=self.LETTER)

        assert "decide_recontact" in allowed_actions(playbook, asked)
        assert "decide_recontact" not in allowed_actions(playbook, replace(asked, assigned=False))


class TestAllowedActions:
    def test_are_those_that_lack_nothing(self, playbook: Playbook) -> None:
        assert allowed_actions(playbook, replace(HELD, missing=MISSING, to_judge=MISSING)) == (
            "judge_evidence",
        )
        assert allowed_actions(playbook, QUEUED) == ("claim",)
        assert allowed_actions(playbook, replace(QUEUED, status="closed")) == ()


class TestACaseInTriage:
    def test_is_to_be_classified_and_nothing_else(self, playbook: Playbook) -> None:
        situation = replace(QUEUED, status="triage")

        action = next_best_action(playbook, situation)

        assert (action.verb, action.lacks) == ("classify", ())
        assert allowed_actions(playbook, situation) == ("classify",)
