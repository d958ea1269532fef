"""Whether a decision may be made: complete, by someone who may, with its reasons."""

from collections.abc import Iterator
from dataclasses import dataclass

from playbook.case import Problem, Situation
from playbook.closed import DEFAULT_LANGUAGE
from playbook.facts import INVALID
from playbook.model import Playbook
from playbook.next_action import ENDED, open_items
from playbook.policies import DecisionType
from playbook.rights import approval_path, right_for
from playbook.separate import Question, questions_of

INCOMPLETE = "decision-incomplete"
NEEDS_HUMAN = "needs-human"
NEEDS_AUTHORITY = "needs-authority"
NOT_NOW = "not-allowed-now"
NO_REDRESS = "none"


@dataclass(frozen=True, slots=True, kw_only=True)
class DecisionCommand:
    """What someone wants to decide, and who that is."""

    type: str
    outcome: str
    root_cause: str
    reasons: tuple[str, ...]
    evidence: tuple[str, ...]
    redress: str | None
    template: str
    by_person: bool
    authority: int


def check_decision(
    playbook: Playbook, situation: Situation, command: DecisionCommand
) -> tuple[Problem, ...]:
    """
    Find all that stands against a decision; nothing found means it may be made.

    Unknown codes come alone, since the rest cannot be judged without them.
    """
    questions = questions_of(playbook, situation)
    unknown = (*_unknown_codes(playbook, situation, command), *_blended(questions, command))
    if unknown:
        return unknown
    adverse = is_adverse(playbook, situation.issue_type, command)
    return (
        *_wrong_moment(situation),
        *_answered(questions, command),
        *_incomplete(playbook, situation, command, adverse=adverse),
        *_not_theirs(playbook, situation, command, adverse=adverse),
    )


def is_adverse(playbook: Playbook, issue_type: str, command: DecisionCommand) -> bool:
    """Say whether an outcome goes against the seller; an unknown one is taken to."""
    kind = playbook.decision_type(issue_type, command.type)
    outcomes = kind.outcomes if kind else ()
    return next((one.adverse for one in outcomes if one.code == command.outcome), True)


def needed_authority(playbook: Playbook, situation: Situation, decision: str) -> int:
    """Say what a decision of a type takes: what the case asks for, or more if the type does."""
    kind = playbook.decision_type(situation.issue_type, decision)
    return max(situation.authority_level, (kind and kind.authority_level) or 0)


def _blended(questions: tuple[Question, ...], command: DecisionCommand) -> Iterator[Problem]:
    """One answer for several questions is none."""
    types = [one.decision for one in questions]
    if types and command.type not in types:
        detail = f"each question is decided by itself: {', '.join(types)}"
        yield Problem(pointer="/type", code=INVALID, detail=detail)


def _answered(questions: tuple[Question, ...], command: DecisionCommand) -> Iterator[Problem]:
    for one in questions:
        if one.decision == command.type and not one.is_open:
            yield Problem(pointer="/type", code=NOT_NOW, detail="this question is decided")


def _unknown_codes(
    playbook: Playbook, situation: Situation, command: DecisionCommand
) -> Iterator[Problem]:
    kind = playbook.decision_type(situation.issue_type, command.type)
    if kind is None:
        types = [one.type for one in playbook.decision_types(situation.issue_type)]
        yield _one_of("/type", types)
    else:
        yield from _unknown_in(kind, command)
    causes = playbook.root_causes(situation.issue_type)
    if command.root_cause not in causes:
        yield _one_of("/root_cause", causes)
    if command.redress is not None and command.redress not in playbook.codes.redress:
        yield _one_of("/redress", playbook.codes.redress)


def _unknown_in(kind: DecisionType, command: DecisionCommand) -> Iterator[Problem]:
    outcomes = [one.code for one in kind.outcomes]
    if command.outcome not in outcomes:
        yield _one_of("/outcome", outcomes)
    for index, reason in enumerate(command.reasons):
        if reason not in kind.reasons:
            yield _one_of(f"/reasons/{index}", kind.reasons)


def _wrong_moment(situation: Situation) -> Iterator[Problem]:
    if situation.status in ENDED:
        yield Problem(pointer="", code=NOT_NOW, detail=f"the case is {situation.status}")
    for team in situation.open_handoffs:
        yield Problem(pointer="", code=NOT_NOW, detail=f"{team} still has its part to do")


def _incomplete(
    playbook: Playbook, situation: Situation, command: DecisionCommand, *, adverse: bool
) -> Iterator[Problem]:
    for item in open_items(playbook, situation):
        yield _lacks(f"/checklist/{item}", "neither done nor waived")
    if not command.reasons:
        yield _lacks("/reasons", "a statement of reasons is needed")
    if adverse and command.redress in {None, NO_REDRESS}:
        yield _lacks("/redress", "a decision against the seller says what they can do")
    fitting = _letter(playbook, situation, command.type, adverse=adverse)
    if command.template != fitting:
        yield _lacks("/template", f"this outcome is told with {fitting}")


def _letter(
    playbook: Playbook, situation: Situation, decision: str, *, adverse: bool
) -> str | None:
    templates = playbook.templates_for(situation.issue_type)
    if questions_of(playbook, situation):
        return templates.each
    kind = playbook.decision_type(situation.issue_type, decision)
    if kind and kind.letter:
        return kind.letter
    return templates.adverse if adverse else templates.favourable


def _not_theirs(
    playbook: Playbook, situation: Situation, command: DecisionCommand, *, adverse: bool
) -> Iterator[Problem]:
    if adverse and not command.by_person:
        yield Problem(
            pointer="/outcome", code=NEEDS_HUMAN, detail="only a person decides against a seller"
        )
    level = needed_authority(playbook, situation, command.type)
    if command.authority < level:
        detail = _who_decides(playbook, level)
        yield Problem(pointer="/outcome", code=NEEDS_AUTHORITY, detail=detail)


def _who_decides(playbook: Playbook, level: int) -> str:
    right = right_for(playbook, level)
    if right is None:
        return f"authority {level} is needed"
    path = ", then ".join(approval_path(playbook, level))
    return (
        f"authority {level} is needed, which the role {right.role} has "
        f"({right.decides.say(DEFAULT_LANGUAGE)}). Ask for it: {path}"
    )


def _one_of(pointer: str, codes: tuple[str, ...] | list[str]) -> Problem:
    return Problem(pointer=pointer, code=INVALID, detail=f"one of: {', '.join(codes)}")


def _lacks(pointer: str, detail: str) -> Problem:
    return Problem(pointer=pointer, code=INCOMPLETE, detail=detail)
