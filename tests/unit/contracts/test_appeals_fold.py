"""A seller appeals: what opens again, what stands, and who does not judge it."""

from typing import Any

from builders_contracts import NOON, a_case_opened, an_id, event, fold_all
from contracts import resolution
from contracts.cases import AppealFiled
from contracts.event import Contract, Event
from contracts.lifecycle import CaseState
from contracts.lifecycle.appeals import deciders, open_appeals

FIRST, SECOND, ANEW = (an_id("dec", number) for number in (1, 2, 3))
MARA, JONAS = an_id("mem", 7), an_id("mem", 8)
APPEAL = an_id("apl")
FILED = AppealFiled(appeal=APPEAL, decisions=(FIRST,), ground="new_evidence", appeal_by=NOON)


def decision(id_: str, question: str | None, by: str) -> tuple[Contract, str]:
    fact = resolution.DecisionRecorded(
        decision=id_,
        decision_type=question or "payout_release",
        outcome="counted",
        adverse=True,
        authority_level=2,
        decided_by="person",
        root_cause="delivered_but_claimed",
        question=question,
    )
    return fact, f"agent:{by}"


def settled(item: str) -> resolution.ChecklistItemCompleted:
    return resolution.ChecklistItemCompleted(item=item)


RESOLVED = resolution.CaseResolved(
    decision=SECOND, outcome="each_decided", root_cause="x", episode=0, appeal_by=NOON
)
REOPENED = resolution.CaseReopened(episode=1, reason="appeal", appeal=APPEAL, decisions=(FIRST,))
ANSWERED = resolution.AppealDecided(appeal=APPEAL, outcome="upheld", decisions=(ANEW,))


def told(*facts: Contract | tuple[Contract, str]) -> CaseState:
    counts: dict[str, int] = {}
    events: list[Event[Any]] = []
    for minute, one in enumerate((a_case_opened(), *facts)):
        fact, actor = one if isinstance(one, tuple) else (one, "service:test")
        counts[fact.producer] = counts.get(fact.producer, 0) + 1
        made = event(fact, sequence=counts[fact.producer], minute=minute)
        events.append(Event(made.envelope.model_copy(update={"actor": actor}), fact))
    return fold_all(events)


DECIDED = (
    decision(FIRST, "seller_metric", MARA),
    settled("seller_metric"),
    decision(SECOND, "who_pays", JONAS),
    settled("who_pays"),
    RESOLVED,
)


class TestAppeal:
    def test_waits_for_an_answer_while_the_case_stays_as_it_is(self) -> None:
        state = told(*DECIDED, FILED)

        assert (state.status, state.outcome, state.episode) == ("resolved", "each_decided", 0)
        assert set(open_appeals(state)) == {APPEAL}

    def test_opens_the_case_and_the_question_that_it_is_about(self) -> None:
        state = told(*DECIDED, FILED, REOPENED)

        assert (state.status, state.episode, state.appeal_by) == ("opened", 1, None)
        assert set(state.checklist) == {"who_pays"}
        assert set(state.decisions) == {FIRST, SECOND}

    def test_opens_a_case_that_was_closed(self) -> None:
        closed = resolution.CaseClosed(outcome="each_decided")

        assert told(*DECIDED, closed, FILED).status == "closed"
        assert told(*DECIDED, closed, FILED, REOPENED).status == "opened"

    def test_is_answered_by_a_decision(self) -> None:
        state = told(*DECIDED, FILED, REOPENED, decision(ANEW, "seller_metric", JONAS), ANSWERED)

        assert open_appeals(state) == {}
        assert state.answered_appeals == {APPEAL: "upheld"}

    def test_says_which_decision_stands_no_more(self) -> None:
        replaced = resolution.DecisionSuperseded(decision=FIRST, by=ANEW, appeal=APPEAL)
        anew = decision(ANEW, "seller_metric", JONAS)

        state = told(*DECIDED, FILED, REOPENED, anew, replaced, ANSWERED)

        assert {id_: one.superseded_by for id_, one in state.decisions.items()} == {
            FIRST: ANEW,
            SECOND: None,
            ANEW: None,
        }

    def test_knows_nothing_of_a_decision_that_was_never_heard(self) -> None:
        strange = resolution.DecisionSuperseded(decision=an_id("dec", 9), by=ANEW, appeal=APPEAL)

        assert told(*DECIDED, strange).decisions == told(*DECIDED).decisions

    def test_is_not_judged_by_who_made_the_decision(self) -> None:
        assert deciders(told(*DECIDED, FILED)) == {MARA}
        assert deciders(told(*DECIDED)) == frozenset()
