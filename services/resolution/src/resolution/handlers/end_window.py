"""What follows when a window of the seller's is over: silence ends a case, then it is closed."""

from chassis.door import Tx
from chassis.outbox import announce
from contracts.event import Event
from contracts.lifecycle.appeals import open_appeals
from contracts.resolution import CaseClosed, CaseResolved
from contracts.sla import WindowEnded
from playbook.model import Playbook
from resolution.domain.promises import due_by
from resolution.domain.silence import is_unanswered, may_close
from resolution.handlers.remind_seller import ask_for_facts


async def end_window(event: Event[WindowEnded], *, tx: Tx, playbook: Playbook) -> None:
    """
    Act on the end of a window, if what it was about still stands so.

    Resolution alone ends cases, under the lock of its view: an answer that was folded before
    this event keeps the case open.
    """
    match event.fact.kind:
        case "evidence_due":
            _end_by_silence(event, tx, playbook)
        case "reopen_window":
            _close(event, tx)
        case "facts_due":
            await ask_for_facts(event, tx=tx, playbook=playbook)
        case _:  # a window that is not ours to act on
            return


def _end_by_silence(event: Event[WindowEnded], tx: Tx, playbook: Playbook) -> None:
    state = tx.views[event.subject].state
    silence = playbook.silence(state.issue_type)
    if silence is None or open_appeals(state) or not is_unanswered(state, event.fact.object):
        return  # an appeal is answered by a person, whatever the seller sends
    if state.decisions:
        return  # one of several questions is decided: only the letter of the last tells it
    resolved = CaseResolved(
        outcome=silence.outcome,
        root_cause=silence.root_cause,
        episode=state.episode,
        reopen_until=due_by(playbook, state, "reopen_window", tx.now),
    )
    announce(tx, resolved, subject=state.case_id)


def _close(event: Event[WindowEnded], tx: Tx) -> None:
    state = tx.views[event.subject].state
    if state.outcome is not None and may_close(state, event.fact.due_at):
        announce(tx, CaseClosed(outcome=state.outcome), subject=state.case_id)
