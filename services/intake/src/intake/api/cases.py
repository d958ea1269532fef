"""Cases: filed, listed, read."""

from typing import Annotated, Final

from fastapi import APIRouter, Body, Depends, Query
from starlette.responses import Response

from chassis import http
from chassis.auth import Action, Scope
from chassis.door import Tx
from chassis.paging import moment_and_id
from chassis.problems import FieldError, Invalid, NotFound, Unavailable
from chassis.words import Code, Identifier
from contracts.cases import CaseOpened
from contracts.lifecycle import CaseState
from contracts.sealed import SealedValue
from contracts.words import SellerId
from intake.api.bodies import (
    EXAMPLE,
    CaseAsFiled,
    CaseSummary,
    NewCase,
    PostedCase,
    posted,
    summary,
)
from intake.api.filing import Filing, Prepared, check, prepare
from intake.api.state import READ, GivenKit, require_key
from intake.domain import progress
from intake.domain.authority import GrantTakenBack
from intake.domain.filing import AlreadyFiled, CaseHasEnded, FileCase, FiledCase, SubjectTaken
from intake.domain.incidents import NoIncident
from intake.handlers.file_case import file_case
from intake.handlers.note_contact import note_contact
from intake.store import cases

FILE: Final = Action("case.file", {"front_end": Scope.MARKETPLACE, "seller": Scope.OWN})
LIST: Final = Action(
    "case.list",
    {
        "front_end": Scope.MARKETPLACE,
        "seller": Scope.OWN,
        "supervisor": Scope.MARKETPLACE,
        "compliance": Scope.MARKETPLACE,
    },
)
# Races end after one new look; the second is for a case that ends in between.
LOOKS: Final = 3
WAS_FASTER: Final = (SubjectTaken, CaseHasEnded, GrantTakenBack)
"""Somebody changed meanwhile what was looked up."""

router = APIRouter(prefix="/v1/cases", tags=["cases"])


@router.post(
    "",
    status_code=201,
    response_model=PostedCase,
    summary="File a case",
    description="A repeated contact about the same subject (seller, issue type, identity fact) "
    "while a case is open answers 200 with that case and `merged: true`. The `external_ref` of the "
    "contact is kept beside the case's own: `GET /v1/cases?external_ref=…` finds the case by "
    "either, and filing under either again is a 409 `already-on-file` that names it.",
    responses={200: {"model": PostedCase, "description": "There is an open case: this one."}},
)
async def post_case(
    body: Annotated[NewCase, Body(examples=[EXAMPLE])],
    call: Annotated[http.Call, Depends(http.calling(FILE, raises=(AlreadyFiled, NoIncident)))],
    kit: GivenKit,
) -> Response:
    require_key(call)
    call.permit_marketplace(body.marketplace)
    by_seller = call.principal.kind == "seller"
    if by_seller:
        _check_own(body, call)
    filing = check(
        body,
        kit.playbooks,
        assurance="token" if by_seller else "front_end",
        text_model=kit.text_model,
    )
    for _look in range(LOOKS):
        prepared = await prepare(filing, engine=call.desk.engine, tag_key=call.desk.tag_key)
        try:
            return await _write(call, prepared, filing)
        except WAS_FASTER:
            continue  # the next look sees what they did
        except AlreadyFiled as error:
            is_told = not by_seller or error.seller in call.principal.sellers
            raise error if is_told else error.to_others() from None
    raise Unavailable


def _check_own(body: NewCase, call: http.Call) -> None:
    """
    Let a seller file for itself, and say nothing that only its marketplace can know.

    Raises:
        NotFound: It is for another, or of an incident.
        Invalid: It says which documents the marketplace holds: nobody would ask for them. Or what
            the marketplace has filled in.
    """
    if body.seller.ref != call.principal.seller_ref or body.parent:
        raise NotFound
    if body.evidence_on_file:
        detail = "a front-end says what the marketplace holds; send your documents to the case"
        raise Invalid([FieldError("/evidence_on_file", "not-taken", detail)])
    if body.prefilled:
        detail = "a front-end says what the marketplace has filled in; send it as `facts`"
        raise Invalid([FieldError("/prefilled", "not-taken", detail)])


