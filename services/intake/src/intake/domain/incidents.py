"""Incidents: one case that many others belong to, of whatever seller."""

from dataclasses import dataclass

from contracts.lifecycle import CaseState


@dataclass(frozen=True, slots=True, kw_only=True)
class LinkCase:
    """Somebody says that a case belongs to an incident."""

    case: str
    parent: str
    reason: str


class NoIncident(Exception):
    """The case that is named as the incident cannot be one, or is no case of this marketplace."""


class NoChild(Exception):
    """The case cannot belong to an incident now."""

    def __init__(self, status: str) -> None:
        super().__init__(status)
        self.public = {"case_status": status, "allowed": []}


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
