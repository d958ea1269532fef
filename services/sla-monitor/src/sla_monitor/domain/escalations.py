"""An escalation: someone higher looks, until it is over."""

from dataclasses import dataclass, replace
from datetime import datetime
from typing import Final

RAISED: Final = "raised"
ACKNOWLEDGED: Final = "acknowledged"
RESOLVED: Final = "resolved"

CASE_ENDED: Final = "case_ended"
ARBITRATED: Final = "arbitrated"
SUPERSEDED: Final = "superseded"
BREACH_RETRACTED: Final = "breach_retracted"
DECIDED: Final = "decided"


class EscalationNotFound(Exception):
    """No escalation with this id in the marketplaces that the caller may see."""


class EscalationOver(Exception):
    """The escalation was resolved: nothing can be done with it any more."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Escalation:
    """Why, how high, whom, and how far it has come. `note` is sealed JSON."""

    escalation_id: str
    marketplace: str
    case_id: str
    trigger: str
    level: int
    ladder: str
    target_role: str
    reason: str
    playbook: str
    raised_at: datetime
    team: str | None = None
    target_member: str | None = None
    clock_id: str | None = None
    revision: int | None = None
    note: dict[str, str] | None = None
    state: str = RAISED
    acknowledged_by: str | None = None
    acknowledged_at: datetime | None = None
    outcome: str | None = None
    resolved_at: datetime | None = None

    @property
    def is_open(self) -> bool:
        return self.state != RESOLVED


def acknowledge(escalation: Escalation, *, member: str, now: datetime) -> Escalation:
    """
    Note who looks. The first one stands: a second acknowledgement changes nothing.

    Raises:
        EscalationOver: It was resolved before anyone looked.
    """
    if escalation.acknowledged_by:
        return escalation
    if not escalation.is_open:
        raise EscalationOver(escalation.escalation_id)
    return replace(escalation, state=ACKNOWLEDGED, acknowledged_by=member, acknowledged_at=now)


def resolve(escalation: Escalation, *, outcome: str, now: datetime) -> Escalation:
    """
    End it. The same outcome again changes nothing.

    Raises:
        EscalationOver: It has ended otherwise.
    """
    if escalation.is_open:
        return replace(escalation, state=RESOLVED, outcome=outcome, resolved_at=now)
    if escalation.outcome != outcome:
        raise EscalationOver(escalation.escalation_id)
    return escalation
