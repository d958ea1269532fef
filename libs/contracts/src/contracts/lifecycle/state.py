"""What is known of a case: slots that events write, and what follows from them."""

from dataclasses import dataclass
from datetime import date
from typing import Any
from uuid import UUID

from pydantic import AwareDatetime, BaseModel

from contracts.cases import (
    ActingParty,
    CaseReference,
    DeferredFact,
    EvidenceOnFile,
    FactValue,
    Seller,
    TextSignals,
)
from contracts.lifecycle.way import CLOSED, Appeal, ChecklistPoint, Freeze, Move
from contracts.money import Money
from contracts.routing import Lead, Signals
from contracts.sealed import SealedValue


class Slot(BaseModel):
    """A part of the state. Frozen; closed, since only the fold writes it."""

    model_config = CLOSED


class Classification(Slot):
    symptom: str | None
    issue_type: str
    root_cause_hint: str | None
    authority_level: int
    signals: Signals
    severity: str
    confidence: float
    method: str


class Route(Slot):
    queue: str
    team: str
    rule: str
    skills: tuple[str, ...]
    priority: int
    lead: Lead
    routed_at: AwareDatetime


class Assignee(Slot):
    assignment: str
    member: str
    team: str
    at: AwareDatetime


class RequestedItem(Slot):
    """A document asked for. Waived is resolution's word; what arrived is intake's."""

    request: str
    kind: str
    standard: str
    why: str
    required: bool
    due_at: AwareDatetime
    waived: bool = False


class Evidence(Slot):
    """A document. Intake writes what arrived, resolution what it thinks of it."""

    kind: str
    item: str | None = None
    received_at: AwareDatetime | None = None
    size: int | None = None
    media_type: str | None = None
    file: SealedValue | None = None
    sealed_for: str | None = None
    judgement: str | None = None
    judged_at: AwareDatetime | None = None
    judged_by: str | None = None
    reason: str | None = None
    issued_on: date | None = None
    valid_until: date | None = None


class Handoff(Slot):
    team: str
    contract: str
    party: str
    blocking: bool
    state: str
    attempt: int
    requested_at: AwareDatetime
    due_by: AwareDatetime
    result: dict[str, Any] | None = None
    reason: str | None = None

    @property
    def is_open(self) -> bool:
        return self.state in {"requested", "accepted"}


class Message(Slot):
    kind: str
    qualifying: bool
    template: str
    sent_at: AwareDatetime
    update_by: AwareDatetime | None = None
    expected_by: AwareDatetime | None = None


class Decision(Slot):
    type: str
    outcome: str
    adverse: bool
    at: AwareDatetime
    actor: str | None
    question: str | None = None
    superseded_by: str | None = None


class Escalation(Slot):
    level: int
    trigger: str
    state: str
    target_member: str | None


