"""Who may act for a seller. Producer: intake. Topic: `governance.v1`; subject: the seller."""

from typing import Annotated, ClassVar

from pydantic import AwareDatetime, Field

from contracts.event import Contract
from contracts.words import AuthorityId, Code, PartyId, one_of


class AuthorityVerified(Contract):
    """Somebody may act for a seller from here on, in these matters and this time."""

    type: ClassVar[str] = "authority.verified.v1"
    producer: ClassVar[str] = "intake"
    topic: ClassVar[str] = "governance.v1"

    authority: AuthorityId = Field(description="The grant.")
    party: PartyId = Field(description="Who may act, by pseudonym.")
    kind: Annotated[Code, one_of("employee", "agency", "other")] = Field(
        description="In which role."
    )
    issue_types: tuple[Code, ...] = Field(description="In which matters; none named: in all.")
    assurance: Annotated[Code, one_of("front_end", "token")] = Field(
        description="Who vouches: the marketplace's front-end, or the seller with its own token."
    )
    valid_from: AwareDatetime = Field(description="From when.")
    valid_until: AwareDatetime | None = Field(default=None, description="Until when, if it ends.")


class AuthorityRefused(Contract):
    """Somebody may no longer act for a seller: the grant has been taken back."""

    type: ClassVar[str] = "authority.refused.v1"
    producer: ClassVar[str] = "intake"
    topic: ClassVar[str] = "governance.v1"

    authority: AuthorityId = Field(description="The grant.")
    party: PartyId = Field(description="Who may no longer act, by pseudonym.")
    reason: Code = Field(description="Why, a code of the playbook.")
