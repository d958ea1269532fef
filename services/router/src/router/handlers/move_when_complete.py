"""The last missing document came: the case goes where the playbook says, without a person."""

from typing import Final

from chassis.door import Tx
from contracts.event import Contract, Event
from playbook.classify import confirm
from playbook.model import Playbook
from playbook.route import choose_when_complete
from router.domain.explain import to_routed
from router.domain.milestones import may_move, with_arrived
from router.domain.work import facts_of
from router.handlers.freeze_routing import freeze_if_too_often
from router.handlers.reroute_case import move_case

COMPLETE: Final = "evidence_complete"


async def move_when_complete(event: Event[Contract], *, tx: Tx, playbook: Playbook) -> None:
    """
    Send a case on once nothing is missing, if its routing table names the rule for it.

    Decided from the fold and the time of the event, so that a replay decides the same; once,
    since it is in that queue then. Its lead stays. One move too many freezes its routing.
    """
    state = tx.views[event.subject].state
    if state.route is None or not may_move(playbook, state):
        return
    facts = with_arrived(playbook, facts_of(state, at=event.time.date()), state)
    found = confirm(playbook, facts, issue_type=state.issue_type)
    chosen = choose_when_complete(playbook, facts, found)
    if chosen is None or chosen.queue == state.route.queue:
        return
    if await freeze_if_too_often(state, next_team=chosen.team, tx=tx):
        return

    routed = to_routed(chosen).model_copy(update={"priority": state.route.priority})
    await move_case(state, routed, reason=COMPLETE, tx=tx, playbook=playbook)
