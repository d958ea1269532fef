"""Which rung of which ladder: what the playbook says about a breach or a call for help."""

import re
from collections.abc import Collection, Iterator
from dataclasses import dataclass, replace
from typing import Final

from contracts.lifecycle import CaseState
from playbook.clock import Clock
from playbook.escalation import EscalationStep, Occasion, choose_step
from playbook.model import Playbook
from playbook.rights import highest_level
from sla_monitor.domain.following import UNCLASSIFIED

TIME: Final = "time"
PROMISE: Final = "promise"
MANUAL: Final = "manual"
PING_PONG: Final = "ping_pong"
SEVERITY: Final = "severity"
POLICY_CONFLICT: Final = "policy_conflict"
LETTER_WITHDRAWN: Final = "letter_withdrawn"

_PSEUDONYM: Final = re.compile(r"mem_[0-7][0-9a-hjkmnp-tv-z]{25}")
_PROMISES: Final = frozenset({"next_update"})


@dataclass(frozen=True, slots=True)
class Wrong:
    """A field of a command that the playbook does not take: pointer, code, and why."""

    pointer: str
    code: str
    detail: str

    def as_json(self) -> dict[str, str]:
        return {"pointer": self.pointer, "code": self.code, "detail": self.detail}


class CodeUnknown(Exception):
    """A command gave a code that is not on the playbook's list for it."""

    def __init__(self, pointer: str, of: str) -> None:
        super().__init__(of)
        self.errors = (Wrong(pointer, "unknown-code", f"Give a code of the list {of}."),)


class LevelUnknown(Exception):
    """No ladder of the playbook for this case has such a level."""

    def __init__(self, levels: Collection[int]) -> None:
        super().__init__("level")
        named = ", ".join(str(level) for level in sorted(levels)) or "none"
        self.errors = (Wrong("/level", "unknown-level", f"Levels of the ladder: {named}."),)


def check_code(code: str, known: Collection[str], *, of: str, at: str) -> None:
    """
    Hold a command's code to the playbook's list `of`.

    Raises:
        CodeUnknown: It is not on it; `at` points to it.
    """
    if code not in known:
        raise CodeUnknown(at, of)


def trigger_of(clock: Clock) -> str:
    """Say what a breach of this clock triggers by: a broken promise is more than lateness."""
    return PROMISE if clock.kind in _PROMISES else TIME


def breach_step(clock: Clock, *, state: CaseState, playbook: Playbook) -> EscalationStep | None:
    """Choose the rung for a breach; None when no rule of the playbook says to climb."""
    return choose_step(playbook, _occasion(trigger_of(clock), clock.kind, state))


def named_person(step: EscalationStep) -> str | None:
    """
    Name the person whom the rung names by pseudonym.

    A login says nothing here: only the router knows whose it is, so the role decides.
    """
    named = step.target_member
    return named if named and _PSEUDONYM.fullmatch(named) else None


def freeze_step(state: CaseState, playbook: Playbook) -> EscalationStep | None:
    """Choose the rung for a case that went to and fro; None when no rule says to climb."""
    return choose_step(playbook, _occasion(PING_PONG, None, state))


def withdrawal_step(state: CaseState, playbook: Playbook) -> EscalationStep | None:
    """Choose the rung for a letter that was withdrawn; None when no rule says to climb."""
    return choose_step(playbook, _occasion(LETTER_WITHDRAWN, None, state))


def steps_at_once(state: CaseState, playbook: Playbook) -> Iterator[tuple[str, EscalationStep]]:
    """Choose the rungs for what a classification says by itself: how bad, and rules at odds."""
    found = state.classification
    if found is None:
        return
    for trigger in (SEVERITY, *((POLICY_CONFLICT,) if found.signals.policy_conflict else ())):
        step = choose_step(playbook, _occasion(trigger, None, state))
        if step is not None:
            yield trigger, step


def manual_step(
    reason: str, level: int | None, *, state: CaseState, playbook: Playbook
) -> EscalationStep:
    """
    Choose the rung for a person's call: the asked level of the ladder, else the rule's.

    Raises:
        CodeUnknown: The reason is not on the playbook's list.
        LevelUnknown: The ladder has no such level, or cases of this type may not climb there.
    """
    check_code(reason, playbook.codes.escalation, of="escalation", at="/reason")
    step = choose_step(playbook, _occasion(MANUAL, None, state))
    if step is None:
        raise LevelUnknown(())
    step = replace(step, reason=reason)
    if level in {None, step.level}:
        return step
    return _on_level(step, level, state=state, playbook=playbook)


def _on_level(
    step: EscalationStep, level: int | None, *, state: CaseState, playbook: Playbook
) -> EscalationStep:
    """Go to a level of the ladder, no higher than the type of case may climb by asking."""
    ladder = next(one for one in playbook.escalation.ladders if one.pin == step.ladder)
    highest = ladder.rungs[-1].level
    if not _knows_no_boundary(state):
        highest = highest_level(playbook, state.issue_type, ladder)
    roles = {rung.level: rung.role for rung in ladder.rungs if rung.level <= highest}
    if level is None or level not in roles:
        raise LevelUnknown(roles)
    return replace(step, level=level, target_role=roles[level], target_member=None)


def _knows_no_boundary(state: CaseState) -> bool:
    """Harm to people and rules that contradict each other may go to the top."""
    found = state.classification
    return found is not None and (found.signals.safety == "high" or found.signals.policy_conflict)


def _occasion(trigger: str, clock_kind: str | None, state: CaseState) -> Occasion:
    return Occasion(
        trigger=trigger,
        issue_type=state.issue_type,
        clock_kind=clock_kind,
        severity=state.classification.severity if state.classification else UNCLASSIFIED,
        marketplace=state.marketplace,
    )
