"""A letter was withdrawn that sellers have: the council hears of it once."""

from dataclasses import replace

from chassis import ids
from chassis.door import Tx
from contracts.assets import AssetInvalidationNoted
from contracts.event import Event
from sla_monitor.domain.climbing import LETTER_WITHDRAWN, withdrawal_step
from sla_monitor.domain.following import Rules
from sla_monitor.handlers.raise_escalation import escalation_of, raise_escalations


async def tell_council(event: Event[AssetInvalidationNoted], *, tx: Tx, rules: Rules) -> None:
    """
    Raise what the playbook's ladder wants for a withdrawn letter, in the case that was chosen.

    Where the playbook has no rule for it, the withdrawal is on resolution's list only.
    """
    state = tx.views[event.subject].state
    playbook = rules.playbook(state.playbook)
    step = withdrawal_step(state, playbook)
    if step is None or state.has_ended or not event.fact.tell_council:
        return

    raised = escalation_of(tx, state, step, playbook=playbook, trigger=LETTER_WITHDRAWN)
    named = replace(raised, escalation_id=ids.derived_id("esc", event.fact.invalidation))
    await raise_escalations(tx, [named])
