"""Appeals that wait for another person than who decided, and the answers to them."""

from typing import Annotated, Final, Literal

from fastapi import APIRouter, Depends, Query
from pydantic import AwareDatetime, ConfigDict, Field, JsonValue
from starlette.responses import Response

from chassis import http
from chassis.auth import Action, Principal, Scope
from chassis.door import Tx
from chassis.paging import moment_and_id
from chassis.problems import Invalid, NeedsAuthority, NotAllowedNow
from chassis.words import Code, Note
from contracts.lifecycle import CaseState
from contracts.words import DecisionId, EvidenceId
from resolution.api.access import (
    WORKERS,
    AppealId,
    case_of_appeal,
    playbook_of,
    sealed_note,
    state_of,
)
from resolution.domain.review import Instead, Review
from resolution.handlers.answer_appeal import AnswerAppeal, AppealAnswered, answer_appeal
from resolution.handlers.decide_case import DecisionIncomplete
from resolution.handlers.letters_in_force import LetterInvalidated
from resolution.store import appeals
from resolution.store.appeals import Appeal, Filter
from resolution.store.decisions import Decision

LIST: Final = Action(
    "appeal.list",
    {
        "agent": Scope.TEAM,
        "senior_agent": Scope.TEAM,
        "supervisor": Scope.MARKETPLACE,
        "compliance": Scope.MARKETPLACE,
    },
)
DECIDE: Final = Action("appeal.decide", WORKERS)
_SEES_ALL_TEAMS: Final = frozenset({"supervisor", "compliance"})

router = APIRouter(prefix="/v1/appeals", tags=["decisions"])

_RAISES: Final = (
    AppealAnswered,
    DecisionIncomplete,
    Invalid,
    LetterInvalidated,
    NeedsAuthority,
    NotAllowedNow,
)
_EXAMPLE: Final[dict[str, JsonValue]] = {
    "outcome": "overturned",
    "instead": [{"decision": "dec_01m80000000000000000000000", "outcome": "released"}],
    "reasons": ["evidence_complete"],
    "template": "payout_hold.decision.favourable",
}
_MOST: Final = 20


class InsteadBody(http.RequestModel):
    """What is decided in place of a decision that does not stand."""

    decision: DecisionId = Field(description="A decision that the appeal is against.")
    outcome: Code = Field(description="What is decided instead.")
    type: Code | None = Field(default=None, description="Of another type; else of the same.")
    reasons: Annotated[list[Code], Field(max_length=20)] = Field(
        default=[], description="Reasons of this answer alone; else those of the whole."
    )


class AppealDecisionBody(http.RequestModel):
    """What became of an appeal; every word a code of the playbook."""

    model_config = ConfigDict(json_schema_extra={"examples": [_EXAMPLE]})

    outcome: Literal["upheld", "overturned", "partly"] = Field(
        description="upheld: all decisions stand; overturned: none does; partly: some, or in part."
    )
    instead: Annotated[list[InsteadBody], Field(max_length=_MOST)] = Field(
        default=[], description="Of each decision that does not stand, what is decided instead."
    )
    reasons: Annotated[list[Code], Field(max_length=20)] = Field(
        default=[], description="Statement of reasons."
    )
    root_cause: Code | None = Field(
        default=None, description="What was behind it; by default as decided before."
    )
    evidence: Annotated[list[EvidenceId], Field(max_length=100)] = Field(
        default=[], description="Documents considered."
    )
    redress: Code | None = Field(
        default=None, description="How the seller may object; by default as decided before."
    )
    template: Code = Field(description="The letter that tells the seller.")
    note: Note | None = Field(default=None, description="Words, sealed before they are kept.")


class MadeAnew(http.ResponseModel):
    """A decision that answers the appeal."""

    decision: str = Field(description="Our id of it.")
    type: str = Field(description="What was decided.")
    outcome: str = Field(description="How.")
    adverse: bool = Field(description="Whether it goes against the seller.")
    question: str | None = Field(description="The point of the checklist that it answers.")


class AppealDecided(http.ResponseModel):
    """An appeal with its answer."""

    appeal: str = Field(description="The appeal.")
    case: str = Field(description="Its case, which ends with this.")
    outcome: str = Field(description="upheld, overturned or partly.")
    decisions: list[MadeAnew] = Field(description="What was decided, a decision a question.")
    decided_at: AwareDatetime = Field(description="When.")


