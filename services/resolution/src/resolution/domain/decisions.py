"""What a decision must hold before it may be said, and what it says."""

from collections.abc import Iterable
from dataclasses import dataclass

from contracts.lifecycle import CaseState
from playbook import decide
from playbook.case import Problem, Situation
from playbook.model import Playbook


@dataclass(frozen=True, slots=True, kw_only=True)
class Draft:
    """A decision as a person writes it, and the authority that the person has. Empty: not said."""

    type: str
    outcome: str
    root_cause: str
    reasons: tuple[str, ...]
    evidence: tuple[str, ...]
    redress: str | None
    template: str
    by_person: bool
    authority: int


def check(
    playbook: Playbook, state: CaseState, situation: Situation, draft: Draft
) -> tuple[Problem, ...]:
    """Return all that keeps a draft from being a decision; nothing if it may be said."""
    if not draft.root_cause:
        return (_lacks("/root_cause", "say what was behind it"),)
    found = decide.check_decision(playbook, situation, _command(draft))
    return (*found, *_strangers(state, draft))


def is_adverse(playbook: Playbook, state: CaseState, draft: Draft) -> bool:
    return decide.is_adverse(playbook, state.issue_type, _command(draft))


def _command(draft: Draft) -> decide.DecisionCommand:
    return decide.DecisionCommand(
        type=draft.type,
        outcome=draft.outcome,
        root_cause=draft.root_cause,
        reasons=draft.reasons,
        evidence=draft.evidence,
        redress=draft.redress,
        template=draft.template,
        by_person=draft.by_person,
        authority=draft.authority,
    )


def _strangers(state: CaseState, draft: Draft) -> Iterable[Problem]:
    """Point at documents that this case does not have."""
    known = {*state.evidence, *(held.evidence for held in state.evidence_on_file)}
    for place, evidence in enumerate(draft.evidence):
        if evidence not in known:
            yield _lacks(f"/evidence/{place}", "not a document of this case")


def _lacks(pointer: str, detail: str) -> Problem:
    return Problem(pointer=pointer, code=decide.INCOMPLETE, detail=detail)


def rules(playbook: Playbook, state: CaseState) -> tuple[str, ...]:
    """Name the checklist that the decision had to pass."""
    checklist = playbook.checklist(state.issue_type)
    return (f"checklists/{checklist.issue_type}@{checklist.version}",)


def policies(playbook: Playbook, state: CaseState) -> tuple[str, ...]:
    known = playbook.issue_type(state.issue_type)
    return known.policy_refs if known else ()
