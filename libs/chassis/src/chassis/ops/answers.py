"""What `/ops` shows and takes: places, counts and kinds of failure, never content."""

from datetime import datetime
from typing import Final, Literal
from uuid import UUID

from pydantic import Field

from chassis.http.models import RequestModel, ResponseModel

_SUBJECT: Final = r"^[A-Za-z0-9][A-Za-z0-9@._:/-]{0,99}$"
_TOPIC: Final = r"^[a-z][a-z0-9._-]{0,99}$"


class ParkedRecord(ResponseModel):
    """A record that waits, and holds its subject."""

    id: str = Field(description="Names it in `/ops/parked/{id}/retry`.")
    consumer: str = Field(description="Whose it is.")
    topic: str = Field(description="Where it came from.")
    partition: int = Field(description="Its partition.")
    offset: int = Field(description="Its offset.")
    type: str | None = Field(description="What kind of event it is.")
    producer: str = Field(description="Who said it.")
    subject: str = Field(description="What it is about; all that follows about it waits too.")
    sequence: int = Field(description="Its place among what the producer said of the subject.")
    event_id: UUID | None = Field(description="The event.")
    reason: str = Field(description="failed, gap or behind.")
    state: str = Field(description="waiting, or dead: no retry by itself.")
    error: str | None = Field(description="Kind of failure, never a value.")
    attempts: int = Field(description="Tries so far.")
    next_attempt_at: datetime = Field(description="When it is tried again by itself.")
    first_failed_at: datetime = Field(description="When it first failed.")
    waiting_behind: int = Field(description="How many records of the subject wait behind it.")
    skip_reason: str | None = Field(description="Why someone wants to go on without it.")
    skip_requested_by: str | None = Field(description="Who that is.")
    skip_requested_at: datetime | None = Field(description="Since when.")


class PendingEvent(ResponseModel):
    """An event that is not published yet."""

    id: int = Field(description="Its place in the outbox.")
    event_id: UUID = Field(description="The event.")
    topic: str = Field(description="Where it is to go.")
    subject: str = Field(description="What it is about; later ones of the subject wait for it.")
    sequence: int = Field(description="Its place in its stream.")
    type: str | None = Field(description="What kind of event it is.")
    created_at: datetime = Field(description="When it was said.")
    attempts: int = Field(description="Failed tries so far.")
    next_attempt_at: datetime = Field(description="When it is tried again.")
    error: str | None = Field(description="Kind of failure, never a value.")


class StreamHead(ResponseModel):
    """How far this service has spoken about one subject."""

    topic: str = Field(description="On which topic.")
    subject: str = Field(description="About what.")
    last_sequence: int = Field(description="The last number given.")
    last_time: datetime = Field(description="The last event's time.")


class QuarantinedRecord(ResponseModel):
    """A record that is no event. Its partition has moved on."""

    topic: str = Field(description="Where it lies.")
    partition: int = Field(description="Its partition.")
    offset: int = Field(description="Its offset.")
    error: str = Field(description="Why it is none.")
    size: int = Field(description="Its length in bytes.")
    seen_at: datetime = Field(description="When it was met.")


class Released(ResponseModel):
    """A parked record is due at once."""

    subject: str = Field(description="What it is about.")


class SkipBody(RequestModel):
    """Why a service is to go on without a record."""

    reason: Literal["record_unusable", "record_lost", "handled_by_hand", "never_ours"] = Field(
        description="For the audit log.", examples=["record_unusable"]
    )


class SkipRequested(ResponseModel):
    """Another person has to approve it."""

    subject: str = Field(description="What it is about.")
    requested_by: str = Field(description="Who asked: not the one who may approve.")


class SkipDone(ResponseModel):
    """What the service goes on without."""

    subject: str = Field(description="What it is about. It flows again.")
    skipped: str = Field(description="record, or missing: what had not come before it.")
    said_by: str = Field(description="The producer of what is skipped.")
    first_sequence: int = Field(description="First that is skipped; 0: it has no number.")
    last_sequence: int = Field(description="Last that is skipped.")
    folded: bool = Field(description="The case's state took it in; only the reaction is left out.")


class RepublishBody(RequestModel):
    """From where on a stream is to be published again."""

    topic: str = Field(pattern=_TOPIC, description="The topic.", examples=["cases.v1"])
    subject: str = Field(
        pattern=_SUBJECT, description="The subject.", examples=["case_01m80000000000000000000000"]
    )
    from_sequence: int = Field(ge=1, description="The first that is missing.", examples=[3])


class Republished(ResponseModel):
    """What will be published again."""

    events: int = Field(description="How many events.")
