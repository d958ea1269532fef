"""Who has a case, who is asked to take it, and how it leaves their hands."""

from collections.abc import Mapping
from http import HTTPStatus
from typing import Annotated, Literal

from fastapi import APIRouter, Depends
from pydantic import AwareDatetime, Field
from starlette.responses import Response

from chassis import http
from chassis.door import Tx
from chassis.problems import Forbidden
from chassis.words import Code, Identifier
from playbook.model import Playbook, pinned
from router.api.actions import ANSWER_OFFER, ASSIGN, RELEASE
from router.domain.work import (
    AnswerOffer,
    AssignCase,
    Assignment,
    CaseTaken,
    Member,
    MemberNotFound,
    MemberNotSuited,
    Offer,
    OfferCase,
    OfferNotOpen,
    ReleaseCase,
)
from router.handlers.answer_offer import accept_offer, decline_offer
from router.handlers.assign_case import assign_case
from router.handlers.offer_case import offer_case
from router.handlers.release_case import release_case
from router.store import members

router = APIRouter(prefix="/v1/cases", tags=["assignment"])

_RAISES = (MemberNotFound, CaseTaken, MemberNotSuited)
Assigner = Annotated[http.Call, Depends(http.calling(ASSIGN, raises=_RAISES))]
Asked = Annotated[
    http.Call, Depends(http.calling(ANSWER_OFFER, raises=(OfferNotOpen, MemberNotSuited)))
]
Holder = Annotated[http.Call, Depends(http.calling(RELEASE))]
Playbooks = Annotated[Mapping[str, Playbook], Depends(http.from_state("playbooks"))]


class AssignmentBody(http.RequestModel):
    member: Identifier = Field(
        description="Who takes the case: `mem_…` or a login. Oneself, unless one supervises.",
        examples=["mara"],
    )
    reason: Code = Field(
        default="specialist",
        description="Why this person, of the playbook's list `assignment`; for an offer.",
        examples=["specialist"],
    )


class DeclinationBody(http.RequestModel):
    reason: Code = Field(
        description="Why not, of the playbook's list `declination`.", examples=["overloaded"]
    )


class ReleaseBody(http.RequestModel):
    reason: Code = Field(
        description="Why, of the playbook's list `release`.", examples=["end_of_shift"]
    )


class AssignmentOut(http.ResponseModel):
    assignment: Code = Field(description="Id of the assignment, also while it is an offer.")
    case: Code = Field(description="The case.")
    member: Code = Field(description="Who has it, or is asked to.")
    team: Code = Field(description="For which team.")
    queue: Code = Field(description="Out of which queue.")
    state: Literal["offered", "accepted", "declined", "released"] = Field(
        description="accepted: they have it. offered: they are asked."
    )
    assigned_at: AwareDatetime | None = Field(description="Since when they have it.")
    lapses_at: AwareDatetime | None = Field(description="Until when an offer can be accepted.")


@router.post(
    "/{case_id}/assignment",
    status_code=HTTPStatus.CREATED,
    response_model=AssignmentOut,
    summary="Take a case, or offer it to a member",
)
async def assign(
    case_id: http.CaseId, body: AssignmentBody, call: Assigner, playbooks: Playbooks
) -> Response:
    """Oneself: a claim. Somebody else: an offer. What they have already answers 200."""

    async def work(tx: Tx) -> http.Reply:
        member = await _find(call, tx, body.member)
        playbook = _playbook(playbooks, tx, case_id)
        if member.member == call.principal.member:
            claim = AssignCase(case_id=case_id, member=member.member)
            return _reply(await assign_case(claim, tx=tx, playbook=playbook), tx)
        offer = OfferCase(case_id=case_id, member=member.member, reason=body.reason)
        return _reply(await offer_case(offer, tx=tx, playbook=playbook), tx)

    return await call.write(work, case=case_id)


@router.post(
    "/{case_id}/assignment/acceptance",
    response_model=AssignmentOut,
    summary="Accept the case that one was offered",
)
async def accept(case_id: http.CaseId, call: Asked, playbooks: Playbooks) -> Response:
    async def work(tx: Tx) -> AssignmentOut:
        command = AnswerOffer(case_id=case_id, member=call.principal.member or "")
        playbook = _playbook(playbooks, tx, case_id)
        return assignment_out(await accept_offer(command, tx=tx, playbook=playbook))

    return await call.write(work, case=case_id)


@router.post(
    "/{case_id}/assignment/declination",
    response_model=AssignmentOut,
    summary="Decline the case that one was offered",
)
async def decline(
    case_id: http.CaseId, body: DeclinationBody, call: Asked, playbooks: Playbooks
) -> Response:
    """It stays in its queue, in its place, and is not offered to the same person again."""

    async def work(tx: Tx) -> AssignmentOut:
        command = AnswerOffer(
            case_id=case_id, member=call.principal.member or "", reason=body.reason
        )
        playbook = _playbook(playbooks, tx, case_id)
        return _offer_out(await decline_offer(command, tx=tx, playbook=playbook), "declined")

    return await call.write(work, case=case_id)


@router.post(
    "/{case_id}/assignment/release",
    response_model=AssignmentOut,
    summary="Give a case back to its queue",
)
async def release(
    case_id: http.CaseId, body: ReleaseBody, call: Holder, playbooks: Playbooks
) -> Response:
    """By whoever has it, or a supervisor. Its place in the queue was kept."""

    async def work(tx: Tx) -> AssignmentOut:
        command = ReleaseCase(case_id=case_id, reason=body.reason)
        playbook = _playbook(playbooks, tx, case_id)
        held = await release_case(command, tx=tx, playbook=playbook)
        return assignment_out(held, "released")

    return await call.write(work, case=case_id)


async def _find(call: http.Call, tx: Tx, named: str) -> Member:
    """
    Find the member whom a caller names: oneself, or anybody of theirs for a supervisor.

    Raises:
        Forbidden: It is somebody else, or nobody: an agent is not told which.
        MemberNotFound: Nobody of the supervisor's marketplaces has that id or login.
    """
    supervises = "supervisor" in call.principal.roles
    try:
        member = await members.get(tx, named)
    except MemberNotFound:
        raise MemberNotFound if supervises else Forbidden from None
    if member.member == call.principal.member:
        return member
    if not supervises:
        raise Forbidden
    if not call.principal.marketplaces & set(member.marketplaces):
        raise MemberNotFound
    return member


def _playbook(playbooks: Mapping[str, Playbook], tx: Tx, case_id: str) -> Playbook:
    return pinned(playbooks, tx.views[case_id].state.playbook)


def _reply(made: Assignment | Offer, tx: Tx) -> http.Reply:
    if isinstance(made, Offer):
        body, at = _offer_out(made, "offered"), made.offered_at
    else:
        body, at = assignment_out(made), made.assigned_at
    return http.Reply(body=body, status=None if at == tx.now else HTTPStatus.OK)


def assignment_out(
    held: Assignment, state: Literal["accepted", "released"] = "accepted"
) -> AssignmentOut:
    return AssignmentOut(
        assignment=held.assignment,
        case=held.case_id,
        member=held.member,
        team=held.team,
        queue=held.queue,
        state=state,
        assigned_at=held.assigned_at,
        lapses_at=None,
    )


def _offer_out(offer: Offer, state: Literal["offered", "declined"]) -> AssignmentOut:
    return AssignmentOut(
        assignment=offer.assignment,
        case=offer.case_id,
        member=offer.member,
        team=offer.team,
        queue=offer.queue,
        state=state,
        assigned_at=None,
        lapses_at=offer.lapses_at,
    )
