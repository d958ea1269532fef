"""What a decision may look at, and what keeps a member from a case."""

from datetime import date

import pytest

from builders_contracts import a_case_opened, fold_all, numbered, sealed
from contracts.cases import ActingParty, TextLabel, TextSignals
from router.domain.work import Member, Work, facts_of, what_member_lacks

TODAY = date(2026, 11, 22)
WORK = Work(
    marketplace="harbour", teams=("verification",), skills=["verification"], clearance=["bank"]
)


def a_member(**changes: object) -> Member:
    given: dict[str, object] = {
        "member": "mem_1",
        "login": "mara",
        "name": "Mara",
        "marketplaces": ("harbour",),
        "teams": ("verification",),
        "skills": ("verification",),
        "clearances": ("bank",),
        "capacity": 1,
        **changes,
    }
    return Member(**given)  # type: ignore[arg-type]  # changes are of the fields' types


class TestFactsOf:
    def test_leaves_out_what_is_sealed(self) -> None:
        opened = a_case_opened(facts={"hold_code": "other", "iban": sealed("bank")})

        facts = facts_of(fold_all(numbered([opened])), at=TODAY)

        assert dict(facts.facts) == {"hold_code": "other"}

    def test_tells_money_as_json(self) -> None:
        facts = facts_of(fold_all(numbered([a_case_opened()])), at=TODAY)

        assert facts.facts["amount"] == {"amount_minor": 184050, "currency": "GBP"}
        assert facts.amount_at_risk is not None
        assert facts.amount_at_risk.amount_minor == 184050

    def test_lives_without_an_amount(self) -> None:
        opened = a_case_opened(amount_at_risk=None)

        assert facts_of(fold_all(numbered([opened])), at=TODAY).amount_at_risk is None

    @pytest.mark.parametrize(
        ("said", "taken"),
        [("verified", "verified"), ("unverified", "unverified"), ("later_word", "unverified")],
    )
    def test_takes_an_unknown_authority_for_none(self, said: str, taken: str) -> None:
        party = ActingParty(kind="seller", authority=said, assurance="token")

        state = fold_all(numbered([a_case_opened(acting_party=party)]))

        assert facts_of(state, at=TODAY).acting_authority == taken

    def test_passes_on_what_a_text_model_said(self) -> None:
        label = TextLabel(model="a" * 64, label="payout_hold", confidence=0.91)
        signals = TextSignals(playbook="marketplace-core@1.0.0", language="en", label=label)

        state = fold_all(numbered([a_case_opened(text_signals=signals)]))

        heard = facts_of(state, at=TODAY).text_label
        assert heard is not None
        assert (heard.model, heard.label, heard.confidence) == ("a" * 64, "payout_hold", 0.91)
        assert facts_of(fold_all(numbered([a_case_opened()])), at=TODAY).text_label is None


class TestWhatMemberLacks:
    def test_is_nothing_for_the_right_person(self) -> None:
        assert what_member_lacks(a_member(), WORK, load=0) == ()

    @pytest.mark.parametrize(
        ("changes", "load", "lacks"),
        [
            ({"marketplaces": ("bazaar",)}, 0, "marketplace"),
            ({"teams": ()}, 0, "team"),
            ({"skills": ()}, 0, "skill:verification"),
            ({"clearances": ()}, 0, "clearance:bank"),
            ({}, 1, "capacity"),
        ],
    )
    def test_names_each_lack(self, changes: dict[str, object], load: int, lacks: str) -> None:
        assert what_member_lacks(a_member(**changes), WORK, load=load) == (lacks,)
