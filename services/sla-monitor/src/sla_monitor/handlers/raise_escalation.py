"""Someone higher must look: because a clock broke, or because a person says so."""

from collections.abc import Sequence
from dataclasses import dataclass, replace

from chassis import ids, views
from chassis.door import Tx
from chassis.outbox import announce
from contracts.lifecycle import CaseState
from contracts.sealed import SealedValue
from contracts.sla import EscalationRaised, EscalationUnstaffed
from playbook.escalation import EscalationStep
from playbook.model import Playbook
from sla_monitor.domain.climbing import (
    MANUAL,
    PING_PONG,
    breach_step,
    manual_step,
    named_person,
    trigger_of,
)
from sla_monitor.domain.escalations import Escalation
from sla_monitor.domain.following import Rules
from sla_monitor.domain.holding import Held
from sla_monitor.domain.staffing import Member, choose_person
from sla_monitor.store import escalations as store, members


@dataclass(frozen=True, slots=True, kw_only=True)
class RaiseEscalation:
    """A person escalates a case. Without a level: the lowest that the playbook knows for it."""

    case_id: str
    reason: str
    level: int | None = None
    note: SealedValue | None = None


def breach_escalation(
    tx: Tx, held: Held, revision: int, *, state: CaseState, rules: Rules
) -> Escalation | None:
    """Say what the ladder wants for a breach, named by clock and revision. None: nothing."""
    playbook = rules.playbook(held.clock.playbook)
    step = breach_step(held.clock, state=state, playbook=playbook)
    if step is None:
        return None
    raised = escalation_of(tx, state, step, playbook=playbook, trigger=trigger_of(held.clock))
    return replace(
        raised,
        escalation_id=ids.derived_id("esc", held.clock.clock_id, str(revision)),
        clock_id=held.clock.clock_id,
        revision=revision,
    )


async def raise_escalation(tx: Tx, command: RaiseEscalation, *, rules: Rules) -> Escalation:
    """
    Raise an escalation by hand.

    Raises:
        CodeUnknown: The reason is none of the playbook's.
        LevelUnknown: The ladder has no such level.
    """
    state = tx.views[command.case_id].state
    playbook = rules.playbook(state.playbook)
    step = manual_step(command.reason, command.level, state=state, playbook=playbook)

    raised = escalation_of(tx, state, step, playbook=playbook, trigger=MANUAL)
    note = command.note.model_dump(by_alias=True) if command.note else None
    (escalation,) = await raise_escalations(tx, [replace(raised, note=note)])
    return escalation


def escalation_of(
    tx: Tx, state: CaseState, step: EscalationStep, *, playbook: Playbook, trigger: str
) -> Escalation:
    """Describe an escalation to whom the rung names by pseudonym, else to nobody yet."""
    return Escalation(
        escalation_id=ids.new_id("esc", tx.now),
        marketplace=state.marketplace,
        case_id=state.case_id,
        trigger=trigger,
        level=step.level,
        ladder=step.ladder,
        target_role=step.target_role,
        target_member=named_person(step),
        reason=step.reason,
        playbook=playbook.pin,
        team=state.lead.team if state.lead else None,
        raised_at=tx.now,
    )


async def raise_escalations(tx: Tx, escalations: Sequence[Escalation]) -> list[Escalation]:
    """Find who looks, keep and announce: each once, whatever was tried before."""
    if not escalations:
        return []
    crews = await members.list_by_marketplace(tx, {one.marketplace for one in escalations})
    staffed = [_staffed(one, crews.get(one.marketplace, [])) for one in escalations]

    new = await store.add_new(tx, staffed)

    for one in staffed:
        if one.escalation_id in new:
            views.touch(tx.views[one.case_id])
            _say(tx, one)
    return staffed


def _staffed(escalation: Escalation, crew: Sequence[Member]) -> Escalation:
    """Keep who is named and works there, and the router's arbiter; else find somebody."""
    named = escalation.target_member
    if named and (escalation.trigger == PING_PONG or any(one.member == named for one in crew)):
        return escalation
    role, team = escalation.target_role, escalation.team
    return replace(escalation, target_member=choose_person(crew, target_role=role, team=team))


def _say(tx: Tx, escalation: Escalation) -> None:
    note = SealedValue.model_validate(escalation.note) if escalation.note else None
    raised = EscalationRaised(
        escalation=escalation.escalation_id,
        trigger=escalation.trigger,
        level=escalation.level,
        ladder=escalation.ladder,
        target_role=escalation.target_role,
        target_member=escalation.target_member,
        reason=escalation.reason,
        clock=escalation.clock_id,
        note=note,
    )
    name = ids.derived_uuid("escalation.raised", escalation.escalation_id)
    announce(tx, raised, subject=escalation.case_id, event_id=name)
    if escalation.target_member is None:
        unstaffed = EscalationUnstaffed(
            escalation=escalation.escalation_id, target_role=escalation.target_role
        )
        name = ids.derived_uuid("escalation.unstaffed", escalation.escalation_id)
        announce(tx, unstaffed, subject=escalation.case_id, event_id=name)
