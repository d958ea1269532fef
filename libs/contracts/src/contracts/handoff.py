"""Handing a case to a partner team, under a contract. Producer: handoff; replies: partners."""

from typing import Annotated, Any, ClassVar, Literal

from pydantic import AwareDatetime, BaseModel, ConfigDict, Field, StringConstraints

from contracts.event import Contract
from contracts.sealed import SealedValue
from contracts.words import (
    CaseId,
    Code,
    HandoffId,
    MemberId,
    Pointer,
    Reference,
    Secret,
    Sha256,
    one_of,
)

_TOPIC = "cases.v1"
_PARTNER_TOPIC = "handoffs.{team}.v1"


class HandoffRequested(Contract):
    """A partner team was offered the case. Custody stays with the sender until it accepts."""

    type: ClassVar[str] = "handoff.requested.v1"
    producer: ClassVar[str] = "handoff"
    topic: ClassVar[str] = _TOPIC

    handoff: HandoffId = Field(description="Our id of it.")
    contract: Reference = Field(description="Contract and version, `finance@1.0.0`.")
    digest: Sha256 = Field(description="Of the contract's bytes.")
    team: Code = Field(description="The receiving team.")
    party: Annotated[Code, one_of("partner", "third_party")] = Field(
        description="Whether the seller's clock goes on."
    )
    blocking: bool = Field(description="Whether the case waits for it.")
    attempt: int = Field(ge=1, description="1, and one more for each offer after a return.")
    hop: int = Field(ge=1, description="How many teams the case has seen.")
    payload: dict[str, Any] = Field(
        description="What the contract asks for, without restricted values; checked by its schema."
    )
    payload_sha256: Sha256 = Field(description="Of the offer's JCS without the reply token.")
    accept_by: AwareDatetime = Field(description="Until when the team should accept.")
    due_by: AwareDatetime = Field(description="Until when the team should complete.")


class HandoffAccepted(Contract):
    """The team has the case: custody is theirs."""

    type: ClassVar[str] = "handoff.accepted.v1"
    producer: ClassVar[str] = "handoff"
    topic: ClassVar[str] = _TOPIC

    handoff: HandoffId = Field(description="Which handoff.")
    team: Code = Field(description="Who has custody now.")
    member: MemberId | None = Field(default=None, description="The person, over HTTP.")
    implied: bool = Field(default=False, description="Said by a completion that came first.")


class HandoffProgressed(Contract):
    """The team is on it."""

    type: ClassVar[str] = "handoff.progressed.v1"
    producer: ClassVar[str] = "handoff"
    topic: ClassVar[str] = _TOPIC

    handoff: HandoffId = Field(description="Which handoff.")
    note: SealedValue | None = Field(default=None, description="In words.")


class HandoffReturned(Contract):
    """The team gives the case back, with a reason that a machine can use."""

    type: ClassVar[str] = "handoff.returned.v1"
    producer: ClassVar[str] = "handoff"
    topic: ClassVar[str] = _TOPIC

    handoff: HandoffId = Field(description="Which handoff.")
    reason: Code = Field(description="Of the contract's list.")
    path: Pointer | None = Field(default=None, description="What is missing: /payload/hold_code.")
    suggest: Code | None = Field(default=None, description="The right team, if another.")


class HandoffLapsed(Contract):
    """Nobody took it in time: custody is the sender's again."""

    type: ClassVar[str] = "handoff.lapsed.v1"
    producer: ClassVar[str] = "handoff"
    topic: ClassVar[str] = _TOPIC

    handoff: HandoffId = Field(description="Which handoff.")


class HandoffRecalled(Contract):
    """The sender takes it back, or the case has ended."""

    type: ClassVar[str] = "handoff.recalled.v1"
    producer: ClassVar[str] = "handoff"
    topic: ClassVar[str] = _TOPIC

    handoff: HandoffId = Field(description="Which handoff.")
    reason: Code = Field(
        description="case_ended, reclassified, arbitrated, or of the playbook's list."
    )


