"""What sellers say. Producer: intake. Topic: `cases.v1`."""

from datetime import date
from typing import Annotated, ClassVar, TypeAlias

from pydantic import AwareDatetime, Field

from contracts.event import Contract, Part
from contracts.money import Money
from contracts.sealed import SealedValue
from contracts.words import (
    AppealId,
    AuthorityId,
    Base64,
    CaseId,
    Code,
    DecisionId,
    EvidenceId,
    Identifier,
    ItemId,
    KeyId,
    MediaType,
    MessageId,
    Reference,
    SellerId,
    Sha256,
    one_of,
)

FactValue: TypeAlias = bool | int | Money | SealedValue | Reference


class Seller(Part):
    """The seller by pseudonym, and the public key that anything for them is sealed to."""

    id: SellerId = Field(description="Pseudonym, one per seller and marketplace.")
    key: KeyId = Field(description="The seller's key pair at the vault.")
    public_key: Base64 = Field(description="X25519, raw 32 bytes, base64.")
    tier: Code = Field(description="smb, mid, strategic …")
    region: Code = Field(description="UK, DE …")
    language: Code = Field(description="BCP 47, the language of messages.")


class TextLabel(Part):
    """What a text model said of the text at the door: an issue type, never a word of it."""

    model: Sha256 = Field(description="Digest of the model's file.")
    label: Code = Field(description="The issue type that the text speaks of.")
    confidence: float = Field(ge=0, le=1, description="How sure, 0 to 1, as calibrated.")


class TextSignals(Part):
    """What intake's door took from the text before it was sealed: ids, never words."""

    playbook: Reference = Field(description="The playbook that read it.")
    language: Code = Field(description="The language it seems to be written in.")
    cues: tuple[Code, ...] = Field(default=(), description="Ids of the playbook's cues.")
    label: TextLabel | None = Field(
        default=None, description="What a text model said, if there is one and it was sure enough."
    )


class ActingParty(Part):
    """Who files, on whose authority."""

    id: Identifier | None = Field(default=None, description="Pseudonym of the delegate, if any.")
    kind: Annotated[Code, one_of("seller", "employee", "agency", "other")] = Field(
        description="In which role."
    )
    authority: Annotated[Code, one_of("verified", "unverified")] = Field(
        description="Whether a grant covers it."
    )
    assurance: Annotated[Code, one_of("front_end", "token", "none")] = Field(
        description="How the identity was established."
    )
    grant: AuthorityId | None = Field(default=None, description="The grant that covers it.")


class EvidenceOnFile(Part):
    """A document that the marketplace says it holds already: never asked for while valid."""

    evidence: EvidenceId = Field(description="Our id of it.")
    kind: Code = Field(description="Kind of evidence, a code of the playbook.")
    issued_on: date | None = Field(default=None, description="When it was issued, if known.")
    valid_until: date | None = Field(default=None, description="Last day of validity, if any.")


class CaseReference(Part):
    """A number of the marketplace's that the case is about."""

    kind: Code = Field(description="payout_ref, order_ref …")
    ref: Identifier = Field(description="The number.")


class DeferredFact(Part):
    """A required fact that the seller brings later: asked once, with this date."""

    fact: Code = Field(description="The fact's name.")
    reason: Code = Field(description="Why it comes later, a code of the playbook.")
    until: AwareDatetime = Field(description="By when.")


class DefaultUse(Part):
    """A fact that came filled in, and whether the seller said something else."""

    fact: Code = Field(description="The fact's name.")
    source: Annotated[Code, one_of("playbook", "marketplace")] = Field(
        description="Who had filled it in."
    )
    overridden: bool = Field(description="The seller said something else.")
    reason: Code | None = Field(default=None, description="Why, a code of the playbook.")


class IncidentMatch(Part):
    """An open incident whose marks a new case has, all or some, as the playbook names them."""

    incident: CaseId = Field(description="The incident, of whatever seller of the marketplace.")
    same: tuple[Code, ...] = Field(description="The facts that are equal.")
    other: tuple[Code, ...] = Field(description="Those that differ or are not known.")


class CaseOpened(Contract):
    """A seller's case is ours from here on, and its clocks start at the event's time."""

    type: ClassVar[str] = "case.opened.v1"
    producer: ClassVar[str] = "intake"
    topic: ClassVar[str] = "cases.v1"

    external_ref: Identifier | None = Field(default=None, description="The marketplace's own id.")
    episode: int = Field(default=0, ge=0, description="0, and one more for each reopening.")
    lifecycle: int = Field(default=1, ge=1, description="Version of the fold, pinned.")
    channel: Code = Field(description="How it came; it never decides the route.")
    seller: Seller = Field(description="Whose case it is.")
    handle: SealedValue = Field(description="The seller's own reference at the marketplace.")
    text_signals: TextSignals = Field(description="Taken from the text at the door.")
    acting_party: ActingParty = Field(description="Who files.")
    issue_type: Code = Field(description="As declared; the router classifies.")
    perspective: Annotated[Code, one_of("buyer", "seller", "integrity")] = Field(
        default="seller", description="Whose need is at stake first."
    )
    facts: dict[Code, FactValue] = Field(
        default_factory=dict, description="Typed facts of the issue type; restricted ones sealed."
    )
    amount_at_risk: Money | None = Field(default=None, description="What the seller may lose.")
    references: tuple[CaseReference, ...] = Field(default=(), description="Numbers it is about.")
    subject: SealedValue | None = Field(default=None, description="Subject line.")
    description: SealedValue | None = Field(default=None, description="What happened, in words.")
    evidence_on_file: tuple[EvidenceOnFile, ...] = Field(
        default=(), description="What the marketplace holds already."
    )
    parent: CaseId | None = Field(default=None, description="The incident it belongs to.")
    deferred: tuple[DeferredFact, ...] | None = Field(
        default=None, description="Required facts that come later; none if there is no list."
    )
    defaults: tuple[DefaultUse, ...] | None = Field(
        default=None, description="Facts that came filled in; none if there is no list."
    )
    repeats: tuple[CaseId, ...] | None = Field(
        default=None,
        description="Ended cases of the same seller on the same subject, newest first.",
    )
    alike: tuple[CaseId, ...] | None = Field(
        default=None, description="The same trouble on other subjects of the seller, newest first."
    )
    matched: tuple[IncidentMatch, ...] | None = Field(
        default=None,
        description="Open incidents with the same marks: one with all of them is the `parent`, if "
        "the case is no incident itself; others are for a supervisor. Never shown to a seller.",
    )


