"""What the council says about a case that was put before it. Producer: sla-monitor."""

from typing import Annotated, ClassVar

from pydantic import Field

from contracts.event import Contract
from contracts.sealed import SealedValue
from contracts.words import Code, EscalationId, MemberId

_PRODUCER = "sla-monitor"
_TOPIC = "cases.v1"


class CouncilVoted(Contract):
    """A member of the council said what should come of it; the last word of each counts."""

    type: ClassVar[str] = "council.voted.v1"
    producer: ClassVar[str] = _PRODUCER
    topic: ClassVar[str] = _TOPIC

    escalation: EscalationId = Field(description="By which the case came before the council.")
    member: MemberId = Field(description="Who.")
    outcome: Code = Field(description="Of the playbook's list council_outcome.")
    reasons: Annotated[tuple[Code, ...], Field(min_length=1)] = Field(
        description="Of the playbook's list council_reason."
    )


class CouncilDecided(Contract):
    """The council decided, with its quorum and by more than half of the votes. It is final."""

    type: ClassVar[str] = "council.decided.v1"
    producer: ClassVar[str] = _PRODUCER
    topic: ClassVar[str] = _TOPIC

    escalation: EscalationId = Field(description="By which the case came before the council.")
    outcome: Code = Field(description="Of the playbook's list council_outcome.")
    reasons: Annotated[tuple[Code, ...], Field(min_length=1)] = Field(
        description="Of the playbook's list council_reason."
    )
    agreed: tuple[MemberId, ...] = Field(description="Who voted for it.")
    dissented: tuple[MemberId, ...] = Field(description="Who voted for something else.")
    quorum: int = Field(ge=1, description="How many votes the playbook asks for.")
    note: SealedValue | None = Field(default=None, description="In words, for colleagues.")
