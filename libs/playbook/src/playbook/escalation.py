"""Who must look when time runs out, by the playbook's ladders."""

from dataclasses import dataclass

from playbook.assets import EscalationRule, Ladder, Rung
from playbook.model import Playbook


@dataclass(frozen=True, slots=True, kw_only=True)
class EscalationStep:
    """Whom the ladder names, and why. A member is a login, only where one holds the role."""

    level: int
    ladder: str
    target_role: str
    target_member: str | None
    reason: str
    rule: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Occasion:
    """What happened to which kind of case. `clock_kind` only where time is behind it."""

    trigger: str
    issue_type: str | None
    clock_kind: str | None
    severity: str
    marketplace: str


def choose_step(playbook: Playbook, occasion: Occasion) -> EscalationStep | None:
    """Choose the first rule that fits; None when the playbook does not escalate this."""
    for rule in playbook.escalation.rules:
        if fits_occasion(rule, occasion):
            return _step(playbook, rule, occasion)
    return None


def next_step(playbook: Playbook, step: EscalationStep, *, marketplace: str) -> EscalationStep:
    """Climb one level; whoever is at the top stays there."""
    ladder = next(one for one in playbook.escalation.ladders if one.pin == step.ladder)
    higher = [rung for rung in ladder.rungs if rung.level > step.level]
    rung = min(higher, key=lambda rung: rung.level) if higher else ladder.rungs[-1]
    return _on(ladder, rung, reason=step.reason, rule=step.rule, marketplace=marketplace)


def fits_occasion(rule: EscalationRule, occasion: Occasion) -> bool:
    """Say whether a rule is for what happened."""
    return (
        rule.trigger == occasion.trigger
        and (not rule.issue_types or occasion.issue_type in rule.issue_types)
        and (not rule.clocks or occasion.clock_kind in rule.clocks)
        and (not rule.severities or occasion.severity in rule.severities)
    )


def _step(playbook: Playbook, rule: EscalationRule, occasion: Occasion) -> EscalationStep:
    ladder = next(one for one in playbook.escalation.ladders if one.id == rule.ladder)
    rung = next(rung for rung in ladder.rungs if rung.level == rule.level)
    return _on(ladder, rung, reason=rule.reason, rule=rule.rule, marketplace=occasion.marketplace)


def _on(ladder: Ladder, rung: Rung, *, reason: str, rule: str, marketplace: str) -> EscalationStep:
    return EscalationStep(
        level=rung.level,
        ladder=ladder.pin,
        target_role=rung.role,
        target_member=rung.members.get(marketplace),
        reason=reason,
        rule=rule,
    )
