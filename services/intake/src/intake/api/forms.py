"""Guided forms: what to ask a seller, type by type, and why."""

from typing import Annotated, Final

from fastapi import APIRouter, Depends, Path, Query
from pydantic import Field

from chassis import http
from chassis.auth import Action, Scope
from chassis.problems import NotFound
from chassis.words import Code, MarketplaceName
from intake.api.state import GivenKit, Kit
from playbook import forms
from playbook.model import Playbook, for_marketplace

READ_FORMS: Final = Action(
    "form.read",
    dict.fromkeys(
        ("front_end", "seller", "agent", "senior_agent", "supervisor", "compliance"),
        Scope.MARKETPLACE,
    ),
)

router = APIRouter(prefix="/v1/issue-types", tags=["forms"])

WhichMarketplace = Annotated[
    MarketplaceName | None, Query(description="Whose playbook; needed by callers of several.")
]
_Language = Annotated[Code, Query(description="BCP 47; falls back to the region's first.")]
_Region = Annotated[Code, Query(description="UK, DE …; unknown ones get the default region.")]


class IssueType(http.ResponseModel):
    issue_type: str = Field(description="Its code.")
    family: str = Field(description="The group it belongs to.")
    name: str = Field(description="Its name.")
    perspectives: list[str] = Field(description="Whose needs it may be about.")


class IssueTypes(http.ResponseModel):
    items: list[IssueType] = Field(description="All that a seller can choose from.")


class DeferralReason(http.ResponseModel):
    reason: str = Field(description="The code to file with.")
    text: str = Field(description="The same in words.")


class Deferral(http.ResponseModel):
    reasons: list[DeferralReason] = Field(description="Why the fact may come later.")
    within_seconds: int = Field(description="How long after the filing it may come.")


class Question(http.ResponseModel):
    name: str = Field(description="The fact's name, as in `facts`.")
    type: str = Field(description="identifier, money, code, date or text.")
    required: bool = Field(description="Whether a case cannot be filed without it.")
    question: str = Field(description="What to ask.")
    why: str | None = Field(description="Why it is asked.")
    examples: list[str] = Field(description="What an answer looks like.")
    default: bool | int | str | None = Field(description="What holds if nothing is said.")
    defer: Deferral | None = Field(description="How it may come later; null: it may not.")
    codes: list[str] = Field(description="The answers that a code may have.")
    restricted: bool = Field(description="Whether it is sealed at once.")


class Document(http.ResponseModel):
    kind: str = Field(description="Kind of evidence.")
    required: bool = Field(description="Whether a decision needs it.")
    name: str = Field(description="What it is called.")
    why: str = Field(description="Why it is needed.")
    standard: str = Field(description="What will be accepted.")
    media_types: list[str] = Field(description="Types of files that are taken.")


class Form(IssueType):
    language: str = Field(description="The language of the questions.")
    region: str = Field(description="The region whose wording it is.")
    playbook: str = Field(description="The playbook that it comes from.")
    fields: list[Question] = Field(description="What to ask.")
    evidence: list[Document] = Field(description="What to attach.")
    typical_duration: str | None = Field(description="How long such a case usually takes.")


@router.get("", summary="List the issue types")
async def list_issue_types(
    call: Annotated[http.Call, Depends(http.calling(READ_FORMS))],
    kit: GivenKit,
    marketplace: WhichMarketplace = None,
    language: _Language = "en",
) -> IssueTypes:
    playbook = playbook_of(call, kit, marketplace)
    return IssueTypes.model_validate({"items": forms.issue_types(playbook, language)})


@router.get("/{issue_type}/form", summary="Read the form of an issue type")
async def read_form(
    issue_type: Annotated[Code, Path(description="The issue type.", examples=["payout_hold"])],
    call: Annotated[http.Call, Depends(http.calling(READ_FORMS))],
    kit: GivenKit,
    region: _Region = "UK",
    language: _Language = "en",
    marketplace: WhichMarketplace = None,
) -> Form:
    playbook = playbook_of(call, kit, marketplace)
    form = forms.form(playbook, issue_type, region=region, language=language)
    if form is None:
        raise NotFound
    return Form.model_validate(form)


def playbook_of(call: http.Call, kit: Kit, marketplace: str | None) -> Playbook:
    """Choose the playbook of a marketplace of the caller's; the first that has one by default."""
    if marketplace is not None:
        call.permit_marketplace(marketplace)
    names = [marketplace] if marketplace else sorted(call.principal.marketplaces)
    found = (for_marketplace(kit.playbooks, name) for name in names)
    playbook = next((book for book in found if book is not None), None)
    if playbook is None:
        raise NotFound
    return playbook