class HandoffCompleted(Contract):
    """The team has done it; the result is as its contract says."""

    type: ClassVar[str] = "handoff.completed.v1"
    producer: ClassVar[str] = "handoff"
    topic: ClassVar[str] = _TOPIC

    handoff: HandoffId = Field(description="Which handoff.")
    team: Code = Field(description="Who completed it.")
    result: dict[str, Any] = Field(
        description="Codes, booleans, identifiers, money, dates: checked by the contract's schema."
    )


class HandoffOffered(Contract):
    """To the team: the case, complete as its contract demands, and how to answer."""

    type: ClassVar[str] = "partner.handoff_offered.v1"
    producer: ClassVar[str] = "handoff"
    topic: ClassVar[str] = _PARTNER_TOPIC

    handoff: HandoffId = Field(description="Which handoff.")
    case: CaseId = Field(description="Which case.")
    contract: Reference = Field(description="`finance@1`.")
    attempt: int = Field(ge=1, description="Which offer of it.")
    reply_token: Secret = Field(description="Echo it in every reply; it ends with the attempt.")
    accept_by: AwareDatetime = Field(description="Until when to accept.")
    due_by: AwareDatetime = Field(description="Until when to complete.")
    model_config = Contract.model_config | {"extra": "allow"}


class OfferRecalled(Contract):
    """To the team: never mind."""

    type: ClassVar[str] = "partner.handoff_recalled.v1"
    producer: ClassVar[str] = "handoff"
    topic: ClassVar[str] = _PARTNER_TOPIC

    handoff: HandoffId = Field(description="Which handoff.")
    case: CaseId = Field(description="Which case.")
    reason: Code = Field(description="Why.")


class ReplyRejected(Contract):
    """To the team: this reply changed nothing, and why."""

    type: ClassVar[str] = "partner.reply_rejected.v1"
    producer: ClassVar[str] = "handoff"
    topic: ClassVar[str] = _PARTNER_TOPIC

    handoff: HandoffId | None = Field(default=None, description="As named, if it was an id at all.")
    reply: Code | None = Field(default=None, description="As said, if it was a word of ours.")
    reason: Annotated[
        Code,
        one_of("unknown_handoff", "wrong_token", "not_allowed_now", "invalid_result", "malformed"),
    ] = Field(description="Why nothing changed.")
    state: Code | None = Field(default=None, description="State of the handoff, token given.")
    path: Pointer | None = Field(default=None, description="Where in the reply.")
    src_partition: int = Field(description="Where the reply stands on the topic of replies.")
    src_offset: int = Field(description="Where the reply stands on the topic of replies.")


class PartnerReply(BaseModel):
    """
    From a team: plain JSON without headers, believed only with its token.

    No event: partners sign and number nothing, so it is in no catalogue. Words go over HTTP
    (`/progress`), where the door seals them.
    """

    type: ClassVar[str] = "partner.reply"
    model_config = ConfigDict(extra="ignore", frozen=True, strict=True, hide_input_in_errors=True)

    handoff: HandoffId = Field(description="Which handoff, as the offer names it.")
    reply_token: Annotated[str, StringConstraints(min_length=1, max_length=128)] = Field(
        repr=False, description="As the offer of this attempt says."
    )
    reply: Literal["accepted", "progressed", "completed", "returned"] = Field(
        description="`completed` without an acceptance before it says both."
    )
    result: dict[str, Any] | None = Field(
        default=None, description="With `completed`: by the result schema of the contract."
    )
    reason: Code | None = Field(
        default=None, description="With `returned`: of the contract's return_reasons."
    )
    path: Pointer | None = Field(
        default=None, description="With `returned`: what is missing, /payload/hold_code."
    )
    suggest: Code | None = Field(
        default=None, description="With `returned`: the right team, if another."
    )
