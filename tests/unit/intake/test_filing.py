"""A case that is on file already, and what a repeated filing brings to it."""

from datetime import UTC, datetime

from builders_contracts import a_case_opened, an_id, fold_all, numbered
from contracts.cases import DeferredFact, SellerMessageReceived
from contracts.lifecycle import CaseState
from contracts.money import Money
from intake.domain.filing import AlreadyFiled, NoteContact

AMOUNT = Money(amount_minor=184050, currency="GBP")
LATER = DeferredFact(
    fact="amount", reason="not_yet_known", until=datetime(2026, 11, 26, tzinfo=UTC)
)
HEARD = SellerMessageReceived(message=an_id("msg"), channel="portal", repeated_contact=True)
AGAIN = NoteContact(
    case=an_id("case"),
    heard=HEARD,
    facts={"payout_ref": "PO-88121", "amount": AMOUNT},
    amount_at_risk=AMOUNT,
)


def a_state(**opened: object) -> CaseState:
    return fold_all(numbered([a_case_opened(**opened)]))


class TestNoteContact:
    def test_brings_what_the_first_filing_had_put_off(self) -> None:
        state = a_state(facts={"payout_ref": "PO-1"}, amount_at_risk=None, deferred=(LATER,))

        heard = AGAIN.heard_by(state)

        assert (heard.facts, heard.amount_at_risk) == ({"amount": AMOUNT}, AMOUNT)

    def test_leaves_the_amount_at_risk_that_the_case_has(self) -> None:
        later = LATER.model_copy(update={"fact": "payout_ref"})
        known = Money(amount_minor=1, currency="GBP")
        state = a_state(facts={}, amount_at_risk=known, deferred=(later,))

        heard = AGAIN.heard_by(state)

        assert (heard.facts, heard.amount_at_risk) == ({"payout_ref": "PO-88121"}, None)

    def test_changes_nothing_that_was_said_before(self) -> None:
        assert AGAIN.heard_by(a_state()) == HEARD


class TestAlreadyFiled:
    def test_shows_which_case_it_is(self) -> None:
        assert AlreadyFiled("case_1").public == {"existing": "case_1"}
