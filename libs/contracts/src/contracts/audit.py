"""What audit says of itself, straight into its own log. Producer: audit."""

from typing import ClassVar

from pydantic import AwareDatetime, Field

from contracts.event import Contract
from contracts.words import ActorName, Base64, CaseId, Code, Identifier, Reference, SellerId, Sha256

_TOPIC = "audit"


class AuditAccessed(Contract):
    """Someone read the trail. The envelope says who."""

    type: ClassVar[str] = "audit.accessed.v1"
    producer: ClassVar[str] = "audit"
    topic: ClassVar[str] = _TOPIC

    what: Code = Field(description="trail, explain, events, inclusion …")
    query: dict[Code, Reference] = Field(default_factory=dict, description="What was asked for.")


class AuditExported(Contract):
    """Someone took a bundle away."""

    type: ClassVar[str] = "audit.exported.v1"
    producer: ClassVar[str] = "audit"
    topic: ClassVar[str] = _TOPIC

    export: Identifier = Field(description="Our id of it.")
    query: dict[Code, Reference] = Field(default_factory=dict, description="What was asked for.")
    as_of: int = Field(ge=0, description="Tree size.")


class GapDetected(Contract):
    """Events that a producer numbered never came."""

    type: ClassVar[str] = "audit.gap_detected.v1"
    producer: ClassVar[str] = "audit"
    topic: ClassVar[str] = _TOPIC

    gap_producer: Code = Field(description="Whose events.")
    gap_topic: Code = Field(description="On which topic.")
    gap_subject: Reference = Field(description="About what.")
    first_missing: int = Field(ge=1, description="Sequence.")
    last_missing: int = Field(ge=1, description="Sequence.")


class ConflictDetected(Contract):
    """A record that contradicts the log, or is no event of ours. The first stays."""

    type: ClassVar[str] = "audit.conflict_detected.v1"
    producer: ClassVar[str] = "audit"
    topic: ClassVar[str] = _TOPIC

    kind: Code = Field(description="unparseable, signature, producer, event_id, sequence.")
    src_topic: Code = Field(description="Where the record stands.")
    src_partition: int = Field(ge=0, description="Where the record stands.")
    src_offset: int = Field(ge=0, description="Where the record stands.")
    record_sha256: Sha256 = Field(description="Of its value.")


class HoldPlaced(Contract):
    """Something must be kept, whatever else says that it may go. Again once a second confirms."""

    type: ClassVar[str] = "audit.hold_placed.v1"
    producer: ClassVar[str] = "audit"
    topic: ClassVar[str] = _TOPIC

    hold: Identifier = Field(description="Our id of it.")
    seller: SellerId | None = Field(default=None, description="The seller it is about, if known.")
    case: CaseId | None = Field(default=None, description="The one case, if it is about one.")
    reason: Code = Field(description="litigation, investigation …")
    confirmed: bool = Field(description="False: by one person, and it stands already.")


class HoldReleased(Contract):
    """A hold stands no more: two people said so."""

    type: ClassVar[str] = "audit.hold_released.v1"
    producer: ClassVar[str] = "audit"
    topic: ClassVar[str] = _TOPIC

    hold: Identifier = Field(description="Our id of it.")
    seller: SellerId | None = Field(default=None, description="The seller it was about, if known.")
    case: CaseId | None = Field(default=None, description="The one case, if it was about one.")
    requested_by: ActorName = Field(description="Who asked for it; the envelope says who agreed.")


class BodiesCleared(Contract):
    """Bodies were kept as long as the playbook says, and are gone. Their leaves stand."""

    type: ClassVar[str] = "audit.bodies_cleared.v1"
    producer: ClassVar[str] = "audit"
    topic: ClassVar[str] = _TOPIC

    what: Code = Field(description="Class of retention: case, message, audit_event.")
    said_before: AwareDatetime = Field(description="What was said before this, in UTC.")
    first_idx: int = Field(ge=0, description="Lowest index among them.")
    last_idx: int = Field(ge=0, description="Highest index among them.")
    count: int = Field(ge=1, description="How many bodies.")


class CheckpointSigned(Contract):
    """The log's head was signed: for compliance and witnesses, never a leaf itself."""

    type: ClassVar[str] = "audit.checkpoint_signed.v1"
    producer: ClassVar[str] = "audit"
    topic: ClassVar[str] = "audit.checkpoints.v1"

    origin: Reference = Field(description="Name of log and key: host, log and epoch.")
    size: int = Field(ge=0, description="How many leaves.")
    root: Base64 = Field(description="SHA-256 root of the RFC 6962 tree, base64.")
    note: Base64 = Field(description="The signed note (c2sp.org/tlog-checkpoint), base64.")
