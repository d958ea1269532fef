"""Which rule decided a case, and which playbook was in force when."""

from datetime import datetime
from typing import Annotated, Any

import orjson
from fastapi import APIRouter, Depends, Query
from pydantic import AwareDatetime, Field
from starlette.responses import Response

from audit.api.access import READ, note_reading, open_case, wait_for_sequencing
from audit.domain.leaf import in_milliseconds
from audit.domain.rules_in_force import Applied, Question, applied_rules, playbook_at
from audit.handlers.explain_case import Explained, explain_case
from audit.store import leaves
from audit.store.leaves import Logged
from chassis import http
from chassis.door import Tx

router = APIRouter(prefix="/v1/cases", tags=["trail"])

At = Annotated[
    AwareDatetime | None, Query(description="The instant that is asked about; default now.")
]


class RuleApplied(http.ResponseModel):
    """A rule that decided something of the case."""

    question: Question = Field(description="What it decided.")
    rules: list[str] = Field(
        description="The row that matched; of a classification how it was found, of a decision the"
        " checklist it had to pass."
    )
    playbook: str | None = Field(description="The version that has the rule.")
    idx: int = Field(description="Place in the log of the event that says so.")
    at: AwareDatetime = Field(description="Since when it held.")
    until: AwareDatetime | None = Field(description="Until when; null: it holds.")
    held: bool = Field(description="Whether it held at the instant that is asked about.")
    actor: str | None = Field(description="Who applied it, by pseudonym.")
    said: dict[str, Any] = Field(description="What was seen and why, in codes.")


class InForce(http.ResponseModel):
    """The version under which cases were filed at an instant."""

    playbook: str | None = Field(description="The version; null: its record was cleared.")
    filed_at: AwareDatetime = Field(description="When the last case before it was filed.")
    idx: int = Field(description="Place in the log of that filing: the proof.")


class RulesOut(http.ResponseModel):
    """Which rules decided a case, and which playbook was in force at an instant."""

    case: str = Field(description="The case.")
    marketplace: str = Field(description="Whose.")
    at: AwareDatetime = Field(description="The instant that is asked about.")
    pinned: str | None = Field(
        description="The version that the case was pinned to then; null: it was not filed yet."
    )
    in_force: InForce | None = Field(
        description="The version for new cases of the marketplace then; null: none was ever filed."
    )
    items: list[RuleApplied] = Field(description="Every rule that decided, in the log's order.")
    unread: int = Field(description="Events of the case that could not be read for this.")


@router.get(
    "/{case_id}/rules",
    response_model=RulesOut,
    summary="Say which rule applied when",
    description="Folded from the log alone; no other service is asked. The reading is recorded.",
)
async def rules(
    case_id: http.CaseId, call: Annotated[http.Call, Depends(http.calling(READ))], at: At = None
) -> Response:
    await wait_for_sequencing(call, case_id)

    async def work(tx: Tx) -> RulesOut:
        case = await open_case(tx, call, case_id)
        asked = at or tx.now
        explained = await explain_case(tx, case_id, case=case)
        filed = await leaves.last_filing(tx, marketplace=case.marketplace, at=asked)
        query = {"case": case_id} | ({"at": in_milliseconds(at)} if at else {})
        await note_reading(tx, call, "rules", subject=case_id, query=query, case=case)
        return _shown(case_id, case.marketplace, asked, (explained, filed))

    return await call.read(work)


def _shown(
    case_id: str, marketplace: str, at: datetime, found: tuple[Explained, Logged | None]
) -> RulesOut:
    explained, filed = found
    return RulesOut(
        case=case_id,
        marketplace=marketplace,
        at=at,
        pinned=playbook_at(explained.explanation, at),
        in_force=_in_force(filed) if filed else None,
        items=[_applied(one, at) for one in applied_rules(explained.explanation)],
        unread=explained.unread,
    )


def _applied(one: Applied, at: datetime) -> RuleApplied:
    return RuleApplied(
        question=one.question,
        rules=list(one.rules),
        playbook=one.noted.playbook,
        idx=one.noted.idx,
        at=one.noted.at,
        until=one.until,
        held=one.held_at(at),
        actor=one.noted.actor,
        said=dict(one.noted.said),
    )


def _in_force(filed: Logged) -> InForce:
    return InForce(
        playbook=(filed.headers or {}).get("ce_playbook"),
        filed_at=datetime.fromisoformat(orjson.loads(filed.leaf)["occurred_at"]),
        idx=filed.idx,
    )
