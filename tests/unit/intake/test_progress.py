"""What a seller may know of its case."""

from datetime import timedelta
from pathlib import Path

import pytest

from builders_contracts import (
    E1,
    MARA,
    NOON,
    a_case_opened,
    a_handoff_request,
    a_message,
    a_route,
    an_id,
    an_item,
    fold_all,
    numbered,
)
from builders_routing import frozen, reclassified, rerouted
from contracts import resolution
from contracts.event import Contract
from contracts.lifecycle import CaseState
from intake.domain.progress import expectation, history, needs, next_update_by
from playbook.load import load_playbook
from playbook.model import Playbook

MESSAGED, RECEIVED, RESOLVED = 5, 7, len(E1)
TOMORROW = NOON + timedelta(days=1)


@pytest.fixture(scope="module")
def core() -> Playbook:
    return load_playbook(Path(__file__).parents[3] / "playbooks" / "marketplace-core")


def a_case(*facts: Contract) -> CaseState:
    return fold_all(numbered([a_case_opened(), *facts]))


class TestNeeds:
    def test_name_each_document_that_is_waited_for_with_the_reason(self, core: Playbook) -> None:
        wanted = needs(fold_all(E1[:MESSAGED]), core, "en")

        assert [need.kind for need in wanted] == ["business_registration", "proof_of_address"]
        assert wanted[0].item == an_id("itm", 1)
        assert wanted[1].name == "Proof of address"
        assert "90 days" in wanted[1].standard
        assert wanted[1].why
        assert wanted[1].due_at == NOON + timedelta(days=14)

    def test_speak_the_sellers_language(self, core: Playbook) -> None:
        assert needs(fold_all(E1[:MESSAGED]), core, "de")[1].name == "Adressnachweis"

    def test_are_none_once_everything_has_come(self, core: Playbook) -> None:
        assert needs(fold_all(E1[:RECEIVED]), core, "en") == ()

    @pytest.mark.parametrize(
        ("kind", "required"), [("proof_of_address", False), ("of_a_later_playbook", True)]
    )
    def test_leave_out_what_need_not_or_cannot_be_explained(
        self, core: Playbook, kind: str, *, required: bool
    ) -> None:
        asked = resolution.EvidenceRequested(
            request=an_id("req"), items=(an_item(1, kind),), required=required, due_at=TOMORROW
        )

        assert needs(a_case(asked), core, "en") == ()


class TestNextUpdateBy:
    def test_is_what_the_last_letter_promises(self) -> None:
        later = TOMORROW + timedelta(days=1)

        assert next_update_by(a_case(a_message(1), a_message(2, update_by=later))) == later

    def test_is_open_while_nothing_is_promised(self) -> None:
        assert next_update_by(a_case()) is None
        assert next_update_by(a_case(a_message(1), a_message(2, update_by=None))) is None

    def test_is_gone_once_the_case_has_ended(self) -> None:
        assert next_update_by(fold_all(E1)) is None


class TestExpectation:
    def test_is_what_the_last_letter_that_says_so_expects(self) -> None:
        first, second = a_message(1, expected_by=TOMORROW), a_message(2)

        expected = expectation(a_case(first, second))

        assert expected is not None
        assert (expected.at, expected.confidence) == (TOMORROW, "high")

    @pytest.mark.parametrize(
        ("party", "confidence"), [("partner", "medium"), ("third_party", "low")]
    )
    def test_is_less_sure_the_farther_away_the_work_is(self, party: str, confidence: str) -> None:
        offered = a_handoff_request(party=party)

        expected = expectation(a_case(a_message(1, expected_by=TOMORROW), offered))

        assert expected is not None
        assert expected.confidence == confidence

    def test_is_none_without_a_letter_that_says_so(self) -> None:
        assert expectation(a_case(a_message(1))) is None

    def test_is_none_once_the_case_has_ended(self) -> None:
        ended = fold_all([*E1[:MESSAGED], *E1[-2:]])

        assert expectation(ended) is None


class TestHistory:
    @pytest.mark.covers("CX-2")
    def test_tells_the_road_in_order_and_in_plain_language(self, core: Playbook) -> None:
        told = history(fold_all(E1), core, "en")

        texts = [moment.text for moment in told]
        assert texts[0] == "We received your case."
        assert texts.count("Your document arrived.") == 2
        assert texts.count("We accepted your document.") == 2
        assert "A person took on your case." in texts
        assert texts[-1] == "Your case is resolved."
        assert [moment.at for moment in told] == sorted(moment.at for moment in told)

    def test_names_nobody(self, core: Playbook) -> None:
        assert MARA not in str(history(fold_all(E1), core, "en"))

    def test_of_a_new_case_is_that_it_came(self, core: Playbook) -> None:
        assert len(history(a_case(), core, "en")) == 1

    def test_counts_a_document_waived_before_it_came(self, core: Playbook) -> None:
        waived = resolution.EvidenceWaived(
            evidence=an_id("evd", 9), kind="proof_of_address", reason="not_applicable"
        )

        assert history(a_case(waived), core, "en")[1].text == (
            "We no longer need one of the documents."
        )

    def test_tells_of_another_team_and_another_type(self, core: Playbook) -> None:
        moved = a_case(
            a_route(), reclassified("chargeback"), rerouted("finance_desk"), frozen("verification")
        )

        told = history(moved, core, "en")

        assert [moment.text for moment in told[1:]] == [
            "Your case reached the team that can solve it.",
            "We looked closer and now know better what your case is about.",
            "Your case moved to a team that fits it better.",
        ]
        assert all(history(moved, core, one) for one in ("de", "fr", "es", "pl"))
