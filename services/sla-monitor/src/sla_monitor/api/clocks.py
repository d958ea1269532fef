"""What runs, what stands still, what is due next: of one case, and of all."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Annotated, Any, Final, Literal

from fastapi import APIRouter, Depends, Query
from pydantic import Field
from starlette.responses import Response

from chassis import http
from chassis.auth import Action, Scope
from chassis.door import Tx
from chassis.words import Code, Instant
from playbook.clock import Interval
from playbook.model import PlaybookNotLoaded
from sla_monitor.api.asking import WithRules, read_key, teams_shown
from sla_monitor.domain.explaining import Segment, consumed_by, explain, list_segments
from sla_monitor.domain.following import Rules
from sla_monitor.domain.holding import Held
from sla_monitor.store import clocks
from sla_monitor.store.clocks import Filter

READ: Final = Action(
    "clock.read",
    {
        "agent": Scope.TEAM | Scope.WORKER,
        "senior_agent": Scope.TEAM | Scope.WORKER,
        "supervisor": Scope.MARKETPLACE,
        "compliance": Scope.MARKETPLACE,
    },
)
LIST: Final = Action(
    "clock.list",
    {
        "agent": Scope.TEAM,
        "senior_agent": Scope.TEAM,
        "supervisor": Scope.MARKETPLACE,
        "compliance": Scope.MARKETPLACE,
    },
)
ClockState = Literal["running", "paused", "met", "breached", "cancelled", "ended"]

router = APIRouter(tags=["clocks"])


class SegmentOut(http.ResponseModel):
    """A stretch of a clock's life."""

    from_at: datetime = Field(description="From when.")
    to_at: datetime = Field(description="Until when; now, if it still goes on.")
    kind: Literal["running", "paused"] = Field(description="Whether it ran or stood still.")
    team: str | None = Field(description="Whose time it was.")
    counted: int = Field(description="Opening time in it that counted, in whole seconds.")


class StepOut(http.ResponseModel):
    """A share of the target."""

    percent: int = Field(description="Of the target; 100 is the due time.")
    due_at: datetime | None = Field(description="When it is reached; null while nothing runs.")
    fired: bool = Field(description="Whether it was reached and said so.")


class ClockOut(http.ResponseModel):
    """A promise in time."""

    clock: str = Field(description="Our id of it.")
    case: str = Field(description="The case.")
    kind: str = Field(description="first_response, resolution, handoff_accept …")
    object: str = Field(description="What it is about: the case, a handoff, a request …")
    episode: int = Field(description="Episode of the case.")
    state: ClockState = Field(description="A broken one stays `breached`, even once it was kept.")
    due_at: datetime | None = Field(description="When it is due; null while it stands still.")
    target: int = Field(description="Opening time allowed, in seconds.")
    consumed: int = Field(description="Opening time used until now, in whole seconds.")
    team: str | None = Field(description="Whose time it is.")
    playbook: str = Field(description="The playbook that it is pinned to.")
    calendar: str = Field(description="The calendar and version that it is pinned to.")
    steps: list[StepOut] = Field(description="Warnings on the way, then 100.")


class ClockInCase(ClockOut):
    """A promise in time, with what counted and why it is due when it is."""

    segments: list[SegmentOut] = Field(description="When it ran and stood still, in order.")
    explanation: str = Field(description="Where target and due time come from.")


class CaseClocks(http.ResponseModel):
    """All clocks of a case, also those that are over."""

    items: list[ClockInCase] = Field(description="The oldest first.")


@router.get(
    "/v1/cases/{case_id}/clocks", response_model=CaseClocks, summary="Read the clocks of a case"
)
async def read_case_clocks(
    case_id: http.CaseId,
    call: Annotated[http.Call, Depends(http.calling(READ, raises=(PlaybookNotLoaded,)))],
    rules: WithRules,
) -> Response:
    """Every clock with the time that counted. Dates for sellers come from letters, not clocks."""

    async def work(tx: Tx) -> CaseClocks:
        state = tx.views[case_id].state
        held = await clocks.list_of(tx, [case_id], marketplaces=[state.marketplace])
        of_case = held.get(case_id, [])
        intervals = await clocks.list_intervals(
            tx, [one.clock.clock_id for one in of_case], marketplace=state.marketplace
        )
        return CaseClocks(
            items=[
                _in_case(
                    one,
                    intervals.get(one.clock.clock_id, []),
                    rules=rules,
                    now=tx.now,
                    waiting_on=state.waiting_on,
                )
                for one in of_case
            ]
        )

    return await call.read(work, case=case_id)


@router.get(
    "/v1/clocks", response_model=http.Page[ClockOut], summary="List clocks, what is due first"
)
async def list_clocks(
    wanted: http.PageWanted,
    call: Annotated[http.Call, Depends(http.calling(LIST, raises=(PlaybookNotLoaded,)))],
    rules: WithRules,
    due_before: Annotated[Instant | None, Query(description="Only what is due earlier.")] = None,
    state: Annotated[ClockState | None, Query(description="Only those in this state.")] = None,
    team: Annotated[Code | None, Query(description="Only this team's.")] = None,
) -> Response:
    """
    List what ages: clocks with a due time, in the order in which they fall due.

    Supervisors see their marketplaces, everyone else the clocks of their own teams.
    """
    asked = Filter(
        marketplaces=frozenset(call.principal.marketplaces),
        teams=teams_shown(call.principal, team),
        state=state,
        due_before=due_before,
    )

    async def work(tx: Tx) -> http.Page[ClockOut]:
        after = read_key(wanted.after, prefix="clk")
        rows = await clocks.find_page(tx, asked, after=after, limit=wanted.limit + 1)
        return wanted.page(
            rows,
            key=_key,
            item=lambda held: ClockOut(**_fields(held, rules=rules, now=tx.now)),
        )

    return await call.read(work)


def _key(held: Held) -> tuple[object, ...]:
    return (held.clock.due_at, held.clock.clock_id)


def _in_case(
    held: Held, intervals: Sequence[Interval], *, rules: Rules, now: datetime, waiting_on: str
) -> ClockInCase:
    segments = list_segments(held, intervals, calendar=rules.calendar(held), now=now)
    return ClockInCase(
        **_fields(held, rules=rules, now=now),
        segments=[_segment(one) for one in segments],
        explanation=explain(held, waiting_on=waiting_on),
    )


def _fields(held: Held, *, rules: Rules, now: datetime) -> dict[str, Any]:
    clock = held.clock
    return {
        "clock": clock.clock_id,
        "case": held.case_id,
        "kind": clock.kind,
        "object": clock.object_id,
        "episode": clock.episode,
        "state": clock.state,
        "due_at": clock.due_at,
        "target": clock.target_seconds,
        "consumed": _seconds(consumed_by(held, calendar=rules.calendar(held), now=now)),
        "team": clock.team,
        "playbook": clock.playbook,
        "calendar": clock.calendar,
        "steps": [
            StepOut(percent=step.percent, due_at=step.due_at, fired=step.fired)
            for step in clock.steps
        ],
    }


def _segment(one: Segment) -> SegmentOut:
    return SegmentOut(
        from_at=one.from_at,
        to_at=one.to_at,
        kind=one.kind,
        team=one.team,
        counted=_seconds(one.counted),
    )


def _seconds(length: timedelta) -> int:
    return length // timedelta(seconds=1)
