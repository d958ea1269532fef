"""Guided forms: what to ask a seller, type by type, and why."""

from typing import Annotated, Any, Final

from fastapi import APIRouter, Depends, Query
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

_Marketplace = Annotated[
    MarketplaceName | None, Query(description="Whose playbook; needed by callers of several.")
]
_Language = Annotated[Code, Query(description="BCP 47; falls back to the region's first.")]
_Region = Annotated[Code, Query(description="UK, DE …; unknown ones get the default region.")]


class IssueTypes(http.ResponseModel):
    items: list[dict[str, Any]] = Field(description="Code, family and name of each type.")


class Form(http.ResponseModel):
    issue_type: str = Field(description="The type it is for.")
    name: str = Field(description="Its name.")
    language: str = Field(description="The language of the questions.")
    fields: list[dict[str, Any]] = Field(description="Facts: name, type, required, question.")
    evidence: list[dict[str, Any]] = Field(
        description="Documents: kind, name, why it is needed, what will be accepted."
    )


@router.get("", summary="List the issue types")
async def list_issue_types(
    call: Annotated[http.Call, Depends(http.calling(READ_FORMS))],
    kit: GivenKit,
    marketplace: _Marketplace = None,
    language: _Language = "en",
) -> IssueTypes:
    playbook = _playbook(call, kit, marketplace)
    return IssueTypes(items=forms.issue_types(playbook, language))


@router.get("/{issue_type}/form", summary="Read the form of an issue type")
async def read_form(
    issue_type: Code,
    call: Annotated[http.Call, Depends(http.calling(READ_FORMS))],
    kit: GivenKit,
    region: _Region = "UK",
    language: _Language = "en",
    marketplace: _Marketplace = None,
) -> Form:
    playbook = _playbook(call, kit, marketplace)
    form = forms.form(playbook, issue_type, region=region, language=language)
    if form is None:
        raise NotFound
    return Form.model_validate(form)


def _playbook(call: http.Call, kit: Kit, marketplace: str | None) -> Playbook:
    """Choose the playbook of a marketplace of the caller's; the first that has one by default."""
    if marketplace is not None:
        call.permit_marketplace(marketplace)
    names = [marketplace] if marketplace else sorted(call.principal.marketplaces)
    found = (for_marketplace(kit.playbooks, name) for name in names)
    playbook = next((book for book in found if book is not None), None)
    if playbook is None:
        raise NotFound
    return playbook
