"""A case went to and fro: whoever decides about it is told."""

from dataclasses import replace

from chassis import ids
from chassis.door import Tx
from contracts.event import Event
from contracts.routing import RoutingFrozen
from sla_monitor.domain.climbing import PING_PONG, freeze_step
from sla_monitor.domain.following import Rules
from sla_monitor.handlers.raise_escalation import escalation_of, raise_escalations


async def call_arbiter(event: Event[RoutingFrozen], *, tx: Tx, rules: Rules) -> None:
    """
    Raise an escalation to the arbiter whom the router named, else to whom the ladder names.

    Where the playbook has no rule for it, the freeze is on the router's list of defects only.
    """
    state = tx.views[event.subject].state
    playbook = rules.playbook(state.playbook)
    step = freeze_step(state, playbook)
    if step is None or state.has_ended or not state.is_frozen:
        return

    raised = escalation_of(tx, state, step, playbook=playbook, trigger=PING_PONG)
    named = replace(
        raised,
        escalation_id=ids.derived_id("esc", str(event.envelope.id)),
        target_member=event.fact.arbiter or raised.target_member,
    )
    await raise_escalations(tx, [named])
