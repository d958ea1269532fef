"""How firing stands, for operators: how far the log was read, what is held, what fails."""

from datetime import datetime
from typing import Annotated, Final

from fastapi import APIRouter, Depends
from pydantic import Field
from starlette.responses import Response

from chassis import http
from chassis.auth import Action, Scope
from chassis.door import Tx
from sla_monitor.domain.auditing import find_alarms
from sla_monitor.store import firing_failures, firing_holds, firing_sights, partitions

LOOK: Final = Action("firing.look", {"operator": Scope.ANY})
_SHOWN: Final = 200

router = APIRouter(prefix="/ops", tags=["operations"])


class PartitionOut(http.ResponseModel):
    """How far one partition of the case log was read."""

    partition: int = Field(description="Its number.")
    caught_up_at: datetime = Field(description="Nothing fires that is due after this.")


class HoldOut(http.ResponseModel):
    """Firing that waits for an operator."""

    held_at: datetime = Field(description="Since when.")
    due: int = Field(description="Steps that were due at once.")
    armed: int = Field(description="Of so many that could still fire.")


class FailingCase(http.ResponseModel):
    """A case whose clocks cannot be fired. It keeps no other case waiting."""

    case: str = Field(description="The case.")
    error: str = Field(description="Kind of failure, never a value.")
    attempts: int = Field(description="Tries so far.")
    first_failed_at: datetime = Field(description="When it first failed.")
    next_attempt_at: datetime = Field(description="When it is tried again by itself.")


class FiringOut(http.ResponseModel):
    """How firing stands."""

    now: datetime = Field(description="The database's time, by which everything fires.")
    alarms: list[str] = Field(description="What somebody has to look at.")
    behind_seconds: float = Field(description="How far the partition furthest behind was not read.")
    late_seconds: float = Field(description="How long the oldest step that may fire has waited.")
    hold: HoldOut | None = Field(description="What an operator is asked about; null: nothing.")
    partitions: list[PartitionOut] = Field(description="How far each was read.")
    failing: list[FailingCase] = Field(description="What cannot be fired, at most 200.")


@router.get("/firing", response_model=FiringOut, summary="See how firing stands")
async def see_firing(call: Annotated[http.Call, Depends(http.calling(LOOK))]) -> Response:
    """Return what keeps clocks from firing, if anything does."""

    async def work(tx: Tx) -> FiringOut:
        sight = await firing_sights.look(tx)
        hold = await firing_holds.find_held(tx)
        return FiringOut(
            now=tx.now,
            alarms=sorted(find_alarms(sight)),
            behind_seconds=round(sight.behind.total_seconds(), 1),
            late_seconds=round(sight.late.total_seconds(), 1),
            hold=HoldOut.model_validate(hold) if hold else None,
            partitions=[
                PartitionOut(partition=partition, caught_up_at=at)
                for partition, at in (await partitions.list_all(tx)).items()
            ],
            failing=[_failing(one) for one in await firing_failures.list_all(tx, limit=_SHOWN)],
        )

    return await call.read(work)


def _failing(one: firing_failures.FiringFailure) -> FailingCase:
    return FailingCase(
        case=one.case.case_id,
        error=one.error,
        attempts=one.attempts,
        first_failed_at=one.first_failed_at,
        next_attempt_at=one.next_attempt_at,
    )
