"""An event of a case: its clocks start, stop, pause and resume."""

from chassis.door import Tx
from contracts.event import Contract, Event
from contracts.routing import CaseReclassified
from playbook.targets import reactions
from sla_monitor.domain.following import Rules, follow, sets_targets
from sla_monitor.domain.happening import read_event
from sla_monitor.domain.holding import next_due_after
from sla_monitor.handlers.change_ladder import change_ladder
from sla_monitor.handlers.resolve_escalation import end_escalations
from sla_monitor.handlers.settle_moves import Turn, settle_moves
from sla_monitor.store import clocks, sla_cases
from sla_monitor.store.sla_cases import SlaCase


async def follow_case(event: Event[Contract], *, tx: Tx, rules: Rules, partition: int) -> None:
    """
    Let the clocks of a case follow one of its events.

    In the consumer's transaction, under the case's lock; decided by the event's time.
    """
    state = tx.views[event.subject].state
    known = await sla_cases.find(tx, state.case_id, marketplace=state.marketplace)
    happening = read_event(event, state)
    playbook = rules.playbook(state.playbook)
    moving = reactions(playbook, happening.event, happening.traits) or sets_targets(happening.event)
    if known and not moving and known.waiting_on == state.waiting_on:
        return
    found = await clocks.list_of(tx, [state.case_id], marketplaces=[state.marketplace])
    held = found.get(state.case_id, [])

    moves = follow(happening, held, state=state, rules=rules)

    await settle_moves(tx, [Turn(state=state, moves=moves)], rules=rules)
    case = SlaCase(
        marketplace=state.marketplace,
        case_id=state.case_id,
        partition=partition,
        waiting_on=state.waiting_on,
        next_due_at=next_due_after(held, moves),
    )
    if case != known:
        await sla_cases.save(tx, [case])

    if state.has_ended:
        await end_escalations(tx, state)
    elif isinstance(event.fact, CaseReclassified):
        await change_ladder(tx, state, held, rules=rules)
