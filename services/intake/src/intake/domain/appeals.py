"""Appeals: the seller objects to what was decided, as long as the letter said."""

from collections.abc import Mapping
from datetime import datetime
from typing import Final

from contracts.lifecycle import CaseState
from contracts.lifecycle.appeals import open_appeals
from contracts.lifecycle.state import Decision
from playbook import targets
from playbook.model import Playbook

WINDOW: Final = "appeal_window"
EACH_DECIDED: Final = "each_decided"
"""How a case ends whose questions have an outcome each."""


class NothingToAppeal(Exception):
    """The case is open, or ended without a decision."""

    def __init__(self, status: str) -> None:
        super().__init__(status)
        self.public = {"case_status": status, "allowed": []}


class AppealTooLate(Exception):
    """The window that the letter named is over."""

    def __init__(self, status: str, appeal_by: datetime) -> None:
        super().__init__(status)
        until = appeal_by.isoformat().replace("+00:00", "Z")
        self.public = {"case_status": status, "allowed": [], "appeal_by": until}


class AppealPending(Exception):
    """An appeal of the case waits for its answer already."""

    def __init__(self, status: str, appeal: str) -> None:
        super().__init__(appeal)
        self.public = {"case_status": status, "allowed": [], "existing": appeal}


def appealable(state: CaseState, playbook: Playbook, now: datetime) -> Mapping[str, Decision]:
    """Return what the seller may appeal against now; nothing once the window is over."""
    until = appeal_until(state, playbook)
    in_time = until is not None and now <= until
    return _told(state) if in_time and not open_appeals(state) else {}


def appeal_until(state: CaseState, playbook: Playbook) -> datetime | None:
    """
    Tell until when what was decided may be appealed; None where nothing was.

    A case that ended before ends said so has the date that its letter named, counted again: from
    the end of the case, by the playbook that it is pinned to.
    """
    if state.appeal_by is not None:
        return state.appeal_by
    if state.resolved_at is None or not _ended_by_decision(state):
        return None
    scope = targets.Scope(
        kind=WINDOW,
        issue_type=state.issue_type,
        severity=state.classification.severity if state.classification else "low",
        tier=state.seller.tier,
        region=state.seller.region,
        patch=playbook.patch_for(state.marketplace),
        team=state.route.team if state.route else None,
    )
    return targets.due_by(playbook, scope, state.resolved_at)


def _ended_by_decision(state: CaseState) -> bool:
    """Say whether the outcome was decided: the seller's silence ends a case as well."""
    outcomes = {one.outcome for one in state.decisions.values()}
    return state.outcome in outcomes | {EACH_DECIDED}


def check_appeal(state: CaseState, playbook: Playbook, now: datetime) -> datetime:
    """
    Return until when an appeal may be filed.

    Raises:
        NothingToAppeal: The case is open, or nothing was decided.
        AppealPending: One waits for its answer.
        AppealTooLate: The window is over.
    """
    if pending := next(iter(open_appeals(state)), None):
        raise AppealPending(state.status, pending)
    until = appeal_until(state, playbook)
    if until is None:
        raise NothingToAppeal(state.status)
    if now > until:
        raise AppealTooLate(state.status, until)
    return until


def strangers(state: CaseState, decisions: tuple[str, ...]) -> tuple[int, ...]:
    """Point at ids that are no decision that the seller was told."""
    known = _told(state)
    return tuple(place for place, one in enumerate(decisions) if one not in known)


def _told(state: CaseState) -> Mapping[str, Decision]:
    """Of each question the last answer; what was decided as a whole, the last decision."""
    last = {one.question: id_ for id_, one in sorted(state.decisions.items(), key=_by_time)}
    return {id_: state.decisions[id_] for id_ in last.values()}


def _by_time(one: tuple[str, Decision]) -> datetime:
    return one[1].at
