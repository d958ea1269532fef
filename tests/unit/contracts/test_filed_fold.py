"""What sellers say after the opening, and what intake links: the slots that this writes."""

from datetime import UTC, datetime

import pytest

from builders_contracts import a_case_opened, an_id, fold_all, numbered
from contracts import cases
from contracts.event import Contract
from contracts.lifecycle import CaseState
from contracts.money import Money

AMOUNT = Money(amount_minor=184050, currency="GBP")
INCIDENT, OTHER = an_id("case", 8), an_id("case", 9)
LATER = cases.DeferredFact(
    fact="amount", reason="not_yet_known", until=datetime(2026, 11, 26, tzinfo=UTC)
)


def after(*facts: Contract, **opened: object) -> CaseState:
    return fold_all(numbered([a_case_opened(**opened), *facts]))


def said(**changes: object) -> cases.SellerMessageReceived:
    usual: dict[str, object] = {
        "message": an_id("msg"),
        "channel": "portal",
        "repeated_contact": False,
    }
    return cases.SellerMessageReceived.model_validate(usual | changes)


def linked(parent: str = INCIDENT) -> cases.CaseLinked:
    return cases.CaseLinked(parent=parent, reason="same_cause")


def unlinked(parent: str = INCIDENT) -> cases.CaseUnlinked:
    return cases.CaseUnlinked(parent=parent, reason="another_cause")


class TestDeferredFact:
    def test_is_open_until_a_message_brings_it(self) -> None:
        waiting = after(facts={}, amount_at_risk=None, deferred=(LATER,))
        brought = after(
            said(facts={"amount": AMOUNT}, amount_at_risk=AMOUNT),
            facts={},
            amount_at_risk=None,
            deferred=(LATER,),
        )

        assert (waiting.open_facts, waiting.amount_at_risk) == ((LATER,), None)
        assert (brought.open_facts, brought.amount_at_risk) == ((), AMOUNT)
        assert brought.facts == {"amount": AMOUNT}

    def test_changes_neither_status_nor_what_a_message_without_facts_leaves(self) -> None:
        state = after(said(), facts={"amount": AMOUNT})

        assert (state.status, state.facts, state.contacts) == ("opened", {"amount": AMOUNT}, 1)


class TestLink:
    @pytest.mark.parametrize(
        ("facts", "parent"),
        [
            ([], None),
            ([linked()], INCIDENT),
            ([linked(), unlinked()], None),
            ([linked(), unlinked(OTHER)], INCIDENT),
            ([linked(), unlinked(), linked(OTHER)], OTHER),
        ],
    )
    def test_writes_the_parent_and_nothing_else(
        self, facts: list[Contract], parent: str | None
    ) -> None:
        state = after(*facts)

        assert state.parent == parent
        assert state.model_copy(update={"parent": None}) == after()


class TestMerging:
    def test_ends_the_case_and_nobody_waits(self) -> None:
        state = after(cases.CaseMerged(into=OTHER, reason="filed_twice"))

        assert (state.status, state.waiting_on, state.merged_into) == ("merged", "none", OTHER)

    def test_leaves_its_number_at_the_case_that_goes_on(self) -> None:
        state = after(said(merged_case=INCIDENT), said(), said(merged_case=OTHER))

        assert (state.merged_here, state.contacts) == ((INCIDENT, OTHER), 3)
        assert state.status == "opened"
