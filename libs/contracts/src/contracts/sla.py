"""Promises in time: clocks and escalations. Producer: sla-monitor."""

from typing import Annotated, ClassVar

from pydantic import AwareDatetime, Field

from contracts.event import Contract, Part
from contracts.sealed import SealedValue
from contracts.words import ClockId, Code, EscalationId, MemberId, Reference, one_of

_TOPIC = "cases.v1"
_PRODUCER = "sla-monitor"


class Step(Part):
    """A point on the way to the due time."""

    percent: int = Field(ge=1, le=100, description="Of the target.")
    due_at: AwareDatetime = Field(description="When it is reached.")


class ClockStarted(Contract):
    """A promise runs."""

    type: ClassVar[str] = "sla.clock_started.v1"
    producer: ClassVar[str] = _PRODUCER
    topic: ClassVar[str] = _TOPIC

    clock: ClockId = Field(description="Our id of it.")
    kind: Code = Field(description="first_response, resolution, handoff_accept …")
    object: Reference = Field(description="What it is about: the case, a handoff, a request …")
    episode: int = Field(ge=0, description="Episode of the case.")
    target_seconds: int = Field(ge=1, description="Business time allowed.")
    calendar: Reference = Field(description="Calendar and version.")
    started_at: AwareDatetime = Field(description="From when it counts.")
    due_at: AwareDatetime = Field(description="When it is due if nothing pauses it.")
    steps: tuple[Step, ...] = Field(default=(), description="Warnings on the way, then 100.")
    team: Code | None = Field(default=None, description="Whose time it is.")


class ClockResumed(Contract):
    """A paused promise runs again."""

    type: ClassVar[str] = "sla.clock_resumed.v1"
    producer: ClassVar[str] = _PRODUCER
    topic: ClassVar[str] = _TOPIC

    clock: ClockId = Field(description="Which clock.")
    kind: Code = Field(description="Kind of clock.")
    revision: int = Field(ge=0, description="One more with each pause.")
    consumed_seconds: int = Field(ge=0, description="Business time used so far.")
    due_at: AwareDatetime = Field(description="The new due time.")


class TargetChanged(Contract):
    """A re-route or a migration changed how long it may take; what was used stays used."""

    type: ClassVar[str] = "sla.target_changed.v1"
    producer: ClassVar[str] = _PRODUCER
    topic: ClassVar[str] = _TOPIC

    clock: ClockId = Field(description="Which clock.")
    kind: Code = Field(description="Kind of clock.")
    target_seconds: int = Field(ge=1, description="Business time allowed now.")
    consumed_seconds: int = Field(ge=0, description="Business time used so far.")
    due_at: AwareDatetime | None = Field(default=None, description="New due time, if it runs.")
    team: Code | None = Field(default=None, description="Whose time it is.")


class Warned(Contract):
    """A step before the due time was reached."""

    type: ClassVar[str] = "sla.warned.v1"
    producer: ClassVar[str] = _PRODUCER
    topic: ClassVar[str] = _TOPIC

    clock: ClockId = Field(description="Which clock.")
    kind: Code = Field(description="Kind of clock.")
    percent: int = Field(ge=1, le=99, description="Which step.")
    due_at: AwareDatetime = Field(description="When the step was due.")
    detected_at: AwareDatetime = Field(description="When it was noticed.")
    team: Code | None = Field(default=None, description="Whose time it is.")
    notify: bool = Field(
        default=True, description="False when a higher step was missed too: tell nobody of this."
    )


class Breached(Contract):
    """A promise was broken."""

    type: ClassVar[str] = "sla.breached.v1"
    producer: ClassVar[str] = _PRODUCER
    topic: ClassVar[str] = _TOPIC

    clock: ClockId = Field(description="Which clock.")
    kind: Code = Field(description="Kind of clock.")
    object: Reference = Field(description="What it is about.")
    revision: int = Field(ge=0, description="At most one unretracted breach for each.")
    due_at: AwareDatetime = Field(description="When it was due.")
    detected_at: AwareDatetime = Field(description="When it was noticed.")
    team: Code | None = Field(default=None, description="Whose time it was.")


