"""Decide a case or one of its questions: with the last one its letter and its end go out."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Literal

from chassis.door import Tx
from chassis.ids import new_id
from chassis.outbox import announce
from chassis.problems import FieldError, Invalid, NeedsAuthority, NeedsHuman
from contracts.lifecycle import CaseState
from contracts.lifecycle.appeals import deciders, open_appeals
from contracts.resolution import CaseResolved, DecisionRecorded
from contracts.routing import Predicate
from contracts.sealed import SealedValue
from playbook.case import Problem, Situation
from playbook.model import Playbook
from playbook.rights import approval_path
from resolution.domain import decisions as rules
from resolution.domain.checklist import Point
from resolution.domain.decisions import Draft
from resolution.domain.letters import answers, fill, known_parameters
from resolution.domain.promises import due_by, promise_dates
from resolution.domain.standing import situation
from resolution.handlers.guards import refuse_now, require_open
from resolution.handlers.settle_point import settle
from resolution.handlers.write_letter import Letter, wanted, write_letter
from resolution.store import appeals, checklist_items, decisions
from resolution.store.decisions import Decision
from resolution.store.notes import add_note


@dataclass(frozen=True, slots=True, kw_only=True)
class DecideCase:
    """Decide, and end the case unless other questions of it are open."""

    case: str
    draft: Draft
    note: SealedValue | None = None


class DecisionIncomplete(Exception):
    """Something that the decision must stand on is missing; each place is named."""

    def __init__(self, errors: Sequence[FieldError]) -> None:
        super().__init__(", ".join(one.pointer for one in errors))
        self.errors = tuple(errors)


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """A decision that was said, and the questions of the case that it leaves open."""

    decision: Decision
    open_questions: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Deciding:
    """What is decided, on what it stands."""

    playbook: Playbook
    state: CaseState
    points: tuple[Point, ...]
    standing: Situation
    draft: Draft


async def decide_case(tx: Tx, command: DecideCase, *, playbook: Playbook) -> Outcome:
    """
    Say the decision; with the last question write to the seller and end the case, all or nothing.

    Raises:
        Invalid: A code that is not on the playbook's lists, or one answer for several questions.
        NeedsHuman, NeedsAuthority: Another has to decide this.
        NotAllowedNow: The case or the question has ended, or it waits for a blocking handoff.
        DecisionIncomplete: Checklist, root cause, reasons, redress or evidence lack.
    """
    deciding = await _deciding(tx, command, playbook)
    _check(tx, deciding)

    basis = Basis(decided_by="person", rules=rules.rules(playbook, deciding.state))
    outcome = await carry_out(tx, deciding, basis)

    if command.note is not None:
        await add_note(tx, deciding.state, about=outcome.decision.id, body=command.note)
    return outcome


@dataclass(frozen=True, slots=True, kw_only=True)
class Basis:
    """Who decides, by which rules, and what of the case made a rule decide."""

    decided_by: Literal["person", "automation"]
    rules: tuple[str, ...]
    predicates: tuple[Predicate, ...] | None = None


async def carry_out(tx: Tx, deciding: Deciding, basis: Basis) -> Outcome:
    """Say a decision that was found to hold; with the last one write to the seller and end it."""
    decision = _decision(tx, deciding)
    recorded = _recorded(deciding.playbook, deciding.state, decision, basis)
    announce(tx, recorded, subject=deciding.state.case_id)
    await decisions.add_decision(tx, decision)
    await _answer(tx, deciding, decision)
    left = rules.left_open(deciding.playbook, deciding.standing, deciding.draft)
    if not left:
        await _end(tx, deciding, decision)
    return Outcome(decision=decision, open_questions=left)


async def _deciding(tx: Tx, command: DecideCase, playbook: Playbook) -> Deciding:
    state = tx.views[command.case].state
    require_open(state)
    refuse_decider(tx, state)
    points = await checklist_items.points_of(tx, state)
    return Deciding(
        playbook=playbook,
        state=state,
        points=points,
        standing=situation(playbook, state, points, tx.now.date()),
        draft=command.draft,
    )


def refuse_decider(tx: Tx, state: CaseState) -> None:
    """
    Keep whoever decided what is appealed from judging the appeal.

    Raises:
        NeedsAuthority: They did.
    """
    member = (tx.journey.actor or "").partition(":")[2]
    if open_appeals(state) and member in deciders(state):
        detail = "the seller appeals against your decision: somebody else decides"
        raise NeedsAuthority(errors=[FieldError("", "decided-before", detail)])


def _check(tx: Tx, deciding: Deciding) -> None:
    playbook, state = deciding.playbook, deciding.state
    problems = rules.check(playbook, state, deciding.standing, deciding.draft)
    codes = {problem.code for problem in problems}
    if not problems:
        return
    if "invalid-body" in codes:
        raise Invalid(_errors(problems, "invalid-body"))
    if "needs-human" in codes:
        raise NeedsHuman(errors=_errors(problems, "needs-human"))
    if "needs-authority" in codes:
        raise _needs_authority(deciding, problems)
    if "not-allowed-now" in codes:
        raise refuse_now(tx, playbook, state, deciding.points)
    raise DecisionIncomplete(_errors(problems, "decision-incomplete"))


def _needs_authority(deciding: Deciding, problems: Sequence[Problem]) -> NeedsAuthority:
    """Say who may decide it, and where to ask them to."""
    level = rules.needed_authority(deciding.playbook, deciding.standing, deciding.draft)
    public = {
        "required_authority": level,
        "approval_path": list(approval_path(deciding.playbook, level)),
        "ask_at": f"/v1/cases/{deciding.state.case_id}/escalations",
    }
    return NeedsAuthority(errors=_errors(problems, "needs-authority"), public=public)


def _errors(problems: Sequence[Problem], code: str) -> list[FieldError]:
    return [FieldError(p.pointer, p.code, p.detail) for p in problems if p.code == code]


def _decision(tx: Tx, deciding: Deciding) -> Decision:
    playbook, state, draft = deciding.playbook, deciding.state, deciding.draft
    return Decision(
        id=new_id("dec", tx.now),
        marketplace=state.marketplace,
        case_id=state.case_id,
        episode=state.episode,
        type=draft.type,
        outcome=draft.outcome,
        adverse=rules.is_adverse(playbook, state, draft),
        authority_level=rules.needed_authority(playbook, deciding.standing, draft),
        root_cause=draft.root_cause,
        reasons=draft.reasons,
        evidence=draft.evidence,
        redress=draft.redress,
        playbook=playbook.pin,
        decided_at=tx.now,
        question=rules.question_of(playbook, deciding.standing, draft),
    )


def _recorded(
    playbook: Playbook, state: CaseState, decision: Decision, basis: Basis
) -> DecisionRecorded:
    return DecisionRecorded(
        decision=decision.id,
        decision_type=decision.type,
        outcome=decision.outcome,
        adverse=decision.adverse,
        authority_level=decision.authority_level,
        decided_by=basis.decided_by,
        rules=basis.rules,
        predicates=basis.predicates,
        policies=rules.policies(playbook, state),
        evidence=decision.evidence,
        reasons=decision.reasons,
        root_cause=decision.root_cause,
        redress=decision.redress,
        question=decision.question,
    )


async def _answer(tx: Tx, deciding: Deciding, decision: Decision) -> None:
    for point in deciding.points:
        if point.item == decision.question:
            await settle(tx, deciding.state, replace(point, state="done"))


async def _end(tx: Tx, deciding: Deciding, decision: Decision) -> None:
    """Tell the seller everything that was decided, in one letter, and end the case."""
    state, playbook = deciding.state, deciding.playbook
    told = await decisions.list_untold(tx, state)

    letter = _letter(tx, deciding, told)
    message = await write_letter(tx, state, letter, playbook=playbook)
    await decisions.note_letter(tx, state, message=message.id)

    await _answer_appeals(tx, deciding, told)
    announce(tx, _resolved(tx, playbook, state, decision), subject=state.case_id)


async def _answer_appeals(tx: Tx, deciding: Deciding, told: Sequence[Decision]) -> None:
    state = deciding.state
    for replaced in rules.superseded(state, told):
        announce(tx, replaced, subject=state.case_id)
    for answered in rules.answered_appeals(state, told, said=deciding.draft.of_appeal):
        await appeals.note_outcome(tx, answered.appeal, outcome=answered.outcome)
        announce(tx, answered, subject=state.case_id)


def _letter(tx: Tx, deciding: Deciding, told: Sequence[Decision]) -> Letter:
    playbook, state, draft = deciding.playbook, deciding.state, deciding.draft
    known = known_parameters(state, promise_dates(playbook, state, tx.now)) | {
        "reasons": list(draft.reasons),
        "outcome": draft.outcome,
        "answers": answers((one.type, one.outcome, one.reasons) for one in told),
    }
    parameters = fill(wanted(playbook, draft.template), known, {})
    return Letter(template=draft.template, parameters=parameters)


def _resolved(tx: Tx, playbook: Playbook, state: CaseState, decision: Decision) -> CaseResolved:
    return CaseResolved(
        decision=decision.id,
        outcome=rules.EACH_DECIDED if decision.question else decision.outcome,
        root_cause=decision.root_cause,
        episode=state.episode,
        reopen_until=due_by(playbook, state, "reopen_window", tx.now),
        appeal_by=due_by(playbook, state, "appeal_window", tx.now),
    )
