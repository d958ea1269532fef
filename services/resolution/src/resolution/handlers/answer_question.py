"""Keep what was answered in the decision tree of a case."""

from dataclasses import dataclass

from chassis.door import Tx
from chassis.outbox import announce
from chassis.problems import NotAllowedNow
from contracts.resolution import TreeAnswered
from playbook.model import Playbook
from resolution.domain.ways import Way, answered, way_of, wrong_answer
from resolution.handlers.guards import refuse_if_any, require_code


@dataclass(frozen=True, slots=True, kw_only=True)
class AnswerQuestion:
    """Answer a question; None takes the answer back. `reason`: where another one was kept."""

    case: str
    node: str
    answer: str | None
    reason: str | None = None


async def answer_question(tx: Tx, command: AnswerQuestion, *, playbook: Playbook) -> Way:
    """
    Keep an answer and say how far the case leads now; the same answer again changes nothing.

    Raises:
        NotAllowedNow: The case has ended, waits in triage, or no tree is for cases like it.
        Invalid: The tree does not ask this, or not now; no such answer; a change without a reason.
    """
    state = tx.views[command.case].state
    way = way_of(playbook, state)
    if way is None:
        raise NotAllowedNow(status=state.status)
    problem = wrong_answer(way, command.node, command.answer)
    refuse_if_any([problem] if problem else [])
    before = way.kept.get(command.node)
    if before == command.answer:
        return way
    if before is not None:
        codes = playbook.codes.answer_change
        require_code(command.reason, codes, pointer="/reason", of="answer_change")

    said = TreeAnswered(
        tree=way.tree.pin,
        node=command.node,
        answer=command.answer,
        previous=before,
        reason=command.reason if before is not None else None,
    )
    announce(tx, said, subject=command.case)
    return answered(playbook, state, way, command.node, command.answer)
