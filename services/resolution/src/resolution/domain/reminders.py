"""What a step of a clock means for the seller: a reminder of what is still missing, or nothing."""

from dataclasses import dataclass
from datetime import datetime

from contracts.lifecycle import CaseState
from contracts.sla import Warned
from playbook import letters
from playbook.model import Playbook
from resolution.domain.evidence import requested_kinds
from resolution.domain.promises import deadline_of


@dataclass(frozen=True, slots=True, kw_only=True)
class Reminder:
    """Which letter, of what, and by when it is needed at the latest."""

    template: str
    missing: tuple[str, ...]
    reply_by: datetime


def choose_reminder(
    playbook: Playbook, state: CaseState, step: Warned, at: datetime
) -> Reminder | None:
    """
    Choose the reminder that a step is worth now.

    None when a later step was reached too, the case has ended, all papers have come, what was to
    be done by then is over, or the playbook reminds of nothing.
    """
    template = letters.reminder(playbook, step.kind, state.issue_type)
    missing = requested_kinds(state)
    if template is None or not step.notify or state.has_ended or not missing:
        return None
    reply_by = _reply_by(playbook, state, step, at)
    if reply_by is None:
        return None
    return Reminder(template=template, missing=missing, reply_by=reply_by)


def _reply_by(playbook: Playbook, state: CaseState, step: Warned, at: datetime) -> datetime | None:
    """Find the first date that is to come; None once the clock's own is over."""
    end = deadline_of(playbook, state, step.kind)
    if end is not None and end <= at:
        return None
    asked_by = (item.due_at for item in state.open_items.values())
    dates = (*asked_by, end) if end else tuple(asked_by)
    return min((one for one in dates if one > at), default=None)
