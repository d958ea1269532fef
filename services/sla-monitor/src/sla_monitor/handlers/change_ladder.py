"""A case is of another type: what broke climbs the ladder of that type."""

from collections.abc import Sequence
from dataclasses import replace

from chassis import ids
from chassis.door import Tx
from contracts.lifecycle import CaseState
from playbook.escalation import EscalationStep
from sla_monitor.domain.climbing import breach_step
from sla_monitor.domain.escalations import Escalation
from sla_monitor.domain.following import Rules
from sla_monitor.domain.holding import Held
from sla_monitor.handlers.raise_escalation import escalation_of, raise_escalations
from sla_monitor.handlers.resolve_escalation import supersede_escalation
from sla_monitor.store import escalations


async def change_ladder(tx: Tx, state: CaseState, held: Sequence[Held], *, rules: Rules) -> None:
    """
    End what a clock has raised on another rung than the new type's, and raise it there.

    What a person or a circle has raised stays: they called for somebody, and no rule did. Whoever
    looks at the old rung keeps the case in sight through the new one, which names the same clock.
    """
    clocks = {one.clock.clock_id: one for one in held}
    raised = []
    for before in await escalations.list_open(tx, state.case_id, marketplace=state.marketplace):
        of = clocks.get(before.clock_id or "")
        if of is None:
            continue
        step = breach_step(of.clock, state=state, playbook=rules.playbook(before.playbook))
        if step is not None and _is_there(before, step):
            continue
        await supersede_escalation(tx, before)
        if step is not None:
            raised.append(_anew(tx, before, step, state=state, rules=rules))
    await raise_escalations(tx, raised)


def _is_there(escalation: Escalation, step: EscalationStep) -> bool:
    there = (escalation.ladder, escalation.level, escalation.target_role)
    return there == (step.ladder, step.level, step.target_role)


def _anew(
    tx: Tx, before: Escalation, step: EscalationStep, *, state: CaseState, rules: Rules
) -> Escalation:
    """Describe it on its new rung, under a name that follows from the old one's."""
    playbook = rules.playbook(before.playbook)
    raised = escalation_of(tx, state, step, playbook=playbook, trigger=before.trigger)
    return replace(
        raised,
        escalation_id=ids.derived_id("esc", before.escalation_id, step.ladder, str(step.level)),
        clock_id=before.clock_id,
        revision=before.revision,
    )
