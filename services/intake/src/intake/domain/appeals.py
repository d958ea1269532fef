"""Appeals: the seller objects to what was decided, as long as the letter said."""

from collections.abc import Mapping
from datetime import datetime

from contracts.lifecycle import CaseState
from contracts.lifecycle.appeals import open_appeals
from contracts.lifecycle.state import Decision


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


def appealable(state: CaseState, now: datetime) -> Mapping[str, Decision]:
    """Return what the seller may appeal against now; nothing once the window is over."""
    in_time = state.appeal_by is not None and now <= state.appeal_by
    return _told(state) if in_time and not open_appeals(state) else {}


def check_appeal(state: CaseState, now: datetime) -> datetime:
    """
    Return until when an appeal may be filed.

    Raises:
        NothingToAppeal: The case is open, or nothing was decided.
        AppealPending: One waits for its answer.
        AppealTooLate: The window is over.
    """
    if pending := next(iter(open_appeals(state)), None):
        raise AppealPending(state.status, pending)
    if state.appeal_by is None:
        raise NothingToAppeal(state.status)
    if now > state.appeal_by:
        raise AppealTooLate(state.status, state.appeal_by)
    return state.appeal_by


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
