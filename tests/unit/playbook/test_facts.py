import pytest
from hypothesis import given, settings, strategies as st

from playbook.case import Money
from playbook.facts import Reference, Restricted, check_facts, is_identifier
from playbook.model import Playbook

EXACT = settings(derandomize=True, deadline=None, max_examples=100)

E1 = {
    "payout_ref": "PO-88121",
    "amount": {"amount_minor": 184050, "currency": "GBP"},
    "hold_code": "verification_expired",
    "hold_since": "2026-11-16",
}


class TestCheckFacts:
    @pytest.mark.covers("IN-5")
    def test_passes_what_is_complete(self, playbook: Playbook) -> None:
        verdict = check_facts(playbook, "payout_hold", E1)

        assert verdict.errors == ()
        assert verdict.clear == E1
        assert verdict.identity == "PO-88121"
        assert verdict.amount_at_risk == Money(amount_minor=184050, currency="GBP")
        assert verdict.references == (Reference(kind="payout_ref", ref="PO-88121"),)

    @pytest.mark.parametrize(("percent", "fits"), [(0, True), (100, True), (101, False)])
    def test_takes_a_share_up_to_all_of_it(
        self, playbook: Playbook, percent: int, *, fits: bool
    ) -> None:
        facts = {
            "payout_ref": "PO-1",
            "amount": {"amount_minor": 1, "currency": "GBP"},
            "reserve_percent": percent,
        }

        errors = check_facts(playbook, "payout_hold", facts).errors

        told = [("/facts/reserve_percent", "a whole number from 0 to 100")]
        assert [(one.pointer, one.detail) for one in errors] == ([] if fits else told)

    def test_parts_what_must_be_sealed(self, playbook: Playbook) -> None:
        account = "GB82 WEST 1234 5698 7654 32"

        verdict = check_facts(playbook, "payout_hold", {**E1, "bank_account_ref": account})

        assert verdict.restricted == {
            "bank_account_ref": Restricted(value=account, sealed_class="bank")
        }
        assert verdict.clear == E1

    @pytest.mark.covers("IN-5")
    def test_points_to_each_minimum_field_that_is_missing(self, playbook: Playbook) -> None:
        verdict = check_facts(playbook, "payout_hold", {})

        assert [error.pointer for error in verdict.errors] == ["/facts/payout_ref", "/facts/amount"]

    @pytest.mark.parametrize(
        ("name", "value"),
        [
            ("payout_ref", "two words"),
            ("payout_ref", 88121),
            ("payout_ref", "4111-1111-1111-1111"),
            ("payout_ref", "DE89370400440532013000"),
            ("payout_ref", "x" * 65),
            ("amount", 184050),
            ("amount", {"amount_minor": 1.5, "currency": "GBP"}),
            ("amount", {"amount_minor": True, "currency": "GBP"}),
            ("amount", {"amount_minor": 1, "currency": None}),
            ("amount", {"amount_minor": -1, "currency": "GBP"}),
            ("amount", {"amount_minor": 2**60, "currency": "GBP"}),
            ("amount", {"amount_minor": 1, "currency": "XYZ"}),
            ("amount", {"amount_minor": 1, "currency": "GBP", "note": "x"}),
            ("hold_code", "because"),
            ("hold_code", ["verification_expired"]),
            ("hold_since", "Monday"),
            ("hold_since", "2026-02-30"),
            ("hold_since", 20261116),
            ("bank_account_ref", ""),
            ("bank_account_ref", 7),
            ("un/known~", "x"),
        ],
    )
    def test_points_to_what_is_wrong(self, playbook: Playbook, name: str, value: object) -> None:
        verdict = check_facts(playbook, "payout_hold", {**E1, name: value})

        escaped = name.replace("~", "~0").replace("/", "~1")
        assert [error.pointer for error in verdict.errors] == [f"/facts/{escaped}"]

    def test_names_the_facts_that_there_are(self, playbook: Playbook) -> None:
        (error,) = check_facts(playbook, "feature_request", {"x": 1}).errors

        assert error.detail == "feature_request has no such fact; it has: area, wish"

    @pytest.mark.parametrize("issue_type", [None, "moon_landing"])
    def test_seals_everything_of_a_type_nobody_knows(
        self, playbook: Playbook, issue_type: str | None
    ) -> None:
        verdict = check_facts(playbook, issue_type, {"a": "Jane Doe"})

        assert verdict.errors == ()
        assert verdict.clear == {}
        assert verdict.restricted == {"a": Restricted(value="Jane Doe", sealed_class="narrative")}

    def test_refuses_to_count_below_nothing(self, playbook: Playbook) -> None:
        verdict = check_facts(playbook, "payout_hold", {**E1, "payouts_affected": -1})

        [error] = verdict.errors
        assert (error.pointer, error.detail) == (
            "/facts/payouts_affected",
            "a whole number, not below 0",
        )

    @EXACT
    @given(
        st.dictionaries(
            st.sampled_from(["payout_ref", "amount", "hold_code", "hold_since", "x"]),
            st.recursive(
                st.none() | st.booleans() | st.integers() | st.text(max_size=8),
                lambda inner: (
                    st.lists(inner, max_size=3)
                    | st.dictionaries(st.sampled_from(["amount_minor", "currency", "x"]), inner)
                ),
                max_leaves=4,
            ),
        )
    )
    def test_answers_whatever_json_comes(self, facts: dict[str, object]) -> None:
        """Uses its own playbook: Hypothesis and function fixtures do not go together."""
        verdict = check_facts(_PLAYBOOK[0], "payout_hold", facts)

        assert all(error.pointer.startswith("/facts/") for error in verdict.errors)


_PLAYBOOK: list[Playbook] = []


@pytest.fixture(autouse=True)
def _keep(playbook: Playbook) -> None:
    _PLAYBOOK[:] = [playbook]


class TestIsIdentifier:
    @pytest.mark.parametrize("text", ["PO-88121", "HB-20931", "a", "2026/11:7", "1234567890123456"])
    def test_takes_a_number_of_the_marketplace(self, text: str) -> None:
        assert is_identifier(text)

    @pytest.mark.parametrize(
        "text",
        ["", "-a", "a b", "a\n", "ä", "4111111111111111", "GB82-WEST-1234-5698-7654-32", "x" * 65],
    )
    def test_refuses_words_cards_and_accounts(self, text: str) -> None:
        assert not is_identifier(text)
