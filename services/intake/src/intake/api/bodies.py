"""A case as it comes in and as it is shown."""

from collections.abc import Iterable
from typing import Annotated, Any, Literal

from pydantic import AwareDatetime, Field, JsonValue

from chassis import http
from chassis.words import Code, Day, Identifier, Line, MarketplaceName, Text
from contracts.cases import ActingParty, CaseReference, EvidenceOnFile
from contracts.money import Money
from contracts.words import CaseId
from intake.domain import progress
from intake.domain.filing import Delegate, FiledCase

_MOST_FACTS = 50
_MOST_DOCUMENTS = 50


class SellerBody(http.RequestModel):
    ref: Line = Field(description="The seller's own handle at the marketplace; sealed at once.")
    tier: Code | None = Field(
        default=None,
        description="smb, mid, strategic … Needed from a front-end. What a seller says of its own "
        "is not believed: its marketplace's last word counts, else the playbook's default.",
    )
    region: Code | None = Field(default=None, description="UK, DE … As with the tier.")
    language: Code = Field(default="en", description="BCP 47, the language of messages.")


class DelegateBody(http.RequestModel):
    ref: Line = Field(description="Who acts for the seller, as the marketplace knows them.")
    kind: Delegate = Field(description="In which role.")


class OnFileBody(http.RequestModel):
    kind: Code = Field(description="Kind of evidence, a code of the playbook.")
    issued_on: Day | None = Field(default=None, description="When it was issued.")
    valid_until: Day | None = Field(default=None, description="Last day of its validity.")


class CaseBody(http.RequestModel):
    """What is filed, wherever."""

    external_ref: Identifier | None = Field(
        default=None, description="The marketplace's own id of the case; unique there."
    )
    seller: SellerBody = Field(description="Whose case it is.")
    acting_party: DelegateBody | None = Field(
        default=None, description="Who files, if not the seller itself."
    )
    channel: Code = Field(description="How it came; it never decides the route.")
    issue_type: Code = Field(description="What it is about, as the seller says.")
    perspective: Literal["buyer", "seller", "integrity"] = Field(
        default="seller", description="Whose need is at stake first."
    )
    subject: Line | None = Field(default=None, description="Subject line; sealed at once.")
    description: Annotated[str, Text(20_000)] | None = Field(
        default=None, description="What happened, in words; sealed at once."
    )
    facts: dict[Code, JsonValue] = Field(
        default_factory=dict,
        max_length=_MOST_FACTS,
        description="Typed facts; `GET /v1/issue-types/{type}/form` says which.",
    )
    prefilled: dict[Code, JsonValue] = Field(
        default_factory=dict,
        max_length=_MOST_FACTS,
        description="Facts that the form came filled in with; they hold unless `facts` differ. "
        "For front-ends only.",
    )
    overrides: dict[Code, Code] = Field(
        default_factory=dict,
        max_length=_MOST_FACTS,
        description="Why a fact is not what was filled in, by fact: one of the playbook's list "
        "`override`. Counted, and asked for nothing else.",
    )
    deferred: dict[Code, Code] = Field(
        default_factory=dict,
        max_length=_MOST_FACTS,
        description="Why a required fact comes later, by fact: one of the reasons that its form "
        "names. The case goes on without it.",
    )
    evidence_on_file: list[OnFileBody] = Field(
        default_factory=list,
        max_length=_MOST_DOCUMENTS,
        description="What the marketplace holds already: never asked for while valid. For "
        "front-ends only.",
    )


class NewCase(CaseBody):
    """What a front-end or a seller files."""

    marketplace: MarketplaceName = Field(description="Where the seller sells.")
    parent: CaseId | None = Field(
        default=None,
        description="The incident that the case belongs to: any open case of the marketplace that "
        "belongs to none. For front-ends only.",
    )