class AppealOut(http.ResponseModel):
    """An appeal, and what somebody needs to know who may decide it."""

    id: str = Field(description="Our id of it.")
    case: str = Field(description="The case: open again, in its queue or in somebody's hands.")
    marketplace: str = Field(description="Where.")
    issue_type: str = Field(description="What the case is about.")
    team: str | None = Field(description="Whose queue it is in.")
    assignee: str | None = Field(description="Who has it in hands; null: take the case first.")
    decisions: list[str] = Field(description="The decisions that it is against.")
    ground: str = Field(description="What we got wrong, as the seller says: a code.")
    body: http.Restricted = Field(description="The seller's words; null where there are none.")
    required_authority: int = Field(description="The most that those decisions took.")
    not_for: list[str] = Field(description="Who made them, and so does not judge the appeal.")
    filed_at: AwareDatetime = Field(description="When it came.")
    outcome: str | None = Field(description="upheld, overturned or partly; null while it waits.")
    decided_at: AwareDatetime | None = Field(description="When it was answered.")


@router.get("", response_model=http.Page[AppealOut], summary="List appeals, the oldest first")
async def list_appeals(
    wanted: http.PageWanted,
    call: Annotated[http.Call, Depends(http.calling(LIST))],
    state: Annotated[
        Literal["open", "decided"], Query(description="Those that wait, or those answered.")
    ] = "open",
) -> Response:
    """
    Those that the caller may decide: of their teams, and within their authority.

    Supervisors and compliance see all of their marketplaces. Nobody is shown an appeal against
    what they decided themselves.
    """
    asked = _shown_to(call.principal, state)

    async def work(tx: Tx) -> http.Page[AppealOut]:
        after = moment_and_id(wanted.after, prefix="apl")
        rows = await appeals.find_page(tx, asked, after=after, limit=wanted.limit + 1)
        return wanted.page(
            rows,
            key=lambda row: (row[0].filed_at, row[0].id),
            item=lambda row: _shown(call, *row),
        )

    return await call.read(work)


def _shown_to(principal: Principal, state: Literal["open", "decided"]) -> Filter:
    sees_all = not _SEES_ALL_TEAMS.isdisjoint(principal.roles)
    return Filter(
        marketplaces=frozenset(principal.marketplaces),
        state=state,
        teams=None if sees_all else frozenset(principal.teams),
        authority=None if sees_all else principal.authority,
        reader=principal.member,
    )


def _shown(call: http.Call, appeal: Appeal, case: CaseState) -> AppealOut:
    told = case.appeals[appeal.id]
    return AppealOut(
        id=appeal.id,
        case=appeal.case_id,
        marketplace=appeal.marketplace,
        issue_type=case.issue_type,
        team=case.route.team if case.route else None,
        assignee=case.assignee.member if case.assignee else None,
        decisions=list(told.decisions),
        ground=told.ground,
        body=call.reveal(appeal.body),
        required_authority=appeal.authority_level,
        not_for=list(appeal.not_for),
        filed_at=appeal.filed_at,
        outcome=appeal.outcome,
        decided_at=appeal.decided_at,
    )


@router.post(
    "/{appeal_id}/decision",
    status_code=201,
    response_model=AppealDecided,
    summary="Decide an appeal",
)
async def decide_appeal(
    appeal_id: AppealId,
    body: AppealDecisionBody,
    call: Annotated[http.Call, Depends(http.calling(DECIDE, raises=_RAISES))],
) -> Response:
    """
    Decide all that the appeal is against, by another person than who decided it.

    Decisions, the letter to the seller and the end of the case: one transaction, all or nothing.
    """

    async def case_of(tx: Tx) -> str:
        return await case_of_appeal(tx, appeal_id)

    async def work(tx: Tx) -> AppealDecided:
        state = state_of(tx, await case_of(tx))
        command = AnswerAppeal(
            case=state.case_id,
            appeal=appeal_id,
            review=_review(body, call),
            note=sealed_note(state, body.note),
        )
        made = await answer_appeal(tx, command, playbook=playbook_of(call, state))
        return AppealDecided(
            appeal=appeal_id,
            case=state.case_id,
            outcome=body.outcome,
            decisions=[_made(one) for one in made],
            decided_at=tx.now,
        )

    return await call.write(work, case=case_of)


def _review(body: AppealDecisionBody, call: http.Call) -> Review:
    return Review(
        outcome=body.outcome,
        instead=tuple(
            Instead(
                decision=one.decision,
                outcome=one.outcome,
                type=one.type,
                reasons=tuple(one.reasons),
            )
            for one in body.instead
        ),
        reasons=tuple(body.reasons),
        root_cause=body.root_cause,
        evidence=tuple(body.evidence),
        redress=body.redress,
        template=body.template,
        authority=call.principal.authority,
    )


def _made(decision: Decision) -> MadeAnew:
    return MadeAnew(
        decision=decision.id,
        type=decision.type,
        outcome=decision.outcome,
        adverse=decision.adverse,
        question=decision.question,
    )
