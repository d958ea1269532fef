"""Where a case goes and who has it. Producer: router."""

from typing import Annotated, ClassVar

from pydantic import AwareDatetime, Field

from contracts.event import Contract, Part
from contracts.words import AssignmentId, Code, MemberId, Reference, one_of

_LEVEL = one_of("none", "low", "medium", "high")


class Signals(Part):
    """Severity, by where it hurts."""

    financial: Annotated[Code, _LEVEL] = Field(description="Money at risk.")
    legal: Annotated[Code, _LEVEL] = Field(description="Legal exposure.")
    safety: Annotated[Code, _LEVEL] = Field(description="Harm to people.")
    policy_conflict: bool = Field(description="Our own rules contradict each other here.")


class Predicate(Part):
    """One condition that was looked at: what it wanted, what it saw, whether it held."""

    field: Reference = Field(description="What was looked at, `facts.hold_code`.")
    op: Code = Field(description="How: in, any_of, at_least, known …")
    expected: tuple[Reference, ...] = Field(default=(), description="What would hold.")
    seen: tuple[Reference, ...] = Field(default=(), description="What was there.")
    held: bool = Field(description="Whether it held.")


class Alternative(Part):
    """What it might have been instead, and how sure that would be."""

    issue_type: Code = Field(description="Type of issue.")
    confidence: float = Field(ge=0, le=1, description="0 to 1.")


class Rejected(Part):
    """A row that was not taken, and the first condition that failed; none if it came later."""

    rule: Code = Field(description="Name of the row.")
    queue: Code = Field(description="Where it would have sent the case.")
    because: Predicate | None = Field(default=None, description="What did not hold.")


class Lead(Part):
    """Who answers for the case towards the seller."""

    team: Code = Field(description="Team.")
    member: MemberId | None = Field(default=None, description="The person, once there is one.")


class CaseTriageRequired(Contract):
    """Nothing is sure enough to route by: a person classifies."""

    type: ClassVar[str] = "case.triage_required.v1"
    producer: ClassVar[str] = "router"
    topic: ClassVar[str] = "cases.v1"

    reason: Code = Field(description="Of the playbook's list: authority_unverified …")
    confidence: float = Field(ge=0, le=1, description="0 to 1.")
    alternatives: tuple[Alternative, ...] = Field(default=(), description="Most likely first.")
    predicates: tuple[Predicate, ...] = Field(default=(), description="What was looked at.")
    queue: Code | None = Field(default=None, description="Where people find it.")
    lead: Lead | None = Field(default=None, description="Who answers for it meanwhile.")


class CaseClassified(Contract):
    """What the case is about, by symptom, likely root cause and the authority it needs."""

    type: ClassVar[str] = "case.classified.v1"
    producer: ClassVar[str] = "router"
    topic: ClassVar[str] = "cases.v1"

    symptom: Code | None = Field(default=None, description="What the seller sees.")
    issue_type: Code = Field(description="Type of issue.")
    root_cause_hint: Code | None = Field(default=None, description="What is likely behind it.")
    authority_level: int = Field(ge=0, le=4, description="Authority that a decision needs.")
    signals: Signals = Field(description="Where it hurts.")
    severity: Annotated[Code, one_of("low", "medium", "high", "critical")] = Field(
        description="How badly, all signals together."
    )
    confidence: float = Field(ge=0, le=1, description="0 to 1.")
    method: Annotated[Code, one_of("declared", "rule", "tree", "model", "human")] = Field(
        description="How it was found."
    )
    alternatives: tuple[Alternative, ...] = Field(default=(), description="Most likely first.")
    predicates: tuple[Predicate, ...] = Field(default=(), description="What decided.")
    reason: Code | None = Field(default=None, description="Given by the person, if one decided.")


class CaseRouted(Contract):
    """A case was given to a queue; `rule` of the playbook says why."""

    type: ClassVar[str] = "case.routed.v1"
    producer: ClassVar[str] = "router"
    topic: ClassVar[str] = "cases.v1"

    queue: Code = Field(description="Where it waits.")
    team: Code = Field(description="Who works that queue.")
    rule: Code = Field(description="Name of the row that matched.")
    inputs: dict[Code, tuple[Reference, ...]] = Field(
        default_factory=dict, description="All that the table saw."
    )
    predicates: tuple[Predicate, ...] = Field(default=(), description="The row's conditions.")
    skills: tuple[Code, ...] = Field(default=(), description="What whoever takes it must know.")
    priority: int = Field(ge=0, le=9, description="0 first.")
    lead: Lead = Field(description="Who answers for it until a person does.")
    rejected: tuple[Rejected, ...] = Field(default=(), description="Rows before it, and why not.")


class CaseReclassified(CaseClassified):
    """
    A person found that the case is about something else, or facts came that were put off.

    Then `previous` is the same type, `reason` is `facts_came`, and severity or signals differ.
    """

    type: ClassVar[str] = "case.reclassified.v1"

    previous: Code = Field(description="Type of issue until now.")


class CaseRerouted(CaseRouted):
    """The case went to another queue: whoever had it has it no more. The lead stays."""

    type: ClassVar[str] = "case.rerouted.v1"

    previous_queue: Code = Field(description="Where it was.")
    previous_team: Code = Field(description="Whose it was.")
    reason: Code = Field(description="Of the playbook's list for the command that moved it.")


