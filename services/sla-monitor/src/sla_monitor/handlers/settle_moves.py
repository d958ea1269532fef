"""Keep and say what clocks did; a breach is escalated in the same transaction."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from uuid import UUID

from chassis import ids
from chassis.door import Tx
from chassis.outbox import announce
from contracts.lifecycle import CaseState
from playbook.clock import Announcement
from sla_monitor.domain.escalations import Escalation
from sla_monitor.domain.facts import fact_of
from sla_monitor.domain.following import Rules
from sla_monitor.domain.holding import FIRED, Held, Move, in_order
from sla_monitor.handlers.raise_escalation import breach_escalation, raise_escalations
from sla_monitor.handlers.resolve_escalation import retract_escalation
from sla_monitor.store import clock_rows


@dataclass(frozen=True, slots=True, kw_only=True)
class Turn:
    """What the clocks of one case did; `state` is the case as it is now."""

    state: CaseState
    moves: Sequence[Move]


async def settle_moves(tx: Tx, turns: Iterable[Turn], *, rules: Rules) -> None:
    """Save the clocks, announce what they say, and escalate what broke. No moves: nothing."""
    moving = [turn for turn in turns if turn.moves]
    if not moving:
        return
    await clock_rows.save(tx, [move for turn in moving for move in turn.moves])

    raised: list[Escalation] = []
    for turn in moving:
        for held, said in in_order(turn.moves):
            fact = fact_of(held, said, now=tx.now, case_ended=turn.state.has_ended)
            announce(tx, fact, subject=held.case_id, event_id=_identity(held, said))
            raised += await _climb(tx, held, said, state=turn.state, rules=rules)
    await raise_escalations(tx, raised)


async def _climb(
    tx: Tx, held: Held, said: Announcement, *, state: CaseState, rules: Rules
) -> list[Escalation]:
    if said.event == "sla.breach_retracted":
        await retract_escalation(tx, held, said.revision)
    if said.event != "sla.breached":
        return []
    escalation = breach_escalation(tx, held, said.revision, state=state, rules=rules)
    return [escalation] if escalation else []


def _identity(held: Held, said: Announcement) -> UUID | None:
    """Name what fires by clock, step and revision: fired again by hand, it is the same event."""
    if said.event not in FIRED:
        return None
    return ids.derived_uuid(held.clock.clock_id, str(said.percent or 100), str(said.revision))