class CaseLinked(Contract):
    """A case belongs to an incident from here on; it keeps its clocks, lead and promises."""

    type: ClassVar[str] = "case.linked.v1"
    producer: ClassVar[str] = "intake"
    topic: ClassVar[str] = "cases.v1"

    parent: CaseId = Field(description="The incident.")
    reason: Code = Field(description="Why, a code of the playbook.")


class CaseUnlinked(Contract):
    """A case goes its own way again. Nothing of its own has changed in between."""

    type: ClassVar[str] = "case.unlinked.v1"
    producer: ClassVar[str] = "intake"
    topic: ClassVar[str] = "cases.v1"

    parent: CaseId = Field(description="The incident that it belonged to.")
    reason: Code = Field(description="Why, a code of the playbook.")


class LinkDeclined(Contract):
    """A person has looked: the case does not belong to an incident that shares marks with it."""

    type: ClassVar[str] = "case.link_declined.v1"
    producer: ClassVar[str] = "intake"
    topic: ClassVar[str] = "cases.v1"

    parent: CaseId = Field(description="The incident.")
    reason: Code = Field(description="Why, a code of the playbook's list `unlinking`.")


class CaseMerged(Contract):
    """
    A case repeats an older one of the same seller, and ends: all goes on in that one.

    What it brought is said of the other case: `seller.message_received`, `evidence.received`.
    """

    type: ClassVar[str] = "case.merged.v1"
    producer: ClassVar[str] = "intake"
    topic: ClassVar[str] = "cases.v1"

    into: CaseId = Field(description="The older case, which keeps its place and its dates.")
    reason: Code = Field(description="Why, a code of the playbook.")


class EvidenceReceived(Contract):
    """A document arrived, is encrypted and durable. Whether it will do is resolution's word."""

    type: ClassVar[str] = "evidence.received.v1"
    producer: ClassVar[str] = "intake"
    topic: ClassVar[str] = "cases.v1"

    evidence: EvidenceId = Field(description="Our id of it.")
    kind: Code = Field(description="Kind of evidence, as declared.")
    size: int = Field(ge=0, description="Bytes of the clear file.")
    media_type: MediaType = Field(description="By magic bytes.")
    provenance: Annotated[Code, one_of("seller", "front_end")] = Field(description="Who sent it.")
    item: ItemId | None = Field(default=None, description="The request's item that it answers.")
    file: SealedValue = Field(description="Name, SHA-256 and file key, class evidence_file.")
    sealed_for: CaseId | None = Field(
        default=None, description="The merged case that it came to, if not to this one."
    )


class SellerMessageReceived(Contract):
    """The seller said something more, or contacted us again: the case keeps its place."""

    type: ClassVar[str] = "seller.message_received.v1"
    producer: ClassVar[str] = "intake"
    topic: ClassVar[str] = "cases.v1"

    message: MessageId = Field(description="Our id of it.")
    channel: Code = Field(description="How it came.")
    repeated_contact: bool = Field(description="Filed as a new case on an open subject.")
    external_ref: Identifier | None = Field(default=None, description="Of the repeated filing.")
    body: SealedValue | None = Field(default=None, description="What was said.")
    text_signals: TextSignals | None = Field(default=None, description="Taken at the door.")
    facts: dict[Code, FactValue] | None = Field(
        default=None, description="Facts that the filing had put off; restricted ones sealed."
    )
    amount_at_risk: Money | None = Field(
        default=None, description="What the seller may lose, if these facts say so."
    )
    merged_case: CaseId | None = Field(
        default=None, description="The case as which it was filed, if that was merged into this."
    )


class RecheckReported(Contract):
    """The marketplace looked anew at what a case is about, for instance at a changed listing."""

    type: ClassVar[str] = "recheck.reported.v1"
    producer: ClassVar[str] = "intake"
    topic: ClassVar[str] = "cases.v1"

    reference: Identifier = Field(description="What was checked: one of the case's references.")
    result: Annotated[Code, one_of("passes", "fails")] = Field(
        description="Whether it now follows the rule."
    )
    checked_at: AwareDatetime = Field(description="When the marketplace checked it.")


class AppealFiled(Contract):
    """
    The seller objects to decisions of a case that has ended, within the window for it.

    Whether the case opens again is resolution's word.
    """

    type: ClassVar[str] = "appeal.filed.v1"
    producer: ClassVar[str] = "intake"
    topic: ClassVar[str] = "cases.v1"

    appeal: AppealId = Field(description="Our id of it.")
    decisions: tuple[DecisionId, ...] = Field(
        min_length=1, description="What it objects to: of several answers one or more."
    )
    ground: Code = Field(description="What we got wrong: of the playbook's list `appeal`.")
    appeal_by: AwareDatetime = Field(description="Until when it could be filed.")
    body: SealedValue | None = Field(default=None, description="What was said.")
