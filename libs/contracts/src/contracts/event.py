"""What every event carries, whatever it is about."""

from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, ClassVar, Final, Generic, TypeVar
from uuid import UUID

from pydantic import AwareDatetime, BaseModel, ConfigDict, Field, field_validator

ANYONE: Final = "any"
"""The producer of what every service may say."""

ContractT_co = TypeVar("ContractT_co", bound="Contract", covariant=True)


class Contract(BaseModel):
    """
    One kind of fact, named in the past tense: what services say to each other.

    Frozen, because facts do not change. Unknown fields are ignored and enums are read as text, so
    an old consumer survives a new field and a new word.
    """

    model_config = ConfigDict(
        frozen=True, extra="ignore", populate_by_name=True, hide_input_in_errors=True
    )

    type: ClassVar[str]
    producer: ClassVar[str]
    topic: ClassVar[str]
    schema_revision: ClassVar[int] = 1

    @classmethod
    def may_be_said_by(cls, producer: str) -> bool:
        """Each kind has one producer; a few are said by every service, about itself."""
        return cls.producer in {ANYONE, producer}


class Part(BaseModel):
    """A named part of a contract: frozen and open to later fields, like the contract itself."""

    model_config = ConfigDict(
        frozen=True, extra="ignore", populate_by_name=True, hide_input_in_errors=True
    )


class Envelope(BaseModel):
    """Who said it, about what, in which place, when, and because of what."""

    model_config = ConfigDict(frozen=True, extra="ignore", hide_input_in_errors=True)

    id: UUID = Field(description="Names this event once, for ever.")
    producer: str = Field(description="The service that said it.", min_length=1)
    type: str = Field(description="Name and version of the contract.", min_length=1)
    subject: str = Field(description="The thing it is about.", min_length=1)
    sequence: int = Field(
        description="1, 2, 3 … per producer, topic and subject, without a gap.", ge=1
    )
    time: AwareDatetime = Field(description="When, in UTC, to the millisecond.")
    schema_ref: str = Field(description="Contract and its revision, `case.opened.v1#3`.")
    correlation_id: UUID = Field(description="The journey: id of the case's first event.")
    causation_id: UUID | None = Field(
        default=None, description="The consumed event that led to this one."
    )
    request_id: str | None = Field(default=None, description="The HTTP request behind it.")
    marketplace: str | None = Field(default=None, description="Whose case it is.")
    playbook: str | None = Field(default=None, description="The pin, `marketplace-core@1.4.0`.")
    actor: str | None = Field(default=None, description="A pseudonym, `agent:mem_…`.")
    key_id: str | None = Field(default=None, description="Which key signed it.")

    @field_validator("time")
    @classmethod
    def _require_utc(cls, moment: datetime) -> datetime:
        if moment.utcoffset():
            raise ValueError("send UTC; a local offset is presentation, not data")
        return moment.astimezone(UTC)


@dataclass(frozen=True, slots=True)
class Event(Generic[ContractT_co]):
    """A fact in its envelope: what handlers get."""

    envelope: Envelope
    fact: ContractT_co

    @property
    def id(self) -> UUID:
        return self.envelope.id

    @property
    def subject(self) -> str:
        return self.envelope.subject

    @property
    def time(self) -> datetime:
        return self.envelope.time


AnyEvent = Event[Any]
"""An event whose contract the reader looks up."""
