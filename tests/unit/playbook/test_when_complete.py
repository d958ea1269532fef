"""Where a case moves by itself once its documents have come."""

from dataclasses import replace
from datetime import date
from typing import Final

import pytest

from playbook.case import CaseFacts
from playbook.classify import confirm
from playbook.route import choose_route, choose_when_complete
from scenario_filings import the_playbook
from small_playbook import Spoil

CASE: Final = CaseFacts(
    marketplace="harbour",
    issue_type="buyer_dispute",
    tier="smb",
    region="DE",
    at=date(2026, 11, 23),
    facts={"order_ref": "O-80", "dispute_kind": "defective", "prior_claims_ref": "PC-4"},
)
COMPLETE: Final = replace(CASE, arrived=("item_photos", "shipping_proof"))


def chosen(case: CaseFacts, issue_type: str = "buyer_dispute") -> str | None:
    book = the_playbook()
    found = choose_when_complete(book, case, confirm(book, case, issue_type=issue_type))
    return found.rule if found else None


class TestChooseWhenComplete:
    @pytest.mark.covers("RT-8")
    def test_names_the_row_of_the_playbook(self) -> None:
        assert chosen(COMPLETE) == "dispute_repeated_claims"

    def test_names_none_while_something_is_missing(self) -> None:
        assert chosen(replace(CASE, arrived=("item_photos",))) is None

    def test_names_none_that_the_playbook_does_not_name(self) -> None:
        facts = {"order_ref": "O-80", "dispute_kind": "defective"}

        assert chosen(replace(COMPLETE, facts=facts)) is None

    def test_names_none_where_a_table_names_no_rule(self) -> None:
        assert chosen(COMPLETE, "payout_hold") is None

    def test_decides_as_if_the_papers_had_been_on_file(self) -> None:
        book = the_playbook()
        found = confirm(book, COMPLETE, issue_type="buyer_dispute")

        told = choose_route(book, COMPLETE, found)

        assert told.inputs["missing_evidence"] == ()


class TestCheckMilestone:
    def test_knows_the_rules_of_its_own_table(self, spoil: Spoil) -> None:
        problems = spoil(
            "routing.yaml", "hit_policy: first", "hit_policy: first\n    when_complete: [nowhere]"
        )

        assert any("expected a known rule here (" in one for one in problems), problems

    def test_wants_a_row_that_waits_for_documents(self, spoil: Spoil) -> None:
        problems = spoil(
            "routing.yaml",
            "hit_policy: first",
            "hit_policy: first\n    when_complete: [large_amount]",
        )

        assert any("expected a row with `missing_evidence`" in one for one in problems), problems