class BreachRetracted(Contract):
    """A breach that a pause or stop, read late, shows not to have been one."""

    type: ClassVar[str] = "sla.breach_retracted.v1"
    producer: ClassVar[str] = _PRODUCER
    topic: ClassVar[str] = _TOPIC

    clock: ClockId = Field(description="Which clock.")
    kind: Code = Field(description="Kind of clock.")
    revision: int = Field(ge=0, description="Of the breach.")


class Met(Contract):
    """A promise was kept, or ended after its breach."""

    type: ClassVar[str] = "sla.met.v1"
    producer: ClassVar[str] = _PRODUCER
    topic: ClassVar[str] = _TOPIC

    clock: ClockId = Field(description="Which clock.")
    kind: Code = Field(description="Kind of clock.")
    consumed_seconds: int = Field(ge=0, description="Business time used.")
    at: AwareDatetime = Field(description="When.")
    late: bool = Field(default=False, description="After its breach.")


class ClockCancelled(Contract):
    """A promise no longer applies."""

    type: ClassVar[str] = "sla.clock_cancelled.v1"
    producer: ClassVar[str] = _PRODUCER
    topic: ClassVar[str] = _TOPIC

    clock: ClockId = Field(description="Which clock.")
    kind: Code = Field(description="Kind of clock.")
    reason: Code = Field(description="case_ended, handoff_ended, not_needed …")


class WindowEnded(Contract):
    """A window of the seller's is over: never a breach."""

    type: ClassVar[str] = "sla.window_ended.v1"
    producer: ClassVar[str] = _PRODUCER
    topic: ClassVar[str] = _TOPIC

    clock: ClockId = Field(description="Which clock.")
    kind: Annotated[Code, one_of("evidence_due", "facts_due", "appeal_window", "reopen_window")] = (
        Field(description="Kind of window.")
    )
    object: Reference = Field(description="What it is about.")
    due_at: AwareDatetime = Field(description="When it ended.")
    detected_at: AwareDatetime = Field(description="When it was noticed.")


class EscalationRaised(Contract):
    """Someone higher must look."""

    type: ClassVar[str] = "escalation.raised.v1"
    producer: ClassVar[str] = _PRODUCER
    topic: ClassVar[str] = _TOPIC

    escalation: EscalationId = Field(description="Our id of it.")
    trigger: Annotated[
        Code,
        one_of(
            "time",
            "severity",
            "policy_conflict",
            "manual",
            "ping_pong",
            "promise",
            "letter_withdrawn",
        ),
    ] = Field(description="What made it.")
    level: int = Field(ge=1, le=9, description="How high.")
    ladder: Reference = Field(description="Ladder and version.")
    target_role: Code = Field(description="Whom the ladder names.")
    target_member: MemberId | None = Field(default=None, description="The person found.")
    reason: Code = Field(description="Why: `resolution_breached` …")
    clock: ClockId | None = Field(default=None, description="The clock behind it.")
    note: SealedValue | None = Field(default=None, description="In words, for colleagues.")


class EscalationUnstaffed(Contract):
    """Nobody who may take the escalation was found: operators and supervisors must look."""

    type: ClassVar[str] = "escalation.unstaffed.v1"
    producer: ClassVar[str] = _PRODUCER
    topic: ClassVar[str] = _TOPIC

    escalation: EscalationId = Field(description="Which escalation.")
    target_role: Code = Field(description="Whom the ladder names.")


class EscalationAcknowledged(Contract):
    """Someone looks."""

    type: ClassVar[str] = "escalation.acknowledged.v1"
    producer: ClassVar[str] = _PRODUCER
    topic: ClassVar[str] = _TOPIC

    escalation: EscalationId = Field(description="Which escalation.")
    member: MemberId = Field(description="Who.")


class EscalationResolved(Contract):
    """The escalation is over."""

    type: ClassVar[str] = "escalation.resolved.v1"
    producer: ClassVar[str] = _PRODUCER
    topic: ClassVar[str] = _TOPIC

    escalation: EscalationId = Field(description="Which escalation.")
    outcome: Code = Field(description="Of the playbook's list, or case_ended.")
    note: SealedValue | None = Field(default=None, description="In words, for colleagues.")
