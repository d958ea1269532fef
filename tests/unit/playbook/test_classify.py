from dataclasses import replace
from datetime import date

import pytest

from playbook.case import CaseFacts, Money, OnFile
from playbook.classify import classify, confirm
from playbook.model import Playbook
from playbook.policies import IssueType
from playbook.tables import Row

CASE = CaseFacts(
    marketplace="harbour",
    issue_type="payout_hold",
    tier="smb",
    region="UK",
    at=date(2026, 11, 22),
    facts={"payout_ref": "PO-88121", "hold_code": "verification_expired"},
    amount_at_risk=Money(amount_minor=184050, currency="GBP"),
    cues=("payout_paused",),
    on_file=(OnFile(kind="identity_document", valid_until=date(2031, 4, 1)),),
)
WITHOUT_SIGNS = replace(CASE, facts={"payout_ref": "PO-88121"}, cues=())


def with_rules(playbook: Playbook, code: str, *rules: Row) -> Playbook:
    """Give a type rules of its own, as a later version might."""

    def changed(known: IssueType) -> IssueType:
        return known.model_copy(update={"rules": rules}) if known.code == code else known

    types = tuple(changed(known) for known in playbook.taxonomy.issue_types)
    taxonomy = playbook.taxonomy.model_copy(update={"issue_types": types})
    return playbook.model_copy(update={"taxonomy": taxonomy})


