"""Who opened what, and who was erased. Producer: vault."""

from typing import ClassVar

from pydantic import AwareDatetime, Field

from contracts.event import Contract
from contracts.words import ActorName, Base64, Code, KeyId, OpeningId, SellerId


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


class SellerErased(Contract):
    """
    A seller's private key was destroyed: what was sealed to it opens for nobody any more.

    Names the key itself, so that a vault restored from a day on which it had no seller yet
    knows which one to destroy again.
    """

    type: ClassVar[str] = "seller.erased.v1"
    producer: ClassVar[str] = "vault"
    topic: ClassVar[str] = "governance.v1"

    seller: SellerId = Field(description="The pseudonym; it stays in what was said of its cases.")
    key: KeyId = Field(description="The key pair that was destroyed.")
    legal_basis: Code = Field(description="Why: data_subject_request, court_order …")
    requested_by: ActorName = Field(description="Pseudonym of who asked for it.")
    requested_at: AwareDatetime = Field(description="When it was asked for, in UTC.")
    approved_by: ActorName = Field(description="Pseudonym of who agreed: another person.")