class CaseState(Slot):
    """
    A case, folded from its events.

    Each slot has one producing service, so events of different producers commute: two services
    that have seen the same events hold the same state, in whatever order they saw them.
    """

    case_id: str
    marketplace: str
    playbook: str
    lifecycle: int
    correlation_id: UUID
    opened_at: AwareDatetime
    episode: int
    external_ref: str | None
    channel: str
    seller: Seller
    handle: SealedValue
    text_signals: TextSignals
    acting_party: ActingParty
    declared_type: str
    perspective: str
    facts: dict[str, FactValue]
    amount_at_risk: Money | None
    references: tuple[CaseReference, ...]
    subject: SealedValue | None
    description: SealedValue | None
    evidence_on_file: tuple[EvidenceOnFile, ...]
    parent: str | None
    deferred: tuple[DeferredFact, ...] = ()
    repeats: tuple[str, ...] = ()
    alike: tuple[str, ...] = ()

    classification: Classification | None = None
    triage_reason: str | None = None
    triage_lead: Lead | None = None
    route: Route | None = None
    assignee: Assignee | None = None
    named_lead: Lead | None = None
    freeze: Freeze | None = None
    moves: tuple[Move, ...] = ()

    contacts: int = 0
    merged_here: tuple[str, ...] = ()
    items: dict[str, RequestedItem] = {}
    evidence: dict[str, Evidence] = {}
    checklist: dict[str, ChecklistPoint] = {}
    tree_answers: dict[str, dict[str, str]] = {}
    messages: dict[str, Message] = {}
    decisions: dict[str, Decision] = {}
    appeals: dict[str, Appeal] = {}
    answered_appeals: dict[str, str] = {}
    handoffs: dict[str, Handoff] = {}
    escalations: dict[str, Escalation] = {}

    outcome: str | None = None
    root_cause: str | None = None
    resolved_at: AwareDatetime | None = None
    reopen_until: AwareDatetime | None = None
    appeal_by: AwareDatetime | None = None
    closed_at: AwareDatetime | None = None
    withdrawn_at: AwareDatetime | None = None
    merged_into: str | None = None

    @property
    def status(self) -> str:
        """Derive the status: the first that holds (domain.md §3)."""
        return next(status for status, holds in self._statuses() if holds)

    def _statuses(self) -> tuple[tuple[str, bool], ...]:
        return (
            ("merged", self.merged_into is not None),
            ("withdrawn", self.withdrawn_at is not None),
            ("closed", self.closed_at is not None),
            ("resolved", self.outcome is not None),
            ("waiting_seller", any(item.required for item in self.open_items.values())),
            ("waiting_partner", bool(self.blocking_handoffs)),
            ("in_progress", self.assignee is not None),
            ("queued", self.route is not None),
            ("triage", self.triage_reason is not None),
            ("opened", True),
        )

    @property
    def waiting_on(self) -> str:
        """Say whom the case waits for: seller, partner, third_party, platform or none."""
        match self.status:
            case "merged" | "withdrawn" | "closed" | "resolved":
                return "none"
            case "waiting_seller":
                return "seller"
            case "waiting_partner":
                parties = {handoff.party for handoff in self.blocking_handoffs.values()}
                return "third_party" if parties == {"third_party"} else "partner"
            case _:
                return "platform"

    @property
    def has_ended(self) -> bool:
        return self.waiting_on == "none"

    @property
    def is_frozen(self) -> bool:
        """Say whether nobody may send the case anywhere before the arbiter has decided."""
        return self.freeze is not None and self.freeze.decided_for is None

    @property
    def open_facts(self) -> tuple[DeferredFact, ...]:
        """Return the facts that the filing put off and that have not come."""
        return tuple(one for one in self.deferred if one.fact not in self.facts)

    @property
    def open_items(self) -> dict[str, RequestedItem]:
        """Return what was asked for and has neither come nor been waived."""
        return {id_: item for id_, item in self.items.items() if not self._is_answered(id_, item)}

    def _is_answered(self, id_: str, item: RequestedItem) -> bool:
        return item.waived or any(
            evidence.judgement != "rejected"
            and evidence.received_at is not None
            and (evidence.item == id_ or evidence.kind == item.kind)
            for evidence in self.evidence.values()
        )

    @property
    def blocking_handoffs(self) -> dict[str, Handoff]:
        return {
            id_: handoff
            for id_, handoff in self.handoffs.items()
            if handoff.blocking and handoff.is_open
        }

    @property
    def issue_type(self) -> str:
        """The type as classified, else as declared."""
        return self.classification.issue_type if self.classification else self.declared_type

    @property
    def lead(self) -> Lead | None:
        """Who answers for the case: the person once there was one, before that the queue's."""
        return self.named_lead or (self.route.lead if self.route else self.triage_lead)

    @property
    def members(self) -> frozenset[str]:
        """Return the people who work the case: assignee and lead."""
        lead = self.lead.member if self.lead else None
        assignee = self.assignee.member if self.assignee else None
        return frozenset(member for member in (lead, assignee) if member)

    @property
    def teams(self) -> frozenset[str]:
        """Return the teams in whose queue the case is or whose member leads it."""
        route = {self.route.team} if self.route else set()
        return frozenset(route | ({self.lead.team} if self.lead else set()))

    @property
    def partner_teams(self) -> frozenset[str]:
        """Return the teams that hold a handoff, offered or accepted."""
        return frozenset(h.team for h in self.handoffs.values() if h.is_open)


@dataclass(frozen=True, slots=True)
class Folded:
    """A state after an event. `changed` is false for an event that no slot cares about."""

    state: CaseState
    changed: bool
