"""What several verbs ask before they act; a refusal says what would be allowed instead."""

from collections.abc import Iterable

from chassis.door import Tx
from chassis.problems import FieldError, Invalid, NotAllowedNow
from contracts.lifecycle import CaseState
from playbook.case import Problem
from playbook.model import Playbook
from playbook.next_action import allowed_actions
from resolution.domain.checklist import Point
from resolution.domain.standing import situation


def require_open(state: CaseState) -> None:
    """Refuse to work on a case that has ended."""
    if state.has_ended:
        raise NotAllowedNow(status=state.status)


def refuse_now(
    tx: Tx, playbook: Playbook, state: CaseState, points: Iterable[Point]
) -> NotAllowedNow:
    """Make the refusal that names what the case allows instead."""
    standing = situation(playbook, state, points, tx.now.date())
    return NotAllowedNow(status=state.status, allowed=allowed_actions(playbook, standing))


def require_code(code: str | None, known: Iterable[str], *, pointer: str, of: str) -> None:
    """
    Hold a code to the playbook's list.

    Raises:
        Invalid: It is missing or not on the list, which the detail names.
    """
    codes = tuple(known)
    if code not in codes:
        detail = f"One of {of}: {', '.join(codes)}."
        raise Invalid([FieldError(pointer, "unknown-code" if code else "missing", detail)])


def refuse_if_any(problems: Iterable[Problem]) -> None:
    """Turn what the playbook found wrong with a body into one refusal."""
    errors = [FieldError(one.pointer, one.code, one.detail) for one in problems]
    if errors:
        raise Invalid(errors)
