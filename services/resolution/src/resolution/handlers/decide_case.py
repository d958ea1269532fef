"""Decide a case: decision, letter and outcome are one transaction."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from chassis.door import Tx
from chassis.ids import new_id
from chassis.outbox import announce
from chassis.problems import FieldError, Invalid, NeedsAuthority, NeedsHuman
from contracts.lifecycle import CaseState
from contracts.resolution import CaseResolved, DecisionRecorded
from contracts.routing import Predicate
from contracts.sealed import SealedValue
from playbook.case import Problem
from playbook.model import Playbook
from playbook.rights import approval_path
from resolution.domain import decisions as rules
from resolution.domain.decisions import Draft
from resolution.domain.letters import fill, known_parameters
from resolution.domain.promises import due_by, promise_dates
from resolution.domain.standing import authority_level, situation
from resolution.handlers.guards import refuse_now, require_open
from resolution.handlers.write_letter import Letter, wanted, write_letter
from resolution.store import checklist_items, decisions
from resolution.store.decisions import Decision
from resolution.store.notes import add_note


@dataclass(frozen=True, slots=True, kw_only=True)
class DecideCase:
    """End a case with a decision and its letter."""

    case: str
    draft: Draft
    note: SealedValue | None = None


class DecisionIncomplete(Exception):
    """Something that the decision must stand on is missing; each place is named."""

    def __init__(self, errors: Sequence[FieldError]) -> None:
        super().__init__(", ".join(one.pointer for one in errors))
        self.errors = tuple(errors)


async def decide_case(tx: Tx, command: DecideCase, *, playbook: Playbook) -> Decision:
    """
    Say the decision, write to the seller and end the case, all or nothing.

    Raises:
        Invalid: A code that is not on the playbook's lists.
        NeedsHuman, NeedsAuthority: Another has to decide this.
        NotAllowedNow: The case has ended, or waits for a blocking handoff.
        DecisionIncomplete: Checklist, root cause, reasons, redress or evidence lack.
    """
    state = tx.views[command.case].state
    await _check(tx, playbook, state, command.draft)

    basis = Basis(decided_by="person", rules=rules.rules(playbook, state))
    decision = await carry_out(tx, state, command.draft, playbook=playbook, basis=basis)

    if command.note is not None:
        await add_note(tx, state, about=decision.id, body=command.note)
    return decision


@dataclass(frozen=True, slots=True, kw_only=True)
class Basis:
    """Who decides, by which rules, and what of the case made a rule decide."""

    decided_by: Literal["person", "automation"]
    rules: tuple[str, ...]
    predicates: tuple[Predicate, ...] | None = None


async def carry_out(
    tx: Tx, state: CaseState, draft: Draft, *, playbook: Playbook, basis: Basis
) -> Decision:
    """Say a decision that was found to hold, write to the seller, and end the case."""
    decision = _decision(tx, playbook, state, draft)
    announce(tx, _recorded(playbook, state, decision, basis), subject=state.case_id)
    letter = _letter(tx, playbook, state, draft)
    message = await write_letter(tx, state, letter, playbook=playbook)
    announce(tx, _resolved(tx, playbook, state, decision), subject=state.case_id)

    await decisions.add_decision(tx, decision, message=message.id)
    return decision


async def _check(tx: Tx, playbook: Playbook, state: CaseState, draft: Draft) -> None:
    require_open(state)
    points = await checklist_items.points_of(tx, state)
    standing = situation(playbook, state, points, tx.now.date())
    problems = rules.check(playbook, state, standing, draft)
    if not problems:
        return
    codes = {problem.code for problem in problems}
    if "invalid-body" in codes:
        raise Invalid(_errors(problems, "invalid-body"))
    if "needs-human" in codes:
        raise NeedsHuman(errors=_errors(problems, "needs-human"))
    if "needs-authority" in codes:
        raise _needs_authority(playbook, state, problems)
    if "not-allowed-now" in codes:
        raise refuse_now(tx, playbook, state, points)
    raise DecisionIncomplete(_errors(problems, "decision-incomplete"))


def _needs_authority(
    playbook: Playbook, state: CaseState, problems: Sequence[Problem]
) -> NeedsAuthority:
    """Say who may decide it, and where to ask them to."""
    level = authority_level(playbook, state)
    public = {
        "required_authority": level,
        "approval_path": list(approval_path(playbook, level)),
        "ask_at": f"/v1/cases/{state.case_id}/escalations",
    }
    return NeedsAuthority(errors=_errors(problems, "needs-authority"), public=public)


def _errors(problems: Sequence[Problem], code: str) -> list[FieldError]:
    return [FieldError(p.pointer, p.code, p.detail) for p in problems if p.code == code]


def _decision(tx: Tx, playbook: Playbook, state: CaseState, draft: Draft) -> Decision:
    return Decision(
        id=new_id("dec", tx.now),
        marketplace=state.marketplace,
        case_id=state.case_id,
        episode=state.episode,
        type=draft.type,
        outcome=draft.outcome,
        adverse=rules.is_adverse(playbook, state, draft),
        authority_level=authority_level(playbook, state),
        root_cause=draft.root_cause,
        reasons=draft.reasons,
        evidence=draft.evidence,
        redress=draft.redress,
        playbook=playbook.pin,
        decided_at=tx.now,
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
    )


def _letter(tx: Tx, playbook: Playbook, state: CaseState, draft: Draft) -> Letter:
    known = known_parameters(state, promise_dates(playbook, state, tx.now)) | {
        "reasons": list(draft.reasons),
        "outcome": draft.outcome,
    }
    parameters = fill(wanted(playbook, draft.template), known, {})
    return Letter(template=draft.template, parameters=parameters)


def _resolved(tx: Tx, playbook: Playbook, state: CaseState, decision: Decision) -> CaseResolved:
    return CaseResolved(
        decision=decision.id,
        outcome=decision.outcome,
        root_cause=decision.root_cause,
        episode=state.episode,
        reopen_until=due_by(playbook, state, "reopen_window", tx.now),
    )