EXAMPLE: dict[str, Any] = {
    "marketplace": "harbour",
    "external_ref": "HB-20931",
    "seller": {"ref": "clay-and-co", "tier": "smb", "region": "UK", "language": "en"},
    "channel": "portal",
    "issue_type": "payout_hold",
    "subject": "Payout paused",
    "description": "My payout was paused on Monday. I need it by Friday.",
    "facts": {
        "payout_ref": "PO-88121",
        "amount": {"amount_minor": 184050, "currency": "GBP"},
        "hold_code": "verification_expired",
        "hold_since": "2026-11-16",
    },
    "evidence_on_file": [
        {"kind": "identity_document", "valid_until": "2031-04-01"},
        {"kind": "business_registration", "valid_until": "2026-10-31"},
    ],
}


class CaseSummary(http.ResponseModel):
    """A case in a list."""

    id: str = Field(description="Our id of it.")
    status: str = Field(description="Its status, as far as intake has heard.")
    marketplace: str = Field(description="Where the seller sells.")
    external_ref: str | None = Field(description="The marketplace's own id of it.")
    seller: str = Field(description="The seller by pseudonym.")
    issue_type: str = Field(description="As declared.")
    playbook: str = Field(description="The playbook that it is worked by.")
    opened_at: AwareDatetime = Field(description="When it was filed.")


class OpenQuestion(http.ResponseModel):
    """A fact that the filing put off."""

    fact: str = Field(description="Its name; send it as a message's `facts`.")
    question: str = Field(description="What is asked.")
    reason: str = Field(description="Why it comes later, as the filing said.")
    due_at: AwareDatetime = Field(description="By when.")


class PostedCase(CaseSummary):
    """The case that a filing led to."""

    open_questions: list[OpenQuestion] = Field(
        description="What this filing put off: said here and on the status, never asked again."
    )

    merged: bool = Field(
        description="True when the seller has an open case on the same subject: this one."
    )


class CaseAsFiled(CaseSummary):
    """A case as filed, with its status."""

    classified_as: str | None = Field(description="The type as classified, once it is.")
    channel: str = Field(description="How it came.")
    perspective: str = Field(description="Whose need is at stake first.")
    tier: str = Field(description="The seller's tier.")
    region: str = Field(description="The seller's region.")
    language: str = Field(description="The language of messages.")
    acting_party: ActingParty = Field(description="Who filed.")
    handle: http.Restricted = Field(description="The seller's own handle; class contact.")
    subject: http.Restricted = Field(description="Subject line; class narrative.")
    description: http.Restricted = Field(description="What happened; class narrative.")
    facts: dict[str, Any] = Field(description="Typed facts; restricted ones sealed or masked.")
    amount_at_risk: Money | None = Field(description="What the seller may lose.")
    references: list[CaseReference] = Field(description="Numbers that it is about.")
    evidence_on_file: list[EvidenceOnFile] = Field(
        description="What the marketplace held when it was filed."
    )
    parent: str | None = Field(description="The incident that it belongs to; never for a seller.")
    repeats: list[str] = Field(
        description="Ended cases of the same seller on the same subject, newest first."
    )
    alike: list[str] = Field(
        description="Cases of the same seller with the same trouble on other subjects, open or "
        "ended, newest first; the playbook says what makes it the same."
    )
    merged_into: str | None = Field(description="The older case that it repeats, if it was merged.")
    merged_here: list[str] = Field(description="Cases of the same seller that repeated this one.")


def summary(case: FiledCase) -> CaseSummary:
    return CaseSummary(**_shown(case))


def posted(
    case: FiledCase, *, merged: bool, questions: Iterable[progress.Question] = ()
) -> PostedCase:
    return PostedCase(**_shown(case), merged=merged, open_questions=still_open(questions))


def still_open(questions: Iterable[progress.Question]) -> list[OpenQuestion]:
    return [
        OpenQuestion(fact=one.fact, question=one.text, reason=one.reason, due_at=one.due_at)
        for one in questions
    ]


def _shown(case: FiledCase) -> dict[str, Any]:
    """Project by allow-list: a new column stays inside until someone shows it."""
    return {
        "id": case.id,
        "status": case.status,
        "marketplace": case.marketplace,
        "external_ref": case.external_ref,
        "seller": case.seller,
        "issue_type": case.issue_type,
        "playbook": case.playbook,
        "opened_at": case.opened_at,
    }
