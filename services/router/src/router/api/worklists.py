"""How a case looks in a worklist, and which cases one may ask for."""

from collections.abc import Callable, Collection
from dataclasses import dataclass
from typing import Annotated, Literal, TypeAlias

from fastapi import Depends, Query
from pydantic import AwareDatetime, Field
from sqlalchemy import RowMapping

from chassis import http
from chassis.paging import Key, moment_and_id
from chassis.words import Code
from router.domain.queueing import WorklistFilter
from router.store.queued_cases import Place

Severity = Literal["low", "medium", "high", "critical"]
WaitsOn = Literal["platform", "seller", "partner", "third_party"]


class QueuedCaseOut(http.ResponseModel):
    case: Code = Field(description="The case.")
    marketplace: Code = Field(description="Whose it is.")
    queue: Code = Field(description="Where it is.")
    issue_type: Code | None = Field(description="What it is about; null where nobody knows yet.")
    severity: Code = Field(description="How badly it hurts.")
    priority: int = Field(description="1 is most urgent.")
    waiting_on: Code = Field(description="platform: there is something to do; else whom it needs.")
    queued_at: AwareDatetime = Field(description="Since when; a repeated contact never moves it.")
    due_at: AwareDatetime = Field(description="When it breaks its next promise: the order.")
    breaks: Code | None = Field(
        description="Which promise that is; null: its resolution, until its clocks are heard."
    )
    skills: tuple[Code, ...] = Field(description="What whoever takes it must know.")
    clearance: tuple[Code, ...] = Field(description="Classes whoever takes it must be cleared for.")
    holder: Code | None = Field(description="Who has it.")
    on_hold: bool = Field(
        description="An event of it could not be read here: nobody can work it until operators"
        " have looked (`case-on-hold`). It is neither taken nor offered."
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class Filters:
    """What the query asks for."""

    severity: str | None
    issue_type: str | None
    waiting_on: str | None

    def by(self, member: str | None = None) -> WorklistFilter:
        """Make the store's filter; `member`: only what this member may work."""
        return WorklistFilter(
            severity=self.severity,
            issue_type=self.issue_type,
            waiting_on=self.waiting_on,
            workable_by=member,
        )


def _filters(
    severity: Annotated[Severity | None, Query(description="Only of this severity.")] = None,
    issue_type: Annotated[Code | None, Query(description="Only of this type.")] = None,
    waiting_on: Annotated[
        WaitsOn | None, Query(description="`platform`: only what can be worked now.")
    ] = None,
) -> Filters:
    return Filters(severity=severity, issue_type=issue_type, waiting_on=waiting_on)


FiltersWanted: TypeAlias = Annotated[Filters, Depends(_filters)]


def place_of(after: Key | None) -> Place | None:
    """Read where a page begins."""
    return moment_and_id(after, prefix="case")


def key_of(row: RowMapping) -> tuple[object, ...]:
    return row["due_at"], row["case_id"]


def cases_out(on_hold: Collection[str]) -> Callable[[RowMapping], QueuedCaseOut]:
    """Make what writes a row; `on_hold`: what this service has parked."""
    return lambda row: _case_out(row, on_hold=row["case_id"] in on_hold)


def _case_out(row: RowMapping, *, on_hold: bool) -> QueuedCaseOut:
    return QueuedCaseOut(
        case=row["case_id"],
        marketplace=row["marketplace"],
        queue=row["queue"],
        issue_type=row["issue_type"],
        severity=row["severity"],
        priority=row["priority"],
        waiting_on=row["waiting_on"],
        queued_at=row["queued_at"],
        due_at=row["due_at"],
        breaks=row["breaks"],
        skills=tuple(row["skills"]),
        clearance=tuple(row["clearance"]),
        holder=row["holder"],
        on_hold=on_hold,
    )
