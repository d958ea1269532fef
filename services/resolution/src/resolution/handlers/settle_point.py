"""Say that a point of the checklist is done, or not needed in this case."""

from dataclasses import dataclass, replace

from chassis.door import Tx
from chassis.outbox import announce
from chassis.problems import FieldError, Invalid, NotFound
from chassis.views import touch
from contracts.lifecycle import CaseState
from contracts.resolution import ChecklistItemCompleted, ChecklistItemWaived, EvidenceWaived
from contracts.sealed import SealedValue
from playbook.model import Playbook
from playbook.separate import is_question
from resolution.domain.checklist import Point
from resolution.domain.evidence import missing_kinds
from resolution.domain.silences import must_be_done
from resolution.handlers.guards import refuse_now, require_code, require_open
from resolution.store import checklist_items
from resolution.store.notes import add_note


@dataclass(frozen=True, slots=True, kw_only=True)
class SettlePoint:
    """End one point: done or waived, the latter with a reason of the list checklist_waived."""

    case: str
    item: str
    outcome: str
    reason: str | None = None
    note: SealedValue | None = None


async def settle_point(tx: Tx, command: SettlePoint, *, playbook: Playbook) -> None:
    """
    End a point by hand; ending it the same way again changes nothing.

    Raises:
        NotFound: The case's checklist has no such point.
        Invalid: Waived without a reason of the list, or what letters wait for; or a question,
            which takes a decision.
        NotAllowedNow: The case or the point has ended, or its document is missing.
    """
    state = tx.views[command.case].state
    points = await checklist_items.points_of(tx, state)
    point = next((one for one in points if one.item == command.item), None)
    if point is None:
        raise NotFound(command.item)
    if point.state == command.outcome:
        return
    require_open(state)
    if is_question(playbook, state.issue_type, command.item):
        detail = "a decision answers this: POST …/decisions"
        raise Invalid([FieldError("/outcome", "needs-decision", detail)])
    if command.outcome == "waived":
        _refuse_to_waive(playbook, state, command.item)
        codes = playbook.codes.checklist_waived
        require_code(command.reason, codes, pointer="/reason", of="checklist_waived")
    if point.state != "open" or _lacks_document(tx, playbook, state, command, point):
        raise refuse_now(tx, playbook, state, points)

    if command.outcome == "waived":
        _waive_requests(tx, state, command, point)
    await settle(tx, state, replace(point, state=command.outcome, reason=command.reason))
    if command.note is not None:
        await add_note(tx, state, about=command.item, body=command.note)


def _refuse_to_waive(playbook: Playbook, state: CaseState, item: str) -> None:
    if must_be_done(playbook, state, item):
        detail = "letters of this case wait for it, so it is done and never waived"
        raise Invalid([FieldError("/outcome", "step-up-needed", detail)])


def _lacks_document(
    tx: Tx, playbook: Playbook, state: CaseState, command: SettlePoint, point: Point
) -> bool:
    """Nobody says done of a document that is not there: accept one, or waive the point."""
    missing = missing_kinds(playbook, state, tx.now.date())
    return command.outcome == "done" and point.kind in missing


def _waive_requests(tx: Tx, state: CaseState, command: SettlePoint, point: Point) -> None:
    """What is not needed is not waited for."""
    for item, asked in state.open_items.items():
        if asked.kind == point.kind:
            waived = EvidenceWaived(kind=asked.kind, item=item, reason=command.reason or "")
            announce(tx, waived, subject=state.case_id)


async def settle(tx: Tx, state: CaseState, point: Point) -> None:
    """Write how a point of the checklist ended, and say so."""
    await checklist_items.settle_point(tx, state, point)
    touch(tx.views[state.case_id])

    if point.state == "done":
        done = ChecklistItemCompleted(item=point.item, evidence=point.evidence)
        announce(tx, done, subject=state.case_id)
    else:
        waived = ChecklistItemWaived(item=point.item, reason=point.reason or "")
        announce(tx, waived, subject=state.case_id)
