"""Decide whether a seller is written to again because a letter of theirs was withdrawn."""

from dataclasses import dataclass

from chassis.door import Tx
from chassis.outbox import announce
from chassis.problems import FieldError, Invalid, NotAllowedNow
from chassis.views import touch
from contracts.assets import RecontactDecided
from contracts.lifecycle import CaseState
from contracts.sealed import SealedValue
from playbook.model import Playbook
from resolution.domain.invalidation import Recontact
from resolution.handlers.guards import require_code
from resolution.store import recontacts
from resolution.store.notes import add_note


@dataclass(frozen=True, slots=True, kw_only=True)
class DecideRecontact:
    """Contact again or not. `reason` is of the playbook's list recontact."""

    case: str
    invalidation: str
    outcome: str
    reason: str
    note: SealedValue | None = None


class RecontactDecidedAlready(NotAllowedNow):
    """Somebody decided otherwise. `decided` says how, by whom and when."""

    def __init__(self, state: CaseState, known: Recontact) -> None:
        super().__init__(status=state.status)
        self.public["detail"] = "It was decided already, otherwise: `decided` says how and by whom."
        self.public["decided"] = {
            "outcome": known.outcome,
            "reason": known.reason,
            "decided_by": known.decided_by,
            "decided_at": known.decided_at,
        }


async def decide_recontact(tx: Tx, command: DecideRecontact, *, playbook: Playbook) -> Recontact:
    """
    Record the decision; the same one again changes nothing. A case that has ended may be decided.

    Raises:
        Invalid: No letter of this case was withdrawn under that id; a reason not on the list.
        RecontactDecidedAlready: It was decided otherwise.
    """
    state = tx.views[command.case].state
    known = await _known(tx, state, command.invalidation)
    require_code(command.reason, playbook.codes.recontact, pointer="/reason", of="recontact")
    if known.outcome is not None:
        if (known.outcome, known.reason) != (command.outcome, command.reason):
            raise RecontactDecidedAlready(state, known)
        return known

    await recontacts.decide(tx, known, outcome=command.outcome, reason=command.reason)
    if command.note is not None:
        await add_note(tx, state, about=command.invalidation, body=command.note)
    touch(tx.views[command.case])

    decided = RecontactDecided(
        invalidation=known.invalidation,
        asset=known.asset,
        outcome=command.outcome,
        reason=command.reason,
    )
    announce(tx, decided, subject=state.case_id)
    return await _known(tx, state, command.invalidation)


async def _known(tx: Tx, state: CaseState, invalidation: str) -> Recontact:
    found = await recontacts.find(tx, state, invalidation)
    if found is None:
        detail = "No letter of this case was withdrawn under this id: see `recontacts` of the case."
        raise Invalid([FieldError("/invalidation", "not-of-this-case", detail)])
    return found
