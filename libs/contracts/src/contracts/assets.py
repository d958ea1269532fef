"""What becomes of the playbook's letters and articles in use. Producer: resolution."""

from typing import Annotated, ClassVar

from pydantic import AwareDatetime, Field

from contracts.event import Contract
from contracts.words import Code, InvalidationId, MessageId, Reference, one_of

_PRODUCER = "resolution"
_TOPIC = "cases.v1"


class AssetInvalidated(Contract):
    """A letter was withdrawn: it is sent no more. Subject: the invalidation."""

    type: ClassVar[str] = "asset.invalidated.v1"
    producer: ClassVar[str] = _PRODUCER
    topic: ClassVar[str] = "governance.v1"

    invalidation: InvalidationId = Field(description="Our id of it.")
    asset: Reference = Field(description="Template and version.")
    playbook: Reference | None = Field(
        default=None, description="Only as this version of the playbook has it; none: in every one."
    )
    regions: tuple[Code, ...] = Field(
        default=(), description="Only in these regions' wording; none: in all."
    )
    reason: Code = Field(description="Why, a code of the playbook.")
    instead: Code | None = Field(default=None, description="The template that stands in for it.")
    effective_at: AwareDatetime = Field(description="From when it is sent no more.")


class AssetInvalidationNoted(Contract):
    """This case's seller has a letter that was withdrawn afterwards."""

    type: ClassVar[str] = "asset.invalidation_noted.v1"
    producer: ClassVar[str] = _PRODUCER
    topic: ClassVar[str] = _TOPIC

    invalidation: InvalidationId = Field(description="The withdrawal.")
    asset: Reference = Field(description="Template and version.")
    reason: Code = Field(description="Why it was withdrawn, a code of the playbook.")
    messages: tuple[MessageId, ...] = Field(description="The letters that used it.", min_length=1)
    asked: bool = Field(description="Whether the case is open, so that its owner is asked.")
    tell_council: bool = Field(
        description="True in one open case of each withdrawal: the council is told there."
    )


class RecontactDecided(Contract):
    """Somebody decided whether the seller is written to again because of a withdrawn letter."""

    type: ClassVar[str] = "recontact.decided.v1"
    producer: ClassVar[str] = _PRODUCER
    topic: ClassVar[str] = _TOPIC

    invalidation: InvalidationId = Field(description="The withdrawal.")
    asset: Reference = Field(description="Template and version.")
    outcome: Annotated[Code, one_of("contact_again", "no_contact")] = Field(description="Whether.")
    reason: Code = Field(description="Why, a code of the playbook.")


class KnowledgeGapNoted(Contract):
    """A letter gave an article in another language than the seller's: there is none in theirs."""

    type: ClassVar[str] = "knowledge.gap_noted.v1"
    producer: ClassVar[str] = _PRODUCER
    topic: ClassVar[str] = _TOPIC

    message: MessageId = Field(description="The letter.")
    article: Code = Field(description="The article.")
    language: Code = Field(description="The language that is missing: the seller's.")
    given: Code = Field(description="The language that the article was given in.")
