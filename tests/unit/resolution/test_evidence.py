"""Which documents a case lacks, and what may be asked for."""

from datetime import date

import pytest

from builders_contracts import ADDRESS, REGISTRATION, a_case_opened, a_receipt, an_id
from builders_resolution import (
    ADDRESS_PROOF,
    ANSWERED,
    ASKED,
    NEW_REGISTRATION,
    ROUTED,
    TODAY,
    a_case,
    accepted,
    rejected,
    the_playbook,
)
from contracts import resolution
from contracts.lifecycle import CaseState
from resolution.domain import evidence

IDENTITY = "identity_document"


class TestMissingKinds:
    @pytest.mark.covers("IN-15", "SC-8")
    def test_names_what_is_out_of_date_or_not_there(self) -> None:
        found = evidence.missing_kinds(the_playbook(), a_case(), TODAY)

        assert found == (REGISTRATION, ADDRESS)

    def test_leaves_out_what_was_accepted(self) -> None:
        state = a_case(ANSWERED, accepted(3, REGISTRATION, valid_until=date(2027, 1, 1)))

        assert evidence.missing_kinds(the_playbook(), state, TODAY) == (ADDRESS,)

    def test_leaves_out_what_someone_waived(self) -> None:
        waived = resolution.ChecklistItemWaived(item=ADDRESS, reason="already_proven")

        found = evidence.missing_kinds(the_playbook(), a_case(ROUTED, waived), TODAY)

        assert found == (REGISTRATION,)

    def test_is_nothing_for_a_type_without_a_checklist(self) -> None:
        state = a_case([a_case_opened(issue_type="listing_error")])

        assert evidence.missing_kinds(the_playbook(), state, TODAY) == ()


class TestKindsToAsk:
    def test_are_the_missing_ones_once(self) -> None:
        assert evidence.kinds_to_ask(the_playbook(), a_case(ASKED), TODAY) == ()

    @pytest.mark.covers("IN-15")
    def test_leave_out_what_arrived_unasked(self) -> None:
        state = a_case(ROUTED, a_receipt(4, ADDRESS))

        assert evidence.kinds_to_ask(the_playbook(), state, TODAY) == (REGISTRATION,)


class TestToJudge:
    def test_is_oldest_first_without_what_was_judged(self) -> None:
        state = a_case(ANSWERED, accepted(3, REGISTRATION))

        assert evidence.to_judge(a_case(ANSWERED)) == (NEW_REGISTRATION, ADDRESS_PROOF)
        assert evidence.to_judge(state) == (ADDRESS_PROOF,)


class TestFindExisting:
    def find(self, state: CaseState, kind: str) -> str | None:
        return evidence.find_existing(the_playbook(), state, kind, TODAY)

    def test_names_the_open_request(self) -> None:
        assert self.find(a_case(ASKED), REGISTRATION) == an_id("itm", 1)

    def test_names_the_document_that_waits(self) -> None:
        assert self.find(a_case(ANSWERED), ADDRESS) == ADDRESS_PROOF

    @pytest.mark.covers("IN-15")
    def test_names_the_document_on_file(self) -> None:
        assert self.find(a_case(), IDENTITY) == an_id("evd", 1)

    def test_does_not_count_a_document_out_of_date(self) -> None:
        assert self.find(a_case(), REGISTRATION) is None


class TestItemAnswered:
    def test_is_the_one_that_the_upload_names(self) -> None:
        receipt = a_receipt(3, REGISTRATION).model_copy(update={"item": an_id("itm", 2)})
        state = a_case(ASKED, receipt)

        assert evidence.item_answered(state, NEW_REGISTRATION) == an_id("itm", 2)

    def test_is_else_the_latest_of_its_kind(self) -> None:
        assert evidence.item_answered(a_case(ANSWERED), NEW_REGISTRATION) == an_id("itm", 1)

    def test_is_none_for_what_nobody_asked_for(self) -> None:
        state = a_case(ROUTED, a_receipt(4, ADDRESS))

        assert evidence.item_answered(state, ADDRESS_PROOF) is None


class TestLeavesUnanswered:
    def test_holds_when_it_is_the_only_document(self) -> None:
        assert evidence.leaves_unanswered(a_case(ANSWERED), NEW_REGISTRATION)

    def test_does_not_hold_when_another_waits(self) -> None:
        state = a_case(ANSWERED, a_receipt(5, REGISTRATION))

        assert not evidence.leaves_unanswered(state, NEW_REGISTRATION)

    def test_holds_when_the_other_was_rejected(self) -> None:
        state = a_case(ANSWERED, a_receipt(5, REGISTRATION), rejected(5, REGISTRATION))

        assert evidence.leaves_unanswered(state, NEW_REGISTRATION)


class TestUnknownKinds:
    def test_points_at_strangers_and_repetitions(self) -> None:
        found = evidence.unknown_kinds(the_playbook(), [ADDRESS, "tax_return", ADDRESS])

        assert [problem.pointer for problem in found] == ["/kinds/1", "/kinds/2"]
        assert all(one.detail.startswith("One of evidence_kinds") for one in found)
        assert all(ADDRESS in one.detail for one in found)
