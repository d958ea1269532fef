"""A text model's word in a classification: never alone, and never about what is grave."""

from dataclasses import replace
from datetime import date
from itertools import product

import pytest

from playbook.case import CaseFacts, Money, TextLabel
from playbook.classify import classify, confirm, glance
from playbook.model import Playbook
from playbook.opinion import either, leads_to_partner
from playbook.route import choose_route

BARE = CaseFacts(
    marketplace="harbour",
    issue_type="payout_hold",
    tier="smb",
    region="UK",
    at=date(2026, 11, 22),
    facts={"payout_ref": "PO-88121"},
    amount_at_risk=Money(amount_minor=4000, currency="GBP"),
)
SIGNED = replace(BARE, cues=("payout_paused",))


def hearing(case: CaseFacts, label: str, confidence: float = 0.9) -> CaseFacts:
    said = TextLabel(model="a" * 64, label=label, confidence=confidence)
    return replace(case, text_label=said)


def owned_by_partner(playbook: Playbook) -> Playbook:
    """Give a partner every queue but the one for triage, as an organisation might."""
    queues = tuple(
        one if one.id == "triage" else one.model_copy(update={"team": "finance"})
        for one in playbook.teams.queues
    )
    return playbook.model_copy(
        update={"teams": playbook.teams.model_copy(update={"queues": queues})}
    )


