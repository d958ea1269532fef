"""Which documents a case takes."""

from collections.abc import Collection

import pytest

from builders_contracts import E1, a_case_opened, a_receipt, an_id, fold_all, numbered
from contracts import resolution
from contracts.lifecycle import CaseState
from intake.domain.documents import (
    MEDIA_TYPES,
    MOST_FILES,
    CaseTakesNoEvidence,
    NotAskedFor,
    TooManyFiles,
    WrongMediaType,
    check_item,
    check_media_type,
    check_room,
)

REGISTRATION = "business_registration"
REQUESTED = 4  # so many events of E1 until documents have been asked for


def a_case_with(files: int) -> CaseState:
    receipts = [a_receipt(number, REGISTRATION) for number in range(files)]
    return fold_all(numbered([a_case_opened(), *receipts]))


class TestCheckRoom:
    def test_takes_the_twentieth_file(self) -> None:
        check_room(a_case_with(MOST_FILES - 1))

    def test_refuses_the_twenty_first(self) -> None:
        with pytest.raises(TooManyFiles):
            check_room(a_case_with(MOST_FILES))

    def test_does_not_count_what_was_only_judged(self) -> None:
        waived = resolution.EvidenceWaived(
            evidence=an_id("evd", 99), kind=REGISTRATION, reason="not_applicable"
        )
        facts = [a_receipt(number, REGISTRATION) for number in range(MOST_FILES - 1)]

        check_room(fold_all(numbered([a_case_opened(), waived, *facts])))

    def test_refuses_once_the_case_has_ended_and_says_how(self) -> None:
        with pytest.raises(CaseTakesNoEvidence) as refused:
            check_room(fold_all(E1))

        assert refused.value.public == {"case_status": "resolved", "allowed": []}


class TestCheckItem:
    def test_takes_a_document_that_names_no_item(self) -> None:
        check_item(fold_all(E1[:1]), item=None, kind=REGISTRATION)

    def test_takes_what_was_asked_for(self) -> None:
        check_item(fold_all(E1[:REQUESTED]), item=an_id("itm", 1), kind=REGISTRATION)

    @pytest.mark.parametrize(
        ("item", "kind"),
        [(an_id("itm", 9), REGISTRATION), (an_id("itm", 1), "proof_of_address")],
        ids=["unknown item", "another kind"],
    )
    def test_refuses_what_was_not(self, item: str, kind: str) -> None:
        with pytest.raises(NotAskedFor):
            check_item(fold_all(E1[:REQUESTED]), item=item, kind=kind)


class TestCheckMediaType:
    @pytest.mark.parametrize("kind", sorted(MEDIA_TYPES))
    def test_returns_the_type_that_was_found_and_declared(self, kind: str) -> None:
        assert check_media_type(kind, declared=kind, allowed=MEDIA_TYPES) == kind

    @pytest.mark.parametrize(
        ("found", "declared", "allowed"),
        [
            (None, "application/pdf", MEDIA_TYPES),
            ("image/png", "application/pdf", MEDIA_TYPES),
            ("application/zip", "application/zip", {"application/zip"}),
            ("image/png", "image/png", {"application/pdf"}),
        ],
        ids=["unknown", "another than declared", "not ours", "not for this kind"],
    )
    def test_refuses_everything_else(
        self, found: str | None, declared: str, allowed: Collection[str]
    ) -> None:
        with pytest.raises(WrongMediaType):
            check_media_type(found, declared=declared, allowed=allowed)
