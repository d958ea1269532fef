"""Say whether a document will do: accepted, rejected or not needed."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import date

from chassis.door import Tx
from chassis.outbox import announce
from chassis.problems import FieldError, Invalid, NotAllowedNow, NotFound
from contracts.lifecycle import CaseState
from contracts.lifecycle.state import Evidence
from contracts.resolution import (
    EvidenceAccepted,
    EvidenceRejected,
    EvidenceWaived,
)
from contracts.sealed import SealedValue
from playbook.evidence import judge_dates
from playbook.model import Playbook
from resolution.domain.checklist import point_of
from resolution.domain.differences import check_differences
from resolution.domain.evidence import item_answered, leaves_unanswered
from resolution.domain.letters import request_template
from resolution.handlers.guards import refuse_if_any, require_code, require_open
from resolution.handlers.request_evidence import Wanted, ask
from resolution.handlers.settle_point import settle
from resolution.store import checklist_items
from resolution.store.notes import add_note


@dataclass(frozen=True, slots=True, kw_only=True)
class JudgeEvidence:
    """
    Judge one document. Dates are read off it by whoever judges.

    `differences`: what a rejected one says otherwise than the account; kept by nobody but the
    letter to the seller.
    """

    case: str
    evidence: str
    outcome: str
    reason: str | None = None
    issued_on: date | None = None
    valid_until: date | None = None
    note: SealedValue | None = None
    differences: tuple[Mapping[str, str], ...] = field(default=(), repr=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class Judgement:
    """A judgement as it is kept: only an acceptance keeps dates, and takes no reason."""

    outcome: str
    reason: str | None
    issued_on: date | None
    valid_until: date | None


class JudgedAlready(NotAllowedNow):
    """The document was judged otherwise. `judged` says how, by whom and when."""

    def __init__(self, state: CaseState, document: Evidence) -> None:
        super().__init__(status=state.status)
        names = ("judgement", "reason", "issued_on", "valid_until", "judged_by", "judged_at")
        shown = document.model_dump(mode="json", include=set(names))
        self.public["detail"] = "It was judged already, otherwise: `judged` says how and by whom."
        self.public["judged"] = {"outcome": shown.pop("judgement")} | shown


async def judge_evidence(tx: Tx, command: JudgeEvidence, *, playbook: Playbook) -> Judgement:
    """
    Judge a document and return what is kept; the same judgement again changes nothing.

    Acceptance and the checklist's point are one transaction; so are a rejection and the new
    request, with its letter, if a template says it.

    Raises:
        NotFound: The case has no such document, or it has not arrived.
        Invalid: A reason is missing or unknown, a date that the kind's standard needs, or what
            differs, where the reason says nothing without it.
        NotAllowedNow: The case has ended.
        JudgedAlready: The document was judged otherwise.
    """
    state = tx.views[command.case].state
    judgement = _judgement(command)
    if _is_judged(state, command.evidence, judgement):
        return judgement
    require_open(state)
    _check(tx, playbook, state, command)

    if command.note is not None:
        await add_note(tx, state, about=command.evidence, body=command.note)
    match command.outcome:
        case "accepted":
            await _accept(tx, state, command)
        case "rejected":
            await _reject(tx, state, command, playbook=playbook)
        case _:
            await _waive(tx, state, command)
    return judgement


def _judgement(command: JudgeEvidence) -> Judgement:
    accepted = command.outcome == "accepted"
    return Judgement(
        outcome=command.outcome,
        reason=command.reason,
        issued_on=command.issued_on if accepted else None,
        valid_until=command.valid_until if accepted else None,
    )


def _is_judged(state: CaseState, evidence: str, judgement: Judgement) -> bool:
    document = state.evidence.get(evidence)
    if document is None or document.received_at is None:
        raise NotFound(evidence)
    if document.judgement is None:
        return False
    kept = Judgement(
        outcome=document.judgement,
        reason=document.reason,
        issued_on=document.issued_on,
        valid_until=document.valid_until,
    )
    if kept != judgement:
        raise JudgedAlready(state, document)
    return True


def _check(tx: Tx, playbook: Playbook, state: CaseState, command: JudgeEvidence) -> None:
    kind = state.evidence[command.evidence].kind
    codes = playbook.codes
    if command.differences and command.outcome != "rejected":
        raise Invalid([FieldError("/differences", "not-taken", "only a rejection says them")])
    if command.outcome == "accepted":
        if command.reason is not None:
            raise Invalid([FieldError("/reason", "not-taken", "an acceptance takes no reason")])
        dates = {"issued_on": command.issued_on, "valid_until": command.valid_until}
        refuse_if_any(judge_dates(playbook, kind, **dates, at=tx.now.date()))
    elif command.outcome == "rejected":
        require_code(
            command.reason, codes.evidence_rejected, pointer="/reason", of="evidence_rejected"
        )
        letter = _asks_again(playbook, state, command)
        given = command.differences
        refuse_if_any(check_differences(playbook, given, letter=letter, reason=command.reason))
    else:
        require_code(command.reason, codes.evidence_waived, pointer="/reason", of="evidence_waived")


async def _accept(tx: Tx, state: CaseState, command: JudgeEvidence) -> None:
    kind = state.evidence[command.evidence].kind
    accepted = EvidenceAccepted(
        evidence=command.evidence,
        kind=kind,
        item=item_answered(state, command.evidence),
        issued_on=command.issued_on,
        valid_until=command.valid_until,
    )
    announce(tx, accepted, subject=state.case_id)

    point = point_of(await checklist_items.points_of(tx, state), kind)
    if point is not None:
        await settle(tx, state, replace(point, state="done", evidence=command.evidence))


async def _reject(tx: Tx, state: CaseState, command: JudgeEvidence, *, playbook: Playbook) -> None:
    kind = state.evidence[command.evidence].kind
    item = item_answered(state, command.evidence)
    rejected = EvidenceRejected(
        evidence=command.evidence, kind=kind, item=item, reason=command.reason, note=command.note
    )
    announce(tx, rejected, subject=state.case_id)

    if _asks_again(playbook, state, command):
        again = Wanted(
            kinds=(kind,),
            items={kind: item} if item else {},
            refused=(command.reason,) if command.reason else (),
            differences=command.differences,
        )
        await ask(tx, state, again, playbook=playbook)


def _asks_again(playbook: Playbook, state: CaseState, command: JudgeEvidence) -> str | None:
    """Name the letter that asks for another document, if a rejection leaves its kind open."""
    if not leaves_unanswered(state, command.evidence):
        return None
    return request_template(playbook, state)


async def _waive(tx: Tx, state: CaseState, command: JudgeEvidence) -> None:
    kind = state.evidence[command.evidence].kind
    waived = EvidenceWaived(
        evidence=command.evidence,
        kind=kind,
        item=item_answered(state, command.evidence),
        reason=command.reason,
    )
    announce(tx, waived, subject=state.case_id)

    point = point_of(await checklist_items.points_of(tx, state), kind)
    if point is not None:
        await settle(tx, state, replace(point, state="waived", reason=command.reason))
