"""What a decision must hold before it may be said, and what it says."""

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Final, Protocol

from contracts.lifecycle import CaseState
from contracts.lifecycle.appeals import open_appeals
from contracts.lifecycle.state import Decision
from contracts.resolution import AppealDecided, DecisionSuperseded
from playbook import decide, separate
from playbook.case import Problem, Situation
from playbook.model import Playbook

EACH_DECIDED: Final = "each_decided"
"""How a case ends whose questions have an outcome each."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Draft:
    """
    A decision as a person writes it, and the authority that the person has. Empty: not said.

    `places`: where the body has a field that does not stand at its top, by name. `of_appeal`: what
    the person says became of the appeal that it answers; None where the decisions themselves say.
    """

    type: str
    outcome: str
    root_cause: str
    reasons: tuple[str, ...]
    evidence: tuple[str, ...]
    redress: str | None
    template: str
    by_person: bool
    authority: int
    places: Mapping[str, str] = field(default_factory=dict)
    of_appeal: str | None = None


class Made(Protocol):
    """A decision that was made: which, about what, how."""

    @property
    def id(self) -> str: ...
    @property
    def type(self) -> str: ...
    @property
    def outcome(self) -> str: ...
    @property
    def question(self) -> str | None: ...


def check(
    playbook: Playbook, state: CaseState, situation: Situation, draft: Draft
) -> tuple[Problem, ...]:
    """Return all that keeps a draft from being a decision; nothing if it may be said."""
    if not draft.root_cause:
        return (_lacks("/root_cause", "say what was behind it"),)
    found = decide.check_decision(playbook, situation, _command(draft))
    return tuple(_placed(draft, one) for one in (*found, *_strangers(state, draft)))


def _placed(draft: Draft, problem: Problem) -> Problem:
    """Point to where the body has it."""
    _, _, path = problem.pointer.partition("/")
    name, slash, rest = path.partition("/")
    if name not in draft.places:
        return problem
    return replace(problem, pointer=f"{draft.places[name]}{slash}{rest}")


def question_of(playbook: Playbook, situation: Situation, draft: Draft) -> str | None:
    """Name the point that a draft answers; None where the case is decided as a whole."""
    questions = separate.questions_of(playbook, situation)
    return next((one.item for one in questions if one.decision == draft.type), None)


def left_open(playbook: Playbook, situation: Situation, draft: Draft) -> tuple[str, ...]:
    """List what is still to be decided after a draft, by type of decision."""
    questions = separate.questions_of(playbook, situation)
    return tuple(one.decision for one in questions if one.is_open and one.decision != draft.type)


def needed_authority(playbook: Playbook, situation: Situation, draft: Draft) -> int:
    return decide.needed_authority(playbook, situation, draft.type)


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


def answered_appeals(
    state: CaseState, made: Sequence[Made], *, said: str | None = None
) -> list[AppealDecided]:
    """
    Say how the open appeals of a case end with what was decided now; as was `said`, if it was.

    Else an answer stands where the same was decided again; `partly` where that is so of some only.
    """
    again = {(one.type, one.outcome) for one in made}
    return [
        AppealDecided(
            appeal=id_,
            outcome=said or _outcome_of([state.decisions[one] for one in appeal.decisions], again),
            decisions=tuple(one.id for one in made),
        )
        for id_, appeal in open_appeals(state).items()
    ]


def _outcome_of(appealed: Sequence[Decision], again: Collection[tuple[str, str]]) -> str:
    stand = [(one.type, one.outcome) in again for one in appealed]
    if all(stand):
        return "upheld"
    return "partly" if any(stand) else "overturned"


def superseded(state: CaseState, made: Sequence[Made]) -> list[DecisionSuperseded]:
    """Name each appealed decision that another outcome replaces; one that was confirmed stands."""
    return [
        DecisionSuperseded(decision=old, by=new.id, appeal=id_)
        for id_, appeal in open_appeals(state).items()
        for old in appeal.decisions
        for new in made
        if _replaces(new, state.decisions[old])
    ]


def _replaces(new: Made, old: Decision) -> bool:
    is_changed = (new.type, new.outcome) != (old.type, old.outcome)
    return is_changed and new.question == old.question