class TestAModelsWord:
    def test_makes_a_light_case_sure_that_its_seller_named(self, playbook: Playbook) -> None:
        alone, heard = (classify(playbook, one) for one in (BARE, hearing(BARE, "payout_hold")))

        assert (alone.confidence, alone.needs_person) == (0.6, "low_confidence")
        assert (heard.confidence, heard.needs_person, heard.method) == (0.95, None, "model")
        assert heard.severity == "low"
        told = heard.predicates[-1]
        assert (told.field, told.seen, told.held) == ("text_model", ("payout_hold",), True)

    def test_is_a_probability_among_others(self, playbook: Playbook) -> None:
        found = classify(playbook, hearing(BARE, "payout_hold", 0.5))

        assert found.confidence == either(0.6, 0.5) == 0.8

    def test_leaves_what_stays_below_the_bound_to_a_person(self, playbook: Playbook) -> None:
        found = classify(playbook, hearing(BARE, "payout_hold", 0.2))

        assert (found.confidence, found.needs_person) == (0.68, "low_confidence")
        assert found.method == "declared"

    def test_sends_a_case_to_a_person_that_it_speaks_against(self, playbook: Playbook) -> None:
        believed = replace(BARE, issue_type="chargeback", facts={})

        found = classify(playbook, hearing(believed, "listing_error"))

        assert classify(playbook, believed).needs_person is None
        assert (found.needs_person, found.confidence) == ("signals_conflict", 0.3)
        assert [(one.issue_type, one.confidence) for one in found.alternatives] == [
            ("listing_error", 0.9)
        ]
        assert not found.predicates[-1].held

    def test_does_not_outweigh_seller_and_rule(self, playbook: Playbook) -> None:
        found = classify(playbook, hearing(SIGNED, "listing_error"))

        assert (found.confidence, found.method, found.needs_person) == (0.95, "rule", None)
        assert [one.issue_type for one in found.alternatives] == ["listing_error"]

    def test_makes_surer_what_a_rule_found_alone(self, playbook: Playbook) -> None:
        unnamed = replace(SIGNED, issue_type=None)

        agreed = classify(playbook, hearing(unnamed, "payout_hold"))
        against = classify(playbook, hearing(unnamed, "listing_error"))

        assert (agreed.confidence, agreed.method, agreed.needs_person) == (0.95, "rule", None)
        assert against.needs_person == "signals_conflict"

    @pytest.mark.covers("RT-16")
    def test_names_no_type_by_itself(self, playbook: Playbook) -> None:
        """Nothing but the model speaks: a person decides, and sees what it said first."""
        silent = replace(BARE, issue_type=None)

        found = classify(playbook, hearing(silent, "payout_hold", 0.999))

        assert (found.issue_type, found.needs_person) == (None, "low_confidence")
        assert [(one.issue_type, one.confidence) for one in found.alternatives] == [
            ("payout_hold", 0.999)
        ]

    def test_does_not_mend_a_conflict(self, playbook: Playbook) -> None:
        conflict = replace(BARE, cues=("listing_wrong",))

        found = classify(playbook, hearing(conflict, "payout_hold"))

        assert (found.confidence, found.needs_person) == (0.3, "signals_conflict")

    @pytest.mark.parametrize(
        "grave",
        [
            replace(BARE, amount_at_risk=Money(amount_minor=50_000, currency="GBP")),
            replace(BARE, cues=("legal_threat",)),
            replace(BARE, cues=("safety_concern",)),
            replace(BARE, cues=("contradicting_rules",)),
        ],
        ids=["an amount", "law", "safety", "policy conflict"],
    )
    def test_moves_no_grave_case(self, playbook: Playbook, grave: CaseFacts) -> None:
        found = classify(playbook, hearing(grave, "payout_hold", 0.999))

        assert (found.confidence, found.needs_person) == (0.6, "low_confidence")

    def test_moves_no_case_that_may_go_to_a_partner(self, playbook: Playbook) -> None:
        theirs = owned_by_partner(playbook)

        found = classify(theirs, hearing(BARE, "payout_hold", 0.999))

        assert leads_to_partner(theirs, "payout_hold")
        assert not leads_to_partner(playbook, "payout_hold")
        assert found.needs_person == "low_confidence"

    def test_counts_for_nothing_where_the_playbook_has_no_such_type(
        self, playbook: Playbook
    ) -> None:
        found = classify(playbook, hearing(BARE, "gone"))

        assert (found.confidence, found.alternatives) == (0.6, ())

    def test_is_not_asked_once_a_person_has_decided(self, playbook: Playbook) -> None:
        heard = hearing(BARE, "listing_error")

        found = confirm(playbook, heard, issue_type="payout_hold")

        assert found == confirm(playbook, BARE, issue_type="payout_hold")

    def test_never_decides_alone_whatever_the_case(self, playbook: Playbook) -> None:
        """
        Over 16 types x signs x amounts x labels: type, severity and signals are those without it.

        A case that only its word sends on is of low severity, and was named by its seller.
        """
        codes = [known.code for known in playbook.taxonomy.issue_types]
        signs = [(), *((cue.id,) for cue in playbook.taxonomy.cues)]
        moved = 0
        for code, cues, amount in product([None, *codes], signs, [1000, 50_000, 2_000_000]):
            money = Money(amount_minor=amount, currency="GBP")
            case = replace(BARE, issue_type=code, facts={}, cues=cues, amount_at_risk=money)
            without = classify(playbook, case)
            for label in {code or codes[0], codes[1]}:
                found = classify(playbook, hearing(case, label, 0.999))
                assert found.issue_type == without.issue_type
                assert (found.severity, found.signals) == (without.severity, without.signals)
                assert found.authority_level == without.authority_level
                if found.needs_person is None and without.needs_person is not None:
                    moved += 1
                    assert (found.method, found.severity, code) == ("model", "low", label)
                if found.needs_person is None and without.needs_person is None:
                    one, other = (choose_route(playbook, case, seen) for seen in (found, without))
                    assert one == other
        assert moved > 0

    def test_is_heard_alike_with_and_without_reasons(self, playbook: Playbook) -> None:
        for case in (BARE, SIGNED, replace(BARE, issue_type="chargeback")):
            for label in ("payout_hold", "listing_error"):
                heard = hearing(case, label)

                assert (
                    glance(playbook, heard).needs_person == classify(playbook, heard).needs_person
                )
