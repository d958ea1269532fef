"""An escalation is over: a person says so, its case ended, or its breach was none."""

from dataclasses import dataclass

from chassis import views
from chassis.door import Tx
from chassis.outbox import announce
from contracts.lifecycle import CaseState
from contracts.sealed import SealedValue
from contracts.sla import EscalationResolved
from sla_monitor.domain.climbing import check_code
from sla_monitor.domain.escalations import (
    BREACH_RETRACTED,
    CASE_ENDED,
    DECIDED,
    SUPERSEDED,
    Escalation,
    resolve,
)
from sla_monitor.domain.following import Rules
from sla_monitor.domain.holding import Held
from sla_monitor.store import escalations


@dataclass(frozen=True, slots=True, kw_only=True)
class ResolveEscalation:
    """A person ends an escalation, with an outcome of the playbook's list."""

    escalation: Escalation
    outcome: str
    note: SealedValue | None = None


async def resolve_escalation(tx: Tx, command: ResolveEscalation, *, rules: Rules) -> Escalation:
    """
    End an escalation; the same outcome again changes nothing.

    Raises:
        CodeUnknown: The outcome is none of the playbook's.
        EscalationOver: It has ended otherwise.
    """
    before = command.escalation
    playbook = rules.playbook(before.playbook)
    check_code(
        command.outcome, playbook.codes.escalation_outcome, of="escalation_outcome", at="/outcome"
    )
    return await _end(tx, before, outcome=command.outcome, note=command.note)


async def end_escalations(tx: Tx, state: CaseState) -> None:
    """End what is open when its case ends: nobody has to look any more."""
    for escalation in await escalations.list_open(tx, state.case_id, marketplace=state.marketplace):
        await _end(tx, escalation, outcome=CASE_ENDED)


async def end_of_trigger(tx: Tx, state: CaseState, *, trigger: str, outcome: str) -> None:
    """End what is open for one trigger: what set it off is over."""
    for escalation in await escalations.list_open(tx, state.case_id, marketplace=state.marketplace):
        if escalation.trigger == trigger:
            await _end(tx, escalation, outcome=outcome)


async def retract_escalation(tx: Tx, held: Held, revision: int) -> None:
    """End the escalation of a breach that was none."""
    for escalation in await escalations.list_open(tx, held.case_id, marketplace=held.marketplace):
        if (escalation.clock_id, escalation.revision) == (held.clock.clock_id, revision):
            await _end(tx, escalation, outcome=BREACH_RETRACTED)


async def supersede_escalation(tx: Tx, escalation: Escalation) -> None:
    """End it because the case has become another matter, for whose ladder this is no rung."""
    await _end(tx, escalation, outcome=SUPERSEDED)


async def end_by_council(tx: Tx, escalation: Escalation) -> Escalation:
    """End it because the council has decided."""
    return await _end(tx, escalation, outcome=DECIDED)


async def _end(
    tx: Tx, before: Escalation, *, outcome: str, note: SealedValue | None = None
) -> Escalation:
    after = resolve(before, outcome=outcome, now=tx.now)
    if after == before:
        return after

    await escalations.save(tx, after)
    views.touch(tx.views[after.case_id])

    fact = EscalationResolved(escalation=after.escalation_id, outcome=outcome, note=note)
    announce(tx, fact, subject=after.case_id)
    return after
