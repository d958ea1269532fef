"""What audit says of itself, straight into its own log. Producer: audit."""

from typing import ClassVar

from pydantic import Field

from contracts.event import Contract
from contracts.words import Base64, Code, Identifier, Reference, Sha256

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


class CheckpointSigned(Contract):
    """The log's head was signed: for compliance and witnesses, never a leaf itself."""

    type: ClassVar[str] = "audit.checkpoint_signed.v1"
    producer: ClassVar[str] = "audit"
    topic: ClassVar[str] = "audit.checkpoints.v1"

    origin: Reference = Field(description="Name of log and key: host, log and epoch.")
    size: int = Field(ge=0, description="How many leaves.")
    root: Base64 = Field(description="SHA-256 root of the RFC 6962 tree, base64.")
    note: Base64 = Field(description="The signed note (c2sp.org/tlog-checkpoint), base64.")