class CaseLeadTransferred(Contract):
    """Another person answers for the case towards the seller."""

    type: ClassVar[str] = "case.lead_transferred.v1"
    producer: ClassVar[str] = "router"
    topic: ClassVar[str] = "cases.v1"

    lead: Lead = Field(description="Who answers from now on.")
    previous: Lead | None = Field(default=None, description="Who did until now.")
    reason: Code = Field(description="Of the playbook's list `lead_transfer`.")


class RoutingFrozen(Contract):
    """The case was sent to and fro: it stays where it is until the arbiter has decided."""

    type: ClassVar[str] = "routing.frozen.v1"
    producer: ClassVar[str] = "router"
    topic: ClassVar[str] = "cases.v1"

    reason: Annotated[Code, one_of("ping_pong", "third_transfer")] = Field(
        description="Back to a team that had let it go, or once too often."
    )
    trail: tuple[Code, ...] = Field(description="The teams that had it, and the one asked next.")
    arbiter: MemberId | None = Field(default=None, description="Who decides, if there is one.")
    arbiter_role: Code = Field(description="In which role.")


class RoutingUnfrozen(Contract):
    """The arbiter has decided whose case it is."""

    type: ClassVar[str] = "routing.unfrozen.v1"
    producer: ClassVar[str] = "router"
    topic: ClassVar[str] = "cases.v1"

    team: Code = Field(description="Whose it is.")
    member: MemberId = Field(description="Who decided.")
    reason: Code = Field(description="Of the playbook's list `arbitration`.")


class CaseAssigned(Contract):
    """A person has the case."""

    type: ClassVar[str] = "case.assigned.v1"
    producer: ClassVar[str] = "router"
    topic: ClassVar[str] = "cases.v1"

    assignment: AssignmentId = Field(description="Our id of it.")
    member: MemberId = Field(description="Who.")
    team: Code = Field(description="For which team.")
    queue: Code = Field(description="Out of which queue.")
    lead: bool = Field(description="Whether this person becomes the case's lead.")


class AssignmentOffered(Contract):
    """A person is asked to take the case. Who answers for it does not change before they accept."""

    type: ClassVar[str] = "assignment.offered.v1"
    producer: ClassVar[str] = "router"
    topic: ClassVar[str] = "cases.v1"

    assignment: AssignmentId = Field(description="Our id of it, and of what it may become.")
    member: MemberId = Field(description="Who is asked.")
    team: Code = Field(description="For which team.")
    queue: Code = Field(description="Out of which queue.")
    lapses_at: AwareDatetime = Field(description="Until when it can be accepted.")
    reason: Code = Field(description="Of the playbook's list `assignment`: balanced_load …")


class AssignmentDeclined(Contract):
    """The person who was asked will not take the case."""

    type: ClassVar[str] = "assignment.declined.v1"
    producer: ClassVar[str] = "router"
    topic: ClassVar[str] = "cases.v1"

    assignment: AssignmentId = Field(description="Which offer.")
    member: MemberId = Field(description="Who was asked.")
    reason: Code = Field(description="Of the playbook's list `declination`.")


class AssignmentLapsed(Contract):
    """An offer is over without an answer."""

    type: ClassVar[str] = "assignment.lapsed.v1"
    producer: ClassVar[str] = "router"
    topic: ClassVar[str] = "cases.v1"

    assignment: AssignmentId = Field(description="Which offer.")
    member: MemberId = Field(description="Who was asked.")
    reason: Code = Field(description="no_answer, taken, offered_again, went_offline, case_ended …")


class CaseUnassigned(Contract):
    """The person no longer has the case."""

    type: ClassVar[str] = "case.unassigned.v1"
    producer: ClassVar[str] = "router"
    topic: ClassVar[str] = "cases.v1"

    assignment: AssignmentId = Field(description="Which assignment ended.")
    member: MemberId = Field(description="Whose.")
    reason: Code = Field(description="case_ended, released …")


class MemberEnrolled(Contract):
    """Someone may work here, by pseudonym. Names and logins stay in the router."""

    type: ClassVar[str] = "member.enrolled.v1"
    producer: ClassVar[str] = "router"
    topic: ClassVar[str] = "governance.v1"

    member: MemberId = Field(description="Pseudonym, the same everywhere.")
    marketplaces: tuple[Code, ...] = Field(description="Where.")
    teams: tuple[Code, ...] = Field(default=(), description="In which teams.")
    roles: tuple[Code, ...] = Field(description="In which roles.")
    authority: int = Field(ge=0, le=4, description="What the person may decide.")
    clearances: tuple[Code, ...] = Field(default=(), description="Classes the person may open.")
    skills: tuple[Code, ...] = Field(default=(), description="What the person knows.")
    capacity: int = Field(ge=0, description="Cases at a time.")


class MemberPresenceChanged(Contract):
    """Someone came, left, or named who stands in for them."""

    type: ClassVar[str] = "member.presence_changed.v1"
    producer: ClassVar[str] = "router"
    topic: ClassVar[str] = "governance.v1"

    member: MemberId = Field(description="Who.")
    presence: Annotated[Code, one_of("available", "busy", "away", "offline")] = Field(
        description="available: may be offered cases. busy, away: not now. offline: not at work."
    )
    until: AwareDatetime | None = Field(
        default=None, description="End of the shift if available, else when they will be back."
    )
    delegate: MemberId | None = Field(default=None, description="Who stands in for them.")
    delegated_from: AwareDatetime | None = Field(default=None, description="From when on.")
    delegated_until: AwareDatetime | None = Field(default=None, description="Until when.")
