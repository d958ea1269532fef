"""What becomes of a delivery that nobody could take. Producer: whichever service skipped it."""

from typing import Annotated, ClassVar, Final

from pydantic import Field

from contracts.event import ANYONE, Contract
from contracts.words import ActorName, Code, Reference, one_of

RECORD: Final = "record"
MISSING: Final = "missing"
REASONS: Final = ("record_unusable", "record_lost", "handled_by_hand", "never_ours")


class DeliverySkipped(Contract):
    """
    Two people decided that a service goes on without a record. The envelope says who approved.

    Stands on `governance.v1` where the service does not know the case, or it is about none.
    """

    type: ClassVar[str] = "delivery.skipped.v1"
    producer: ClassVar[str] = ANYONE
    topic: ClassVar[str] = "cases.v1"

    consumer: Code = Field(description="Who goes on without it.")
    src_topic: Code = Field(description="Where the record stands.")
    src_partition: int = Field(ge=0, description="Where the record stands.")
    src_offset: int = Field(ge=0, description="Where the record stands.")
    skipped: Annotated[Code, one_of(RECORD, MISSING)] = Field(
        description="The record itself, or what is missing before it."
    )
    said_by: Code = Field(description="Producer of what is skipped; `partner` of a partner topic.")
    first_sequence: int = Field(ge=0, description="First that is skipped; 0: it has no number.")
    last_sequence: int = Field(ge=0, description="Last that is skipped.")
    event: Reference | None = Field(default=None, description="Id of the skipped event.")
    event_type: Reference | None = Field(default=None, description="Its type.")
    folded: bool = Field(description="The case's state took it in; only the reaction is left out.")
    reason: Annotated[Code, one_of(*REASONS)] = Field(description="Why.")
    requested_by: ActorName = Field(description="Pseudonym of the first person.")
    approved_by: ActorName = Field(description="Pseudonym of the second.")
