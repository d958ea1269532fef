"""The dates that letters promise, by the playbook's targets and calendars."""

from dataclasses import dataclass, replace
from datetime import datetime

from contracts.lifecycle import CaseState
from playbook import targets
from playbook.model import Playbook
from resolution.domain.filed import clear_facts


@dataclass(frozen=True, slots=True, kw_only=True)
class Dates:
    """What a letter may promise: an answer needed, the next letter, the outcome, an appeal."""

    reply_by: datetime
    update_by: datetime
    expected_by: datetime
    appeal_by: datetime


def promise_dates(playbook: Playbook, state: CaseState, at: datetime) -> Dates:
    """
    Count the dates of a letter that is written now.

    The outcome is expected a whole target from now, since the seller may take time to answer,
    and the clock rests meanwhile.
    """
    return Dates(
        reply_by=due_by(playbook, state, "evidence_due", at),
        update_by=due_by(playbook, state, "next_update", at),
        expected_by=due_by(playbook, state, "resolution", at),
        appeal_by=due_by(playbook, state, "appeal_window", at),
    )


def due_by(playbook: Playbook, state: CaseState, kind: str, at: datetime) -> datetime:
    """Count one target of this case from a moment on."""
    return targets.due_by(playbook, _scope(playbook, state, kind), at)


def deadline_of(playbook: Playbook, state: CaseState, kind: str) -> datetime | None:
    """Tell when a clock ends that runs towards a date of the case; None where there is none."""
    scope = replace(_scope(playbook, state, kind), since=state.opened_at, facts=clear_facts(state))
    return targets.end_of_deadline(playbook, scope)


def _scope(playbook: Playbook, state: CaseState, kind: str) -> targets.Scope:
    return targets.Scope(
        kind=kind,
        issue_type=state.issue_type,
        severity=state.classification.severity if state.classification else "low",
        tier=state.seller.tier,
        region=state.seller.region,
        patch=playbook.patch_for(state.marketplace),
        team=state.route.team if state.route else None,
    )
