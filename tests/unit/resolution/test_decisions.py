"""What keeps a draft from being a decision."""

from dataclasses import replace

import pytest

from builders_contracts import ADDRESS, REGISTRATION, a_case_opened, an_id
from builders_resolution import (
    ADDRESS_PROOF,
    CLAIMED,
    NEW_REGISTRATION,
    TODAY,
    a_case,
    accepted,
    the_playbook,
)
from playbook.case import Problem
from resolution.domain import decisions
from resolution.domain.checklist import Point
from resolution.domain.decisions import Draft
from resolution.domain.standing import situation

DRAFT = Draft(
    type="payout_release",
    outcome="released",
    root_cause="verification_expired",
    reasons=("evidence_complete",),
    evidence=(NEW_REGISTRATION, ADDRESS_PROOF, an_id("evd", 1)),
    redress="appeal",
    template="payout_hold.decision.favourable",
    by_person=True,
    authority=2,
)
ITEMS = ("identity_document", REGISTRATION, ADDRESS)


def check(draft: Draft, *, done: bool = True) -> tuple[Problem, ...]:
    state = a_case(CLAIMED, accepted(3, REGISTRATION), accepted(4, ADDRESS))
    points = [
        Point(item=item, kind=item, required=True, state="done" if done else "open")
        for item in ITEMS
    ]
    standing = situation(the_playbook(), state, points, TODAY)
    return decisions.check(the_playbook(), state, standing, draft)


class TestCheck:
    @pytest.mark.covers("OW-5", "SC-21")
    def test_lets_a_complete_decision_pass(self) -> None:
        assert check(DRAFT) == ()

    @pytest.mark.parametrize(
        ("draft", "pointer", "code"),
        [
            (replace(DRAFT, root_cause=""), "/root_cause", "decision-incomplete"),
            (replace(DRAFT, evidence=(an_id("evd", 9),)), "/evidence/0", "decision-incomplete"),
            (replace(DRAFT, reasons=()), "/reasons", "decision-incomplete"),
            (replace(DRAFT, outcome="vanished"), "/outcome", "invalid-body"),
            (replace(DRAFT, authority=1), "/outcome", "needs-authority"),
        ],
    )
    def test_names_what_is_in_the_way(self, draft: Draft, pointer: str, code: str) -> None:
        assert [(one.pointer, one.code) for one in check(draft)] == [(pointer, code)]

    def test_lets_only_people_decide_against_a_seller(self) -> None:
        adverse = replace(
            DRAFT,
            outcome="refused",
            reasons=("evidence_not_valid",),
            template="payout_hold.decision.adverse",
            by_person=False,
        )

        assert [one.code for one in check(adverse)] == ["needs-human"]

    def test_names_each_open_point_of_the_checklist(self) -> None:
        found = [one.pointer for one in check(DRAFT, done=False)]

        assert found == [f"/checklist/{item}" for item in ITEMS]


class TestIsAdverse:
    def test_is_what_the_playbook_says_of_the_outcome(self) -> None:
        state = a_case()

        assert not decisions.is_adverse(the_playbook(), state, DRAFT)
        assert decisions.is_adverse(the_playbook(), state, replace(DRAFT, outcome="refused"))


class TestRules:
    def test_name_the_checklist_and_its_version(self) -> None:
        assert decisions.rules(the_playbook(), a_case()) == ("checklists/payout_hold@1",)


class TestPolicies:
    @pytest.mark.covers("CX-6")
    def test_are_those_of_the_issue_type(self) -> None:
        unknown = a_case([a_case_opened(issue_type="telepathy")])

        assert "payout-policy-4.2" in decisions.policies(the_playbook(), a_case())
        assert decisions.policies(the_playbook(), unknown) == ()
