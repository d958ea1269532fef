"""Incidents: one case that many others belong to, of whatever seller."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Final

from contracts.cases import IncidentMatch
from contracts.lifecycle import CaseState
from playbook.incidents import likeness
from playbook.questions import IncidentMarks

_MOST_PROPOSED: Final = 5


@dataclass(frozen=True, slots=True, kw_only=True)
class LinkCase:
    """Somebody says that a case belongs to an incident."""

    case: str
    parent: str
    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Marked:
    """An open case, and the facts by which cases are seen to belong together."""

    case: str
    marks: Mapping[str, str]


class NoIncident(Exception):
    """The case that is named as the incident cannot be one, or is no case of this marketplace."""


class NoChild(Exception):
    """The case cannot belong to an incident now."""

    def __init__(self, status: str) -> None:
        super().__init__(status)
        self.public = {"case_status": status, "allowed": []}


class NotProposed(Exception):
    """The case was never proposed for the incident that is named, if there is such."""


class NotLinked(Exception):
    """The case belongs to no incident."""

    def __init__(self, status: str) -> None:
        super().__init__(status)
        self.public = {"case_status": status, "allowed": ["linking"]}


def check_incident(parent: CaseState | None, *, marketplace: str, case: str | None = None) -> None:
    """
    Refuse an incident of another marketplace, an ended one, one of another incident, and itself.

    Raises:
        NoIncident: Any of these: who asks learns no more than that it will not do.
    """
    if (
        parent is None
        or parent.marketplace != marketplace
        or parent.has_ended
        or parent.parent is not None
        or parent.case_id == case
    ):
        raise NoIncident


def check_child(child: CaseState, *, has_children: bool) -> None:
    """
    Refuse a case that has ended, has an incident, or is one.

    Raises:
        NoChild: Any of these.
    """
    if child.has_ended or child.parent is not None or has_children:
        raise NoChild(child.status)


def find_matches(
    rule: IncidentMarks, marks: Mapping[str, str], known: Iterable[Marked]
) -> tuple[IncidentMatch, ...]:
    """
    Find the incidents, given oldest first, that a case may belong to.

    The first with all marks is the only one then. Without such a one all that share some are
    named, at most five: a person decides.
    """
    some = [*_shared(rule, marks, known)]
    exact = [one for one in some if not one.other]
    return tuple(exact[:1] or some[:_MOST_PROPOSED])


def _shared(
    rule: IncidentMarks, marks: Mapping[str, str], known: Iterable[Marked]
) -> Iterator[IncidentMatch]:
    for incident in known:
        alike = likeness(rule, marks, incident.marks)
        if alike.same:
            yield IncidentMatch(incident=incident.case, same=alike.same, other=alike.other)


def parent_of(matches: Iterable[IncidentMatch]) -> str | None:
    """Return the incident that has all marks of a case, if there is one."""
    return next((one.incident for one in matches if not one.other), None)


def share_marks(
    rule: IncidentMarks, marks: Mapping[str, str], cases: Iterable[Marked], *, incident: str
) -> Iterator[tuple[str, IncidentMatch]]:
    """Name those of some cases that may belong to a new incident, and what they share with it."""
    for one in cases:
        alike = likeness(rule, one.marks, marks)
        if alike.same:
            yield one.case, IncidentMatch(incident=incident, same=alike.same, other=alike.other)
