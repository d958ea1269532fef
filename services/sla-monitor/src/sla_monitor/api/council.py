"""The council: what is put before it, how its members vote, and what it decides."""

from datetime import datetime
from typing import Annotated, Final

from fastapi import APIRouter, Depends, Query
from pydantic import ConfigDict, Field, JsonValue
from starlette.responses import Response

from chassis import http
from chassis.auth import Action, Scope
from chassis.door import Tx
from chassis.problems import Forbidden
from chassis.words import Code, Note
from playbook.model import PlaybookNotLoaded
from sla_monitor.api.asking import WithRules, read_key
from sla_monitor.api.escalations import (
    EscalationId,
    EscalationState,
    case_of,
    get_escalation,
    permit_for,
    sealed_note,
)
from sla_monitor.domain.climbing import CodeUnknown
from sla_monitor.domain.council import COUNCIL, Decision, NoMajority, NoQuorum, Vote
from sla_monitor.domain.escalations import Escalation, EscalationNotFound, EscalationOver
from sla_monitor.handlers.decide_in_council import (
    SpeakInCouncil,
    decide_in_council,
    vote_in_council,
)
from sla_monitor.store import council_decisions, council_votes, escalations
from sla_monitor.store.escalations import Filter

LIST: Final = Action(
    "council.list",
    {
        "council": Scope.MARKETPLACE,
        "supervisor": Scope.MARKETPLACE,
        "compliance": Scope.MARKETPLACE,
    },
)
VOTE: Final = Action("council.vote", {"council": Scope.MARKETPLACE})
DECIDE: Final = Action("council.decide", {"council": Scope.MARKETPLACE})
_RAISES: Final = (CodeUnknown, EscalationNotFound, EscalationOver, PlaybookNotLoaded)
_EXAMPLE: Final[dict[str, JsonValue]] = {
    "outcome": "measure_undone",
    "reasons": ["own_terms_broken"],
}
_Reasons = Annotated[
    list[Code],
    Field(min_length=1, max_length=5, description="Of the playbook's list council_reason."),
]

router = APIRouter(prefix="/v1/council/reviews", tags=["council"])


class VoteBody(http.RequestModel):
    """What should come of it, and why."""

    model_config = ConfigDict(json_schema_extra={"examples": [_EXAMPLE]})

    outcome: Code = Field(description="Of the playbook's list council_outcome.")
    reasons: _Reasons


class DecisionBody(VoteBody):
    """What came of it, and why."""

    note: Note | None = Field(default=None, description="Words, sealed before they are kept.")


class VoteOut(http.ResponseModel):
    member: str = Field(description="Who, a pseudonym.")
    outcome: str = Field(description="What should come of it.")
    reasons: list[str] = Field(description="Why.")
    voted_at: datetime = Field(description="When it was last said.")


class DecisionOut(http.ResponseModel):
    outcome: str = Field(description="What came of it.")
    reasons: list[str] = Field(description="Why.")
    decided_by: str = Field(description="Who said so for the council.")
    decided_at: datetime = Field(description="When.")


class ReviewOut(http.ResponseModel):
    """A case before the council."""

    id: str = Field(description="The escalation by which it came.")
    case: str = Field(description="The case.")
    trigger: str = Field(description="What raised it: policy_conflict, letter_withdrawn …")
    reason: str = Field(description="Why, a code.")
    playbook: str = Field(description="The version whose rules are in question.")
    state: EscalationState = Field(description="How far it has come.")
    raised_at: datetime = Field(description="Since when.")
    votes: list[VoteOut] = Field(description="The last word of each member, the oldest first.")
    decision: DecisionOut | None = Field(description="What was decided; null before.")


