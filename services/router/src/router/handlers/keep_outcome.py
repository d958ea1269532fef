"""A person brought a case to its end: history for whoever recommends owners."""

from typing import Final

from chassis.door import Tx
from contracts.event import Event
from contracts.resolution import CaseResolved
from router.domain.queueing import CaseKey
from router.store import assignments, outcomes
from router.store.outcomes import Ended

_NOBODY_ANSWERED: Final = "no_response"
_SECONDS_AN_HOUR: Final = 3600


async def keep_outcome(event: Event[CaseResolved], *, tx: Tx) -> None:
    """
    Keep who had the case when it ended, and how long it took.

    What nobody had, and what ended in the seller's silence, says nothing about anybody.
    """
    state = tx.views[event.subject].state
    held = await assignments.find_open(tx, state.marketplace, event.subject)
    if held is None or event.fact.outcome == _NOBODY_ANSWERED:
        return
    took = max((event.time - state.opened_at).total_seconds(), 0) / _SECONDS_AN_HOUR

    ended = Ended(
        case=CaseKey(marketplace=state.marketplace, case_id=event.subject),
        episode=event.fact.episode,
        member=held.member,
        issue_type=state.issue_type,
        outcome=event.fact.outcome,
        resolved_at=event.time,
        hours=took,
    )
    await outcomes.add(tx, ended)
