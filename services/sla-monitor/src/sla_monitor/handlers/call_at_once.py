"""A case is severe, or our own rules contradict each other in it: nobody waits for a clock."""

from collections.abc import Iterator
from dataclasses import replace

from chassis import ids
from chassis.door import Tx
from contracts.lifecycle import CaseState
from sla_monitor.domain.climbing import steps_at_once
from sla_monitor.domain.escalations import Escalation
from sla_monitor.domain.following import Rules
from sla_monitor.handlers.raise_escalation import escalation_of, raise_escalations


async def call_at_once(state: CaseState, *, tx: Tx, rules: Rules) -> None:
    """
    Raise what the playbook's ladder wants for a case as it is classified.

    After its route, so that the team of its lead is known. Each trigger calls once in the life of
    a case: whoever was called is not called again because it was routed again.
    """
    if state.has_ended:
        return
    await raise_escalations(tx, list(_escalations(state, tx=tx, rules=rules)))


def _escalations(state: CaseState, *, tx: Tx, rules: Rules) -> Iterator[Escalation]:
    playbook = rules.playbook(state.playbook)
    for trigger, step in steps_at_once(state, playbook):
        raised = escalation_of(tx, state, step, playbook=playbook, trigger=trigger)
        yield replace(raised, escalation_id=ids.derived_id("esc", state.case_id, trigger))
