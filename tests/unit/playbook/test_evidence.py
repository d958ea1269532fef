from datetime import date

import pytest

from playbook.case import Money, OnFile, Situation
from playbook.checklist import instantiate, item_for, needless
from playbook.columns import Inputs
from playbook.evidence import (
    UnknownKind,
    is_current,
    judge_dates,
    missing_evidence,
    points_for,
    required_kinds,
    standard,
)
from playbook.model import Playbook
from playbook.next_action import open_items

TODAY = date(2026, 11, 22)
IDENTITY = OnFile(kind="identity_document", valid_until=date(2031, 4, 1))
OLD_REGISTRATION = OnFile(kind="business_registration", valid_until=date(2026, 10, 31))


class TestMissingEvidence:
    @pytest.mark.covers("IN-15", "SC-8")
    def test_is_what_is_expired_or_was_never_there(self, playbook: Playbook) -> None:
        missing = missing_evidence(playbook, "payout_hold", [IDENTITY, OLD_REGISTRATION], TODAY, {})

        assert missing == ("business_registration", "proof_of_address")

    def test_is_nothing_for_a_type_without_a_checklist(self, playbook: Playbook) -> None:
        assert missing_evidence(playbook, "feature_request", [], TODAY, {}) == ()
        assert required_kinds(playbook, "feature_request", {}) == ()


class TestJudgeDates:
    @pytest.mark.parametrize(
        ("kind", "issued_on", "valid_until", "pointers"),
        [
            ("proof_of_address", "2026-11-22", None, []),
            ("proof_of_address", "2026-08-24", None, []),
            ("proof_of_address", "2026-08-23", None, ["/issued_on"]),
            ("proof_of_address", "2026-11-23", None, ["/issued_on"]),
            ("proof_of_address", None, None, ["/issued_on"]),
            ("business_registration", None, "2026-11-22", []),
            ("business_registration", None, "2026-11-21", ["/valid_until"]),
            ("business_registration", None, None, ["/valid_until"]),
            ("business_registration", "2027-01-01", None, ["/issued_on", "/valid_until"]),
            ("business_registration", "2001-01-01", "2027-01-01", []),
            ("supporting_document", None, None, []),
        ],
    )
    def test_holds_dates_against_the_standard(
        self,
        playbook: Playbook,
        kind: str,
        issued_on: str | None,
        valid_until: str | None,
        pointers: list[str],
    ) -> None:
        problems = judge_dates(
            playbook,
            kind,
            issued_on=date.fromisoformat(issued_on) if issued_on else None,
            valid_until=date.fromisoformat(valid_until) if valid_until else None,
            at=TODAY,
        )

        assert [problem.pointer for problem in problems] == pointers

    def test_refuses_a_kind_that_nobody_knows(self, playbook: Playbook) -> None:
        with pytest.raises(UnknownKind):
            standard(playbook, "crystal_ball")
        assert not is_current(playbook, OnFile(kind="crystal_ball"), TODAY)


class TestInstantiate:
    @pytest.mark.covers("SC-8")
    def test_counts_as_done_what_is_on_file_and_current(self, playbook: Playbook) -> None:
        items = instantiate(playbook, "payout_hold", [IDENTITY, OLD_REGISTRATION], TODAY, {})

        assert [(item.item, item.state) for item in items] == [
            ("identity_document", "done"),
            ("business_registration", "open"),
            ("proof_of_address", "open"),
        ]
        assert items[2].text.say("de") == "Adressnachweis höchstens 90 Tage alt."

    def test_is_empty_for_a_type_without_one(self, playbook: Playbook) -> None:
        assert instantiate(playbook, "feature_request", [], TODAY, {}) == ()


class TestPointsFor:
    """Evidence that depends on the facts."""

    @pytest.mark.parametrize(
        ("issue_type", "seen", "missing"),
        [
            ("buyer_dispute", {}, ("item_photos", "shipping_proof")),
            ("buyer_dispute", {"facts.dispute_kind": ("missing_signature",)}, ("shipping_proof",)),
            ("payout_hold", {"facts.hold_code": ("bank_return",)}, ()),
            ("identity_verification", {}, ("identity_document", "proof_of_address")),
            (
                "identity_verification",
                {"facts.check_stage": ("required_by_law",)},
                (
                    "identity_document",
                    "proof_of_address",
                    "tax_identification",
                    "bank_confirmation",
                ),
            ),
        ],
    )
    def test_asks_for_what_the_facts_ask_for(
        self, playbook: Playbook, issue_type: str, seen: Inputs, missing: tuple[str, ...]
    ) -> None:
        assert missing_evidence(playbook, issue_type, [], TODAY, seen) == missing

    @pytest.mark.parametrize(("amount", "asks"), [(74_999, False), (75_000, True)])
    def test_asks_for_a_signature_from_the_threshold_on(
        self, playbook: Playbook, amount: int, *, asks: bool
    ) -> None:
        seen: Inputs = {
            "region": ("US",),
            "facts.dispute_kind": ("not_received",),
            "facts.delivered_scan": ("delivered",),
            "facts.amount": Money(amount_minor=amount, currency="USD"),
        }

        needed = required_kinds(playbook, "buyer_dispute", seen)
        elsewhere = required_kinds(playbook, "buyer_dispute", {**seen, "region": ("DE",)})

        assert ("signature_proof" in needed, "signature_proof" in elsewhere) == (asks, False)

    def test_has_one_point_for_a_kind_the_first_that_fits(self, playbook: Playbook) -> None:
        by_law = {"facts.check_stage": ("required_by_law",)}

        found = [
            item_for(playbook, "identity_verification", "tax_identification", seen)
            for seen in (by_law, {})
        ]

        assert found == ["tax_identification", "tax_identification_offered"]

    def test_has_every_point_that_no_document_does(self, playbook: Playbook) -> None:
        """What a person sees to has no kind, and one such point is not another."""
        found = [row.item for row in points_for(playbook, "account_suspension", {})]

        assert found == [
            "open_orders_looked_at",
            "reason_found",
            "notice_checked",
            "supplier_invoice",
            "identity_document",
        ]

    def test_keeps_what_is_not_asked_for_from_holding_a_decision(self, playbook: Playbook) -> None:
        seen = {"facts.hold_code": ("bank_return",)}
        situation = Situation(
            issue_type="payout_hold",
            status="in_progress",
            waiting_on="platform",
            assigned=True,
            at=TODAY,
            needless=needless(playbook, "payout_hold", seen),
        )

        assert open_items(playbook, situation) == ()


class TestItemFor:
    def test_is_the_point_that_a_document_completes(self, playbook: Playbook) -> None:
        assert item_for(playbook, "payout_hold", "proof_of_address", {}) == "proof_of_address"
        assert item_for(playbook, "payout_hold", "supporting_document", {}) is None
