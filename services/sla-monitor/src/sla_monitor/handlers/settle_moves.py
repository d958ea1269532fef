"""Keep and say what clocks did; a breach is escalated in the same transaction."""

from collections.abc import Sequence
from uuid import UUID

from chassis import ids
from chassis.door import Tx
from chassis.outbox import announce
from contracts.lifecycle import CaseState
from playbook.clock import Announcement
from sla_monitor.domain.facts import fact_of
from sla_monitor.domain.following import Rules
from sla_monitor.domain.holding import FIRED, Held, Move, in_order
from sla_monitor.handlers.raise_escalation import escalate_breach
from sla_monitor.handlers.resolve_escalation import retract_escalation
from sla_monitor.store import clocks


async def settle_moves(tx: Tx, moves: Sequence[Move], *, state: CaseState, rules: Rules) -> None:
    """Save the clocks, announce what they say, and escalate what broke. No moves: nothing."""
    if not moves:
        return
    await clocks.save(tx, moves)

    for held, said in in_order(moves):
        fact = fact_of(held, said, now=tx.now)
        announce(tx, fact, subject=state.case_id, event_id=_identity(held, said))
        await _climb(tx, held, said, state=state, rules=rules)


async def _climb(tx: Tx, held: Held, said: Announcement, *, state: CaseState, rules: Rules) -> None:
    if said.event == "sla.breached":
        await escalate_breach(tx, held, said.revision, state=state, rules=rules)
    if said.event == "sla.breach_retracted":
        await retract_escalation(tx, held, said.revision)


def _identity(held: Held, said: Announcement) -> UUID | None:
    """Name what fires by clock, step and revision: fired again by hand, it is the same event."""
    if said.event not in FIRED:
        return None
    return ids.derived_uuid(held.clock.clock_id, str(said.percent or 100), str(said.revision))
