"""Working a case to its end. Producer: resolution, the only writer of terminal states."""

from datetime import date
from typing import Annotated, ClassVar

from pydantic import AwareDatetime, Field

from contracts.event import Contract, Part
from contracts.routing import Predicate
from contracts.sealed import SealedValue
from contracts.words import (
    AppealId,
    CaseId,
    Code,
    DecisionId,
    EvidenceId,
    ItemId,
    MessageId,
    Reference,
    RequestId,
    one_of,
)

_TOPIC = "cases.v1"


class RequestedItem(Part):
    """One document that is asked for."""

    item: ItemId = Field(description="Our id of it; an upload may name it.")
    kind: Code = Field(description="Kind of evidence.")
    standard: Code = Field(description="What will be accepted: a code of the playbook.")
    why: Code = Field(description="Why it is needed: a code of the playbook.")


class EvidenceRequested(Contract):
    """The seller was asked for documents, each once."""

    type: ClassVar[str] = "evidence.requested.v1"
    producer: ClassVar[str] = "resolution"
    topic: ClassVar[str] = _TOPIC

    request: RequestId = Field(description="Our id of it.")
    items: tuple[RequestedItem, ...] = Field(description="What is asked for.", min_length=1)
    required: bool = Field(default=True, description="Whether the case waits for it.")
    due_at: AwareDatetime = Field(description="Until when the seller may answer.")


class EvidenceAccepted(Contract):
    """A document will do."""

    type: ClassVar[str] = "evidence.accepted.v1"
    producer: ClassVar[str] = "resolution"
    topic: ClassVar[str] = _TOPIC

    evidence: EvidenceId = Field(description="Which document.")
    kind: Code = Field(description="Kind of evidence.")
    item: ItemId | None = Field(default=None, description="The request's item that it answers.")
    issued_on: date | None = Field(default=None, description="Read off the document.")
    valid_until: date | None = Field(default=None, description="Read off the document.")


class EvidenceRejected(Contract):
    """A document will not do, and why."""

    type: ClassVar[str] = "evidence.rejected.v1"
    producer: ClassVar[str] = "resolution"
    topic: ClassVar[str] = _TOPIC

    evidence: EvidenceId = Field(description="Which document.")
    kind: Code = Field(description="Kind of evidence.")
    item: ItemId | None = Field(default=None, description="The request's item that it answered.")
    reason: Code = Field(description="Of the playbook's list.")
    note: SealedValue | None = Field(default=None, description="In words, for colleagues.")


class EvidenceWaived(Contract):
    """A document is not needed after all, and why."""

    type: ClassVar[str] = "evidence.waived.v1"
    producer: ClassVar[str] = "resolution"
    topic: ClassVar[str] = _TOPIC

    evidence: EvidenceId | None = Field(default=None, description="Which document, if one came.")
    kind: Code = Field(description="Kind of evidence.")
    item: ItemId | None = Field(default=None, description="The request's item.")
    reason: Code = Field(description="Of the playbook's list, or reclassified.")


class ChecklistItemCompleted(Contract):
    """A point of the checklist is done."""

    type: ClassVar[str] = "checklist.item_completed.v1"
    producer: ClassVar[str] = "resolution"
    topic: ClassVar[str] = _TOPIC

    item: Code = Field(description="Point of the checklist.")
    evidence: EvidenceId | None = Field(default=None, description="The document that did it.")


class ChecklistItemWaived(Contract):
    """A point of the checklist is not needed in this case, and why."""

    type: ClassVar[str] = "checklist.item_waived.v1"
    producer: ClassVar[str] = "resolution"
    topic: ClassVar[str] = _TOPIC

    item: Code = Field(description="Point of the checklist.")
    reason: Code = Field(description="Of the playbook's list.")


class TreeAnswered(Contract):
    """A question of the case's decision tree was answered, or its answer changed or taken back."""

    type: ClassVar[str] = "tree.answered.v1"
    producer: ClassVar[str] = "resolution"
    topic: ClassVar[str] = _TOPIC

    tree: Reference = Field(description="The tree and its version; other versions do not see it.")
    node: Code = Field(description="The question.")
    answer: Code | None = Field(default=None, description="What holds now; none: taken back.")
    previous: Code | None = Field(default=None, description="What held before, if anything did.")
    reason: Code | None = Field(
        default=None, description="Why it was changed, of the playbook's list answer_change."
    )


class SellerMessageSent(Contract):
    """We wrote to the seller. The body is sealed; the marketplace delivers it."""

    type: ClassVar[str] = "seller.message_sent.v1"
    producer: ClassVar[str] = "resolution"
    topic: ClassVar[str] = _TOPIC

    message: MessageId = Field(description="Our id of it.")
    kind: Annotated[
        Code,
        one_of("ack", "first_response", "evidence_request", "update", "decision", "appeal_info"),
    ] = Field(description="What kind of message.")
    qualifying: bool = Field(
        description="Asks for what is missing or decides, and gives the next date."
    )
    template: Reference = Field(description="Template and version.")
    language: Code = Field(description="Language it is written in.")
    region: Code = Field(description="Region whose wording it is.")
    body: SealedValue = Field(description="Subject and text.")
    update_by: AwareDatetime | None = Field(default=None, description="When we promise to write.")
    expected_by: AwareDatetime | None = Field(
        default=None, description="When we expect the case to be resolved."
    )


