"""The only registry: which contract a type names, and the topics it may stand on."""

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Final

from contracts import (
    assets,
    audit,
    authority,
    cases,
    council,
    delivery,
    handoff,
    resolution,
    routing,
    sla,
    vault,
)
from contracts.event import ANYONE, Contract

CASES: Final = "cases.v1"
GOVERNANCE: Final = "governance.v1"
REPLIES: Final = "handoff-replies.v1"
SELLER_MESSAGES: Final = "seller-messages.v1"
PLAYBOOKS: Final = "playbooks.v1"
CHECKPOINTS: Final = "audit.checkpoints.v1"
AUDIT: Final = "audit"

PARTNER_TEAMS: Final = ("finance", "trust", "product", "engineering", "legal", "policy")
CASE_SERVICES: Final = ("intake", "router", "resolution", "handoff", "sla-monitor", "vault")

_DAY = 24 * 60 * 60 * 1000


@dataclass(frozen=True, slots=True, kw_only=True)
class TopicSpec:
    """How a topic is made. Times in milliseconds."""

    name: str
    partitions: int
    retention_ms: int
    log_append_time: bool = False
    compacted: bool = False


def partner_topic(team: str) -> str:
    """Return the topic on which a partner team hears from us."""
    return f"handoffs.{team}.v1"


TOPICS: Final = (
    TopicSpec(name=CASES, partitions=12, retention_ms=400 * _DAY, log_append_time=True),
    TopicSpec(name=GOVERNANCE, partitions=3, retention_ms=400 * _DAY, log_append_time=True),
    *(
        TopicSpec(name=partner_topic(team), partitions=6, retention_ms=90 * _DAY)
        for team in PARTNER_TEAMS
    ),
    TopicSpec(name=REPLIES, partitions=6, retention_ms=90 * _DAY),
    TopicSpec(name=SELLER_MESSAGES, partitions=6, retention_ms=30 * _DAY),
    TopicSpec(name=PLAYBOOKS, partitions=1, retention_ms=-1, compacted=True),
    TopicSpec(name=CHECKPOINTS, partitions=1, retention_ms=400 * _DAY),
)

_ALL: tuple[type[Contract], ...] = (
    cases.CaseOpened,
    cases.CaseLinked,
    cases.CaseUnlinked,
    cases.LinkDeclined,
    cases.CaseMerged,
    authority.AuthorityVerified,
    authority.AuthorityRefused,
    cases.EvidenceReceived,
    cases.SellerMessageReceived,
    cases.RecheckReported,
    cases.AppealFiled,
    routing.CaseTriageRequired,
    routing.CaseClassified,
    routing.CaseReclassified,
    routing.CaseRouted,
    routing.CaseRerouted,
    routing.CaseLeadTransferred,
    routing.RoutingFrozen,
    routing.RoutingUnfrozen,
    routing.AssignmentOffered,
    routing.CaseAssigned,
    routing.AssignmentDeclined,
    routing.AssignmentLapsed,
    routing.CaseUnassigned,
    routing.MemberEnrolled,
    routing.MemberPresenceChanged,
    resolution.EvidenceRequested,
    resolution.EvidenceAccepted,
    resolution.EvidenceRejected,
    resolution.EvidenceWaived,
    resolution.ChecklistItemCompleted,
    resolution.ChecklistItemWaived,
    resolution.TreeAnswered,
    resolution.SellerMessageSent,
    resolution.DecisionRecorded,
    resolution.CaseResolved,
    resolution.CaseReopened,
    resolution.DecisionSuperseded,
    resolution.AppealDecided,
    resolution.CaseClosed,
    resolution.MessageReady,
    assets.AssetInvalidated,
    assets.AssetInvalidationNoted,
    assets.RecontactDecided,
    assets.KnowledgeGapNoted,
    handoff.HandoffRequested,
    handoff.HandoffAccepted,
    handoff.HandoffProgressed,
    handoff.HandoffReturned,
    handoff.HandoffLapsed,
    handoff.HandoffRecalled,
    handoff.HandoffCompleted,
    handoff.HandoffOffered,
    handoff.OfferRecalled,
    handoff.ReplyRejected,
    sla.ClockStarted,
    sla.ClockResumed,
    sla.TargetChanged,
    sla.Warned,
    sla.Breached,
    sla.BreachRetracted,
    sla.Met,
    sla.ClockCancelled,
    sla.WindowEnded,
    sla.EscalationRaised,
    sla.EscalationUnstaffed,
    sla.EscalationAcknowledged,
    sla.EscalationResolved,
    council.CouncilVoted,
    council.CouncilDecided,
    delivery.DeliverySkipped,
    vault.SealedValueOpened,
    vault.SealedValueMismatched,
    vault.SellerErased,
    audit.AuditAccessed,
    audit.AuditExported,
    audit.GapDetected,
    audit.ConflictDetected,
    audit.HoldPlaced,
    audit.HoldReleased,
    audit.BodiesCleared,
    audit.CheckpointSigned,
)

CONTRACTS: Final[Mapping[str, type[Contract]]] = MappingProxyType({c.type: c for c in _ALL})


def find(event_type: str) -> type[Contract] | None:
    """Return the contract that a type names, or None for one that this release does not know."""
    return CONTRACTS.get(event_type)


def is_in_place(contract: type[Contract], *, producer: str, topic: str) -> bool:
    """Say whether an event of this kind may be said by this producer on this topic."""
    topics = {contract.topic, GOVERNANCE} if contract.producer == ANYONE else {contract.topic}
    return contract.may_be_said_by(producer) and topic in topics


def schema_ref(contract: type[Contract]) -> str:
    """Name a contract with its revision, as `ce_dataschema` does."""
    return f"{contract.type}#{contract.schema_revision}"