class TestClassify:
    @pytest.mark.covers("IN-3", "RT-4")
    def test_is_sure_when_rule_and_declaration_agree(self, playbook: Playbook) -> None:
        found = classify(playbook, CASE)

        assert (found.issue_type, found.symptom) == ("payout_hold", "payout_not_received")
        assert found.root_cause_hint == "verification_expired"
        assert (found.confidence, found.method, found.needs_person) == (0.95, "rule", None)
        assert (found.authority_level, found.severity) == (2, "medium")
        assert found.signals.financial == "medium"
        assert (found.signals.legal, found.signals.safety) == ("none", "none")
        assert not found.signals.policy_conflict

    def test_takes_the_highest_level_of_a_list_that_collects(self, playbook: Playbook) -> None:
        rows = tuple(reversed(playbook.severity.financial))
        turned = {"financial": rows, "hit_policy": {"financial": "collect"}}
        severity = playbook.severity.model_copy(update=turned)

        found = classify(playbook.model_copy(update={"severity": severity}), CASE)
        first = severity.model_copy(update={"hit_policy": {}})
        in_order = classify(playbook.model_copy(update={"severity": first}), CASE)

        assert found.signals.financial == "medium"
        assert in_order.signals.financial == "low"

    @pytest.mark.covers("RT-11")
    def test_explains_every_condition_it_looked_at(self, playbook: Playbook) -> None:
        found = classify(playbook, CASE)

        first = found.predicates[0]
        assert (first.field, first.op) == ("facts.hold_code", "known")
        assert (first.expected, first.seen, first.held) == (
            ("true",),
            ("verification_expired",),
            True,
        )

    @pytest.mark.covers("RT-16")
    def test_asks_a_person_when_no_rule_of_the_declared_type_fires(
        self, playbook: Playbook
    ) -> None:
        found = classify(playbook, WITHOUT_SIGNS)

        assert (found.confidence, found.needs_person) == (0.6, "low_confidence")

    def test_asks_a_person_when_rule_and_declaration_conflict(self, playbook: Playbook) -> None:
        found = classify(playbook, replace(CASE, issue_type="listing_error", facts={}))

        assert (found.confidence, found.needs_person) == (0.3, "signals_conflict")
        assert [one.issue_type for one in found.alternatives] == ["payout_hold"]

    def test_believes_a_declared_type_without_rules(self, playbook: Playbook) -> None:
        found = classify(playbook, replace(WITHOUT_SIGNS, issue_type="chargeback"))

        assert (found.confidence, found.method) == (0.7, "declared")
        assert found.needs_person is None

    def test_believes_a_type_whose_sellers_are_believed(self, playbook: Playbook) -> None:
        listing = replace(WITHOUT_SIGNS, issue_type="listing_error", facts={})

        found = classify(playbook, listing)

        assert playbook.issue_type("listing_error").rules  # type: ignore[union-attr]  # it is there
        assert (found.confidence, found.method, found.needs_person) == (0.7, "declared", None)

    def test_hints_in_the_order_of_the_types_facts(self, playbook: Playbook) -> None:
        facts = {"delivery": "own_fleet", "hold_code": "bank_return"}

        found = classify(playbook, replace(CASE, facts=facts))

        assert found.root_cause_hint == "bank_return"

    def test_weighs_facts_of_any_type(self, playbook: Playbook) -> None:
        stolen = replace(
            CASE, issue_type="fraud_allegation", facts={"fraud_kind": "account_taken_over"}, cues=()
        )

        found = classify(playbook, stolen)

        assert (found.signals.safety, found.severity) == ("high", "critical")

    def test_finds_the_type_itself_when_one_rule_fires(self, playbook: Playbook) -> None:
        found = classify(playbook, replace(CASE, issue_type=None))

        assert (found.issue_type, found.method, found.confidence) == ("payout_hold", "rule", 0.7)

    @pytest.mark.parametrize(
        ("issue_type", "reason"), [(None, "low_confidence"), ("moon", "unknown_issue_type")]
    )
    def test_asks_a_person_when_it_has_nothing_to_go_by(
        self, playbook: Playbook, issue_type: str | None, reason: str
    ) -> None:
        found = classify(playbook, replace(WITHOUT_SIGNS, issue_type=issue_type))

        assert (found.issue_type, found.symptom, found.authority_level) == (None, None, 0)
        assert (found.needs_person, found.confidence) == (reason, 0.3)

    @pytest.mark.covers("IN-13")
    def test_asks_a_person_when_authority_is_unverified(self, playbook: Playbook) -> None:
        found = classify(playbook, replace(CASE, acting_authority="unverified"))

        assert (found.needs_person, found.confidence) == ("authority_unverified", 0.95)

    def test_names_the_other_types_whose_rules_fire(self, playbook: Playbook) -> None:
        rule = Row(rule="any", when={"marketplace": "harbour"})

        found = classify(with_rules(playbook, "chargeback", rule), CASE)

        assert found.confidence == 0.95
        assert [one.issue_type for one in found.alternatives] == ["chargeback"]

    @pytest.mark.parametrize(
        ("change", "severity", "authority"),
        [
            ({"amount_at_risk": Money(amount_minor=1_000_000, currency="EUR")}, "high", 3),
            ({"amount_at_risk": Money(amount_minor=49_999, currency="EUR")}, "low", 2),
            ({"amount_at_risk": None}, "low", 2),
            ({"cues": ("payout_paused", "safety_concern")}, "critical", 2),
            ({"amount_at_risk": None, "cues": ("payout_paused", "legal_threat")}, "medium", 2),
        ],
    )
    @pytest.mark.covers("RT-4")
    def test_weighs_how_bad_it_is(
        self, playbook: Playbook, change: dict[str, object], severity: str, authority: int
    ) -> None:
        found = classify(playbook, replace(CASE, **change))  # type: ignore[arg-type]  # a table of fields

        assert (found.severity, found.authority_level) == (severity, authority)

    @pytest.mark.covers("RT-5")
    def test_sees_a_conflict_of_policies(self, playbook: Playbook) -> None:
        found = classify(playbook, replace(CASE, cues=("payout_paused", "contradicting_rules")))

        assert found.signals.policy_conflict


class TestConfirm:
    def test_takes_a_persons_word(self, playbook: Playbook) -> None:
        found = confirm(
            playbook, replace(CASE, acting_authority="unverified"), issue_type="chargeback"
        )

        assert (found.issue_type, found.method) == ("chargeback", "human")
        assert (found.confidence, found.needs_person) == (1.0, None)
