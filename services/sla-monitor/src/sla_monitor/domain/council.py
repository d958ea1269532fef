"""The council's word on a case that was put before it: votes, quorum, majority."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from playbook.assets import Council
from playbook.model import Playbook
from sla_monitor.domain.escalations import Escalation, EscalationNotFound

COUNCIL: Final = "council"


@dataclass(frozen=True, slots=True, kw_only=True)
class Vote:
    """What a member wants to come of it, and why."""

    member: str
    outcome: str
    reasons: tuple[str, ...]
    voted_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Decision:
    """What came of it."""

    outcome: str
    reasons: tuple[str, ...]
    decided_by: str
    decided_at: datetime


class NoQuorum(Exception):
    """Fewer members have voted than the playbook asks for."""

    def __init__(self, *, votes: int, quorum: int) -> None:
        super().__init__(f"{votes} of {quorum}")
        self.public = {"votes": votes, "quorum": quorum}


class NoMajority(Exception):
    """Not more than half of the votes are for this outcome."""

    def __init__(self, *, agreed: int, votes: int) -> None:
        super().__init__(f"{agreed} of {votes}")
        self.public = {"agreed": agreed, "votes": votes}


def council_of(playbook: Playbook, escalation: Escalation) -> Council:
    """
    Return who sits over an escalation.

    Raises:
        EscalationNotFound: It is none of the council's.
    """
    council = playbook.escalation.council
    if council is None or escalation.target_role != COUNCIL:
        raise EscalationNotFound(escalation.escalation_id)
    return council


def check_votes(votes: Sequence[Vote], *, outcome: str, quorum: int) -> tuple[str, ...]:
    """
    Say who agreed, if enough did.

    Raises:
        NoQuorum: Too few have voted.
        NoMajority: Half of them or more want something else.
    """
    if len(votes) < quorum:
        raise NoQuorum(votes=len(votes), quorum=quorum)
    agreed = tuple(sorted(vote.member for vote in votes if vote.outcome == outcome))
    if 2 * len(agreed) <= len(votes):
        raise NoMajority(agreed=len(agreed), votes=len(votes))
    return agreed