class DecisionRecorded(Contract):
    """A decision, with all that it stands on."""

    type: ClassVar[str] = "decision.recorded.v1"
    producer: ClassVar[str] = "resolution"
    topic: ClassVar[str] = _TOPIC

    decision: DecisionId = Field(description="Our id of it.")
    decision_type: Code = Field(alias="type", description="Of the playbook's list.")
    outcome: Code = Field(description="Of the playbook's list.")
    adverse: bool = Field(description="Whether it goes against the seller.")
    authority_level: int = Field(ge=0, le=4, description="Authority it needed.")
    decided_by: Annotated[Code, one_of("person", "automation")] = Field(description="Who decided.")
    rules: tuple[Reference, ...] = Field(default=(), description="Rules applied.")
    predicates: tuple[Predicate, ...] | None = Field(
        default=None, description="What of the case made a rule hold; none if a person decided."
    )
    policies: tuple[Reference, ...] = Field(default=(), description="Policies cited.")
    evidence: tuple[EvidenceId, ...] = Field(default=(), description="Documents considered.")
    reasons: tuple[Code, ...] = Field(default=(), description="Statement of reasons.")
    root_cause: Code = Field(description="What was behind it.")
    redress: Code | None = Field(default=None, description="How the seller may object.")
    question: Code | None = Field(
        default=None, description="The point of the checklist that it answers, one of several."
    )


class CaseResolved(Contract):
    """The case has its outcome."""

    type: ClassVar[str] = "case.resolved.v1"
    producer: ClassVar[str] = "resolution"
    topic: ClassVar[str] = _TOPIC

    decision: DecisionId | None = Field(
        default=None, description="The decision behind it; of several the last."
    )
    outcome: Code = Field(
        description="Of the playbook's list, or no_response; each_decided where several "
        "questions have an outcome each."
    )
    root_cause: Code = Field(description="What was behind it.")
    episode: int = Field(ge=0, description="Which episode ended.")
    reopen_until: AwareDatetime | None = Field(default=None, description="End of the window.")
    appeal_by: AwareDatetime | None = Field(
        default=None, description="Until when the decisions may be appealed, as the letter says."
    )


class CaseReopened(Contract):
    """
    The case is open again: its decisions that are named are to be made anew, by somebody else.

    The other decisions stand.
    """

    type: ClassVar[str] = "case.reopened.v1"
    producer: ClassVar[str] = "resolution"
    topic: ClassVar[str] = _TOPIC

    episode: int = Field(ge=1, description="Which episode begins.")
    reason: Annotated[Code, one_of("appeal")] = Field(description="Why.")
    appeal: AppealId = Field(description="The appeal behind it.")
    decisions: tuple[DecisionId, ...] = Field(description="What is to be decided anew.")


class AppealDecided(Contract):
    """An appeal has its answer: another person has decided anew."""

    type: ClassVar[str] = "appeal.decided.v1"
    producer: ClassVar[str] = "resolution"
    topic: ClassVar[str] = _TOPIC

    appeal: AppealId = Field(description="Which appeal.")
    outcome: Annotated[Code, one_of("upheld", "overturned", "partly")] = Field(
        description="Whether the decisions that it objected to stand, none of them, or some."
    )
    decisions: tuple[DecisionId, ...] = Field(description="The decisions that answer it.")


class DecisionSuperseded(Contract):
    """A decision stands no more: an appeal brought another about the same question."""

    type: ClassVar[str] = "decision.superseded.v1"
    producer: ClassVar[str] = "resolution"
    topic: ClassVar[str] = _TOPIC

    decision: DecisionId = Field(description="The decision that stands no more.")
    by: DecisionId = Field(description="The decision in its place.")
    appeal: AppealId = Field(description="The appeal behind it.")


class CaseClosed(Contract):
    """The window for objections is over."""

    type: ClassVar[str] = "case.closed.v1"
    producer: ClassVar[str] = "resolution"
    topic: ClassVar[str] = _TOPIC

    outcome: Code = Field(description="The outcome that stands.")


class MessageReady(Contract):
    """For the marketplace's messaging: a letter may be fetched over HTTP and delivered."""

    type: ClassVar[str] = "message.ready.v1"
    producer: ClassVar[str] = "resolution"
    topic: ClassVar[str] = "seller-messages.v1"

    message: MessageId = Field(description="Fetch its body from resolution.")
    case: CaseId = Field(description="The case it is about.")
    kind: Code = Field(description="What kind of message.")
    template: Reference = Field(description="Template and version.")
    language: Code = Field(description="Language it is written in.")
    region: Code = Field(description="Region whose wording it is.")
    demonstration: bool = Field(default=False, description="Runs on the demonstration clock.")
