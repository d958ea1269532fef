"""Why a case is where it is."""

from typing import Annotated

from fastapi import APIRouter, Depends
from pydantic import AwareDatetime, Field
from sqlalchemy import RowMapping
from starlette.responses import Response

from chassis import http
from chassis.door import Tx
from contracts.event import Part
from contracts.routing import Alternative, Lead, Predicate, Rejected, Signals
from contracts.words import ActorName, Code, Reference
from router.api.actions import READ_ROUTING
from router.store import decisions

router = APIRouter(prefix="/v1/cases", tags=["routing"])

Caller = Annotated[http.Call, Depends(http.calling(READ_ROUTING))]


class ClassificationKept(Part):
    issue_type: Code | None = Field(default=None, description="Type of issue.")
    symptom: Code | None = Field(default=None, description="What the seller sees.")
    root_cause_hint: Code | None = Field(default=None, description="What is likely behind it.")
    authority_level: int | None = Field(default=None, description="What a decision needs.")
    signals: Signals | None = Field(default=None, description="Where it hurts.")
    severity: Code | None = Field(default=None, description="How badly.")
    confidence: float = Field(description="How sure, 0 to 1.")
    method: Code = Field(description="declared, rule or human.")
    alternatives: tuple[Alternative, ...] = Field(
        default=(), description="What it might be instead."
    )
    predicates: tuple[Predicate, ...] = Field(default=(), description="What was looked at.")
    reason: Code | None = Field(default=None, description="A person's reason, or why one is asked.")


class RouteKept(Part):
    queue: Code = Field(description="Where it waits.")
    team: Code = Field(description="Who works that queue.")
    rule: Code = Field(description="Row of the playbook's table that fired.")
    inputs: dict[Code, tuple[Reference, ...]] = Field(description="All that the table saw.")
    predicates: tuple[Predicate, ...] = Field(default=(), description="That row's conditions.")
    skills: tuple[Code, ...] = Field(default=(), description="What the work needs.")
    priority: int = Field(description="1 is most urgent.")
    lead: Lead = Field(description="Who answers for it until a person does.")
    rejected: tuple[Rejected, ...] = Field(default=(), description="Rows before it, and why not.")


class DecisionOut(http.ResponseModel):
    decided_at: AwareDatetime = Field(description="When.")
    decided_by: ActorName = Field(description="Who, by pseudonym.")
    playbook: Reference = Field(description="The version that decided.")
    classification: ClassificationKept = Field(description="What it is about, and why.")
    route: RouteKept | None = Field(default=None, description="Where it goes; null in triage.")


class DecisionsOut(http.ResponseModel):
    items: tuple[DecisionOut, ...] = Field(description="Newest first.")


@router.get(
    "/{case_id}/routing", response_model=DecisionsOut, summary="Explain where a case went and why"
)
async def routing(case_id: http.CaseId, call: Caller) -> Response:
    """Each decision with its rule, the inputs it saw and the alternatives it rejected."""

    async def work(tx: Tx) -> DecisionsOut:
        rows = await decisions.list_of_case(tx, tx.views[case_id].state.marketplace, case_id)
        return DecisionsOut(items=tuple(_out(row) for row in rows))

    return await call.read(work, case=case_id)


def _out(row: RowMapping) -> DecisionOut:
    return DecisionOut(
        decided_at=row["decided_at"],
        decided_by=row["decided_by"],
        playbook=row["playbook"],
        classification=ClassificationKept.model_validate(row["classification"]),
        route=RouteKept.model_validate(row["route"]) if row["route"] else None,
    )
