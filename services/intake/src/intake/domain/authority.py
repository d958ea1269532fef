"""Who may act for a seller, in what, and when."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime

from contracts.cases import ActingParty
from intake.domain.filing import Assurance, Delegate


@dataclass(frozen=True, slots=True, kw_only=True)
class Grant:
    """Somebody may act for a seller. No issue types: in all matters."""

    id: str
    marketplace: str
    seller: str
    party: str
    kind: Delegate
    issue_types: tuple[str, ...]
    assurance: Assurance
    valid_from: datetime
    valid_until: datetime | None
    ended_at: datetime | None = None

    def covers(self, issue_type: str, at: datetime) -> bool:
        """Say whether it is in force then and reaches to that matter."""
        until = min(filter(None, (self.valid_until, self.ended_at)), default=None)
        in_time = self.valid_from <= at and (until is None or at < until)
        return in_time and (not self.issue_types or issue_type in self.issue_types)


class GrantEnded(Exception):
    """The grant has been taken back before."""


class GrantTakenBack(Exception):
    """The grant that a filing stood on was taken back a moment ago: look again."""


def acting_party(
    delegate: Delegate | None,
    *,
    party: str | None,
    assurance: Assurance,
    grants: Collection[Grant],
    issue_type: str,
    at: datetime,
) -> ActingParty:
    """
    Say who acts, on whose authority.

    Nobody named means the seller itself, as the caller vouches. A named delegate whom no grant of
    the seller covers in this matter now is unverified, which sends the case to a person.
    """
    if delegate is None:
        return ActingParty(kind="seller", authority="verified", assurance=assurance)
    grant = next((one for one in grants if one.covers(issue_type, at)), None)
    return ActingParty(
        id=party,
        kind=delegate,
        authority="verified" if grant else "unverified",
        assurance=assurance,
        grant=grant.id if grant else None,
    )
