"""`outcomes`: who brought which case to its end, and whether in time."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from chassis import ids
from chassis.door import Tx
from router.domain.queueing import CaseKey
from router.domain.recommend import PastCase

_ENOUGH: Final = 1000
# In time: before the resolution clock was due. A case without that clock says nothing of time.
_ADD: Final = """
insert into outcomes (marketplace, case_id, episode, member, issue_type, outcome, resolved_at,
                      hours, in_time)
select $1, $2, $3, $4, $5, $6, $7, $8, $7 <= min(due_at)
from case_clocks where marketplace = $1 and case_id = $2 and kind = 'resolution'
having count(*) > 0
on conflict do nothing
"""
_SIMILAR: Final = """
select member, in_time, hours, resolved_at from outcomes
where marketplace = $1 and issue_type = $2 and case_id <> $3
order by resolved_at desc limit $4
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Ended:
    """A case that a person brought to its end."""

    case: CaseKey
    episode: int
    member: str
    issue_type: str
    outcome: str
    resolved_at: datetime
    hours: float


async def add(tx: Tx, ended: Ended) -> None:
    """Keep how a case ended; once."""
    connection = await tx.raw()
    await connection.execute(
        _ADD,
        ended.case.marketplace,
        ids.to_uuid(ended.case.case_id),
        ended.episode,
        ids.to_uuid(ended.member),
        ended.issue_type,
        ended.outcome,
        ended.resolved_at,
        ended.hours,
    )


async def list_similar(tx: Tx, case: CaseKey, *, issue_type: str) -> list[PastCase]:
    """Return the newest thousand cases of the type and marketplace that people have ended."""
    connection = await tx.raw()
    rows = await connection.fetch(
        _SIMILAR, case.marketplace, issue_type, ids.to_uuid(case.case_id), _ENOUGH
    )
    return [_past(row) for row in rows]


def _past(row: Any) -> PastCase:  # noqa: ANN401 - a row of the driver
    return PastCase(
        member=ids.from_uuid("mem", row["member"]),
        in_time=row["in_time"],
        hours=row["hours"],
        resolved_at=row["resolved_at"],
    )
