"""Who opened what. Producer: vault."""

from typing import ClassVar

from pydantic import Field

from contracts.event import Contract
from contracts.words import ActorName, Base64, Code, OpeningId


class SealedValueOpened(Contract):
    """A sealed value was opened, by whom and why. Never the value."""

    type: ClassVar[str] = "sealed_value.opened.v1"
    producer: ClassVar[str] = "vault"
    topic: ClassVar[str] = "cases.v1"

    opening: OpeningId = Field(description="Our id of it.")
    commitment: Base64 = Field(description="Of the value.")
    class_: Code = Field(alias="class", description="Class of the value.")
    purpose: Code = Field(description="work_case, deliver_message, read_evidence, audit …")
    opened_by: ActorName = Field(description="Pseudonym of whoever read it.")


class SealedValueMismatched(Contract):
    """A sealed value opened to something else than its commitment says: an alarm."""

    type: ClassVar[str] = "sealed_value.mismatched.v1"
    producer: ClassVar[str] = "vault"
    topic: ClassVar[str] = "cases.v1"

    commitment: Base64 = Field(description="The commitment that does not hold.")
    class_: Code = Field(alias="class", description="Class of the value.")
