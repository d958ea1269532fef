"""Answer an appeal: decide anew, at once, all that it is against."""

from dataclasses import dataclass

from chassis.door import Tx
from chassis.problems import FieldError, NotAllowedNow
from contracts.lifecycle import CaseState
from contracts.sealed import SealedValue
from playbook.model import Playbook
from resolution.domain.review import Review, check_review, drafts_of
from resolution.handlers.decide_case import (
    DecideCase,
    DecisionIncomplete,
    Outcome,
    decide_case,
    refuse_decider,
)
from resolution.handlers.guards import refuse_if_any
from resolution.store import decisions
from resolution.store.decisions import Decision
from resolution.store.notes import add_note


@dataclass(frozen=True, slots=True, kw_only=True)
class AnswerAppeal:
    """A person says what became of an appeal, and what is decided."""

    case: str
    appeal: str
    review: Review
    note: SealedValue | None = None


class AppealAnswered(NotAllowedNow):
    """It has its answer already: `outcome` says which."""

    def __init__(self, state: CaseState, appeal: str) -> None:
        super().__init__(status=state.status)
        self.public["detail"] = "This appeal is answered already: `outcome` says how."
        self.public["outcome"] = state.answered_appeals[appeal]


async def answer_appeal(
    tx: Tx, command: AnswerAppeal, *, playbook: Playbook
) -> tuple[Decision, ...]:
    """
    Decide each question that the appeal is against, write to the seller once, and end the case.

    What holds for any decision holds for these: `decide_case` makes them.

    Raises:
        AppealAnswered: Somebody was first.
        NeedsAuthority: By whom one of the decisions was made that it is against; too little.
        Invalid: The outcome does not fit to what is decided, or a code is not on its list.
        NotAllowedNow: The case has ended, or waits for a blocking handoff.
        DecisionIncomplete: Something lacks, or other questions of the case are open.
    """
    state = tx.views[command.case].state
    if command.appeal in state.answered_appeals:
        raise AppealAnswered(state, command.appeal)
    refuse_decider(tx, state)
    against = await _against(tx, state, command.appeal)
    refuse_if_any(check_review(command.review, against))

    made: list[Outcome] = []
    for draft in drafts_of(command.review, against):
        one = DecideCase(case=command.case, draft=draft)
        made.append(await decide_case(tx, one, playbook=playbook))
    _require_end(made[-1])

    if command.note is not None:
        await add_note(tx, state, about=command.appeal, body=command.note)
    return tuple(one.decision for one in made)


async def _against(tx: Tx, state: CaseState, appeal: str) -> list[Decision]:
    wanted = state.appeals[appeal].decisions
    found = await decisions.list_some(tx, state, wanted)
    if len(found) < len(set(wanted)):  # a database that was put back may lack what the log tells
        detail = "not all that it is against is kept here: use POST /v1/cases/{id}/decisions"
        raise DecisionIncomplete([FieldError("", "decision-incomplete", detail)])
    return found


def _require_end(last: Outcome) -> None:
    """An appeal is answered by the letter that ends the case, which tells of all at once."""
    if last.open_questions:
        detail = (
            f"open as well: {', '.join(last.open_questions)}; answer them first, "
            "with POST /v1/cases/{id}/decisions"
        )
        raise DecisionIncomplete([FieldError("", "decision-incomplete", detail)])
