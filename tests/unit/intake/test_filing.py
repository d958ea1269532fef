"""Who acts when a case is filed."""

import pytest

from intake.domain.filing import AlreadyFiled, Assurance, acting_party


class TestActingParty:
    @pytest.mark.parametrize("assurance", ["front_end", "token"])
    def test_is_the_seller_itself_when_nobody_is_named(self, assurance: Assurance) -> None:
        party = acting_party(None, pseudonym=None, assurance=assurance)

        assert (party.kind, party.authority, party.assurance) == ("seller", "verified", assurance)
        assert party.id is None

    @pytest.mark.covers("IN-13")
    def test_is_unverified_when_a_delegate_is_named_without_a_grant(self) -> None:
        party = acting_party("agency", pseudonym="act_1", assurance="front_end")

        assert (party.id, party.kind, party.authority) == ("act_1", "agency", "unverified")


class TestAlreadyFiled:
    def test_shows_which_case_it_is(self) -> None:
        assert AlreadyFiled("case_1").public == {"existing": "case_1"}
