"""What follows when a window of the seller's is over: silence ends a case, then it is closed."""

from chassis.door import Tx
from chassis.outbox import announce
from contracts.event import Event
from contracts.lifecycle import CaseState
from contracts.resolution import CaseClosed, CaseResolved
from contracts.sla import WindowEnded
from playbook.model import Playbook
from resolution.domain.promises import due_by
from resolution.domain.silence import Silence, decide_silence, may_close


async def end_window(event: Event[WindowEnded], *, tx: Tx, playbook: Playbook) -> None:
    """
    Act on the end of a window, if what it was about still stands so.

    Resolution alone ends cases, under the lock of its view: an answer that was folded before
    this event keeps the case open.
    """
    state = tx.views[event.subject].state

    if event.fact.kind == "evidence_due":
        silence = decide_silence(playbook, state, request=event.fact.object)
        if silence is not None:
            announce(tx, _unanswered(tx, playbook, state, silence), subject=state.case_id)
    elif event.fact.kind == "reopen_window" and may_close(state, event.fact.due_at):
        announce(tx, CaseClosed(outcome=state.outcome or ""), subject=state.case_id)


def _unanswered(tx: Tx, playbook: Playbook, state: CaseState, silence: Silence) -> CaseResolved:
    return CaseResolved(
        outcome=silence.outcome,
        root_cause=silence.root_cause,
        episode=state.episode,
        reopen_until=due_by(playbook, state, "reopen_window", tx.now),
    )