async def _write(call: http.Call, prepared: Prepared, filing: Filing) -> Response:
    if isinstance(prepared, FileCase):
        return await _file(call, prepared, filing)

    async def work(tx: Tx) -> http.Reply:
        case = await note_contact(tx, prepared)
        return http.Reply(body=posted(case, merged=True), status=200)

    return await call.write(work, case=prepared.case)


async def _file(call: http.Call, command: FileCase, filing: Filing) -> Response:
    async def work(tx: Tx) -> http.Reply:
        case = await file_case(tx, command)
        headers = {"Location": f"/v1/cases/{case.id}"}
        body = posted(case, merged=False, questions=questions_of(command.opened, filing))
        return http.Reply(body=body, case=case.id, headers=headers)

    by_seller = call.principal.kind == "seller"
    actor = f"seller:{command.opened.seller.id}" if by_seller else None
    return await call.write(work, marketplace=command.marketplace, actor=actor)


def questions_of(opened: CaseOpened, filing: Filing) -> tuple[progress.Question, ...]:
    """Put what a filing has put off, in the seller's language."""
    seller, playbook = opened.seller, filing.playbook
    return progress.questions(
        opened.deferred or (),
        playbook,
        issue_type=opened.issue_type,
        language=playbook.language_for(seller.language, seller.region),
    )


@router.get("", response_model=http.Page[CaseSummary], summary="List cases, newest first")
async def list_cases(
    wanted: http.PageWanted,
    call: Annotated[http.Call, Depends(http.calling(LIST))],
    external_ref: Annotated[
        Identifier | None,
        Query(description="The marketplace's id: of the case or of a contact merged into it."),
    ] = None,
    seller: Annotated[SellerId | None, Query(description="The seller by pseudonym.")] = None,
    status: Annotated[Code | None, Query(description="The status.")] = None,
    issue_type: Annotated[Code | None, Query(description="The type as declared.")] = None,
) -> Response:
    asked = cases.Wanted(
        marketplaces=call.principal.marketplaces,
        sellers=_sellers(call, seller),
        external_ref=external_ref,
        status=status,
        issue_type=issue_type,
    )

    after = moment_and_id(wanted.after, prefix="case")

    async def work(tx: Tx) -> http.Page[CaseSummary]:
        rows = await cases.find_page(tx, asked, after=after, limit=wanted.limit + 1)
        return wanted.page(rows, key=lambda case: (case.opened_at, case.id), item=summary)

    return await call.read(work)


def _sellers(call: http.Call, asked: str | None) -> frozenset[str] | None:
    """Narrow a list to whom the caller may see: a seller sees itself only."""
    wanted = frozenset({asked}) if asked else None
    if call.principal.kind != "seller":
        return wanted
    return call.principal.sellers if wanted is None else wanted & call.principal.sellers


@router.get("/{case_id}", response_model=CaseAsFiled, summary="Read a case as filed")
async def read_case(
    case_id: http.CaseId, call: Annotated[http.Call, Depends(http.calling(READ))]
) -> Response:
    async def work(tx: Tx) -> CaseAsFiled:
        case = await cases.find(tx, case_id)
        if case is None:
            raise NotFound(case_id)
        return _as_filed(case, tx.views[case_id].state, call)

    return await call.read(work, case=case_id)


def _as_filed(case: FiledCase, state: CaseState, call: http.Call) -> CaseAsFiled:
    return CaseAsFiled(
        **summary(case).model_dump(exclude={"status"}),
        status=state.status,
        classified_as=state.classification and state.classification.issue_type,
        channel=state.channel,
        perspective=state.perspective,
        tier=state.seller.tier,
        region=state.seller.region,
        language=state.seller.language,
        acting_party=state.acting_party,
        handle=call.reveal(state.handle),
        subject=call.reveal(state.subject),
        description=call.reveal(state.description),
        facts={
            name: call.reveal(fact) if isinstance(fact, SealedValue) else fact
            for name, fact in state.facts.items()
        },
        amount_at_risk=state.amount_at_risk,
        references=list(state.references),
        evidence_on_file=list(state.evidence_on_file),
        parent=None if call.principal.kind == "seller" else state.parent,
        repeats=list(state.repeats),
        alike=list(state.alike),
        merged_into=state.merged_into,
        merged_here=list(state.merged_here),
    )