@router.get(
    "",
    response_model=http.Page[ReviewOut],
    summary="List what is before the council, the oldest first",
)
async def list_reviews(
    wanted: http.PageWanted,
    call: Annotated[http.Call, Depends(http.calling(LIST))],
    state: Annotated[EscalationState | None, Query(description="Only those so far.")] = None,
) -> Response:
    asked = Filter(marketplaces=frozenset(call.principal.marketplaces), state=state, role=COUNCIL)

    async def work(tx: Tx) -> http.Page[ReviewOut]:
        after = read_key(wanted.after, prefix="esc")
        rows = await escalations.find_page(tx, asked, after=after, limit=wanted.limit + 1)
        votes = await council_votes.list_for(tx, rows)
        decided = await council_decisions.find_for(tx, rows)
        return wanted.page(
            rows,
            key=lambda row: (row.raised_at, row.escalation_id),
            item=lambda row: _shown(row, votes[row.escalation_id], decided.get(row.escalation_id)),
        )

    return await call.read(work)


@router.post("/{escalation_id}/votes", status_code=201, response_model=ReviewOut, summary="Vote")
async def vote(
    escalation_id: EscalationId,
    body: VoteBody,
    call: Annotated[http.Call, Depends(http.calling(VOTE, raises=_RAISES))],
    rules: WithRules,
) -> Response:
    """Say what should come of it. One's own last word counts, until it is decided."""

    async def work(tx: Tx) -> ReviewOut:
        command = await _command(tx, escalation_id, body, call)
        await vote_in_council(tx, command, rules=rules)
        return await _review(tx, command.escalation)

    return await call.write(
        work, case=case_of(escalation_id, call), permit=permit_for(escalation_id, call)
    )


@router.post(
    "/{escalation_id}/decision", status_code=201, response_model=ReviewOut, summary="Decide"
)
async def decide(
    escalation_id: EscalationId,
    body: DecisionBody,
    call: Annotated[
        http.Call, Depends(http.calling(DECIDE, raises=(*_RAISES, NoQuorum, NoMajority)))
    ],
    rules: WithRules,
) -> Response:
    """Record what more than half of the votes are for, once there is a quorum. It is final."""

    async def work(tx: Tx) -> ReviewOut:
        command = await _command(tx, escalation_id, body, call)
        return await _review(tx, await decide_in_council(tx, command, rules=rules))

    return await call.write(
        work, case=case_of(escalation_id, call), permit=permit_for(escalation_id, call)
    )


async def _command(tx: Tx, escalation_id: str, body: VoteBody, call: http.Call) -> SpeakInCouncil:
    escalation = await get_escalation(tx, escalation_id, call)
    if call.principal.member is None:
        raise Forbidden
    note = body.note if isinstance(body, DecisionBody) else None
    return SpeakInCouncil(
        escalation=escalation,
        member=call.principal.member,
        outcome=body.outcome,
        reasons=tuple(dict.fromkeys(body.reasons)),
        note=sealed_note(note, tx.views[escalation.case_id].state),
    )


async def _review(tx: Tx, escalation: Escalation) -> ReviewOut:
    key = escalation.escalation_id
    votes = await council_votes.list_for(tx, [escalation])
    decided = await council_decisions.find_for(tx, [escalation])
    return _shown(escalation, votes[key], decided.get(key))


def _shown(escalation: Escalation, votes: list[Vote], decision: Decision | None) -> ReviewOut:
    return ReviewOut(
        id=escalation.escalation_id,
        case=escalation.case_id,
        trigger=escalation.trigger,
        reason=escalation.reason,
        playbook=escalation.playbook,
        state=escalation.state,
        raised_at=escalation.raised_at,
        votes=[
            VoteOut(
                member=vote.member,
                outcome=vote.outcome,
                reasons=list(vote.reasons),
                voted_at=vote.voted_at,
            )
            for vote in votes
        ],
        decision=_decision(decision),
    )


def _decision(decision: Decision | None) -> DecisionOut | None:
    if decision is None:
        return None
    return DecisionOut(
        outcome=decision.outcome,
        reasons=list(decision.reasons),
        decided_by=decision.decided_by,
        decided_at=decision.decided_at,
    )
