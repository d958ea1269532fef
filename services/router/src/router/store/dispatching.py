"""What a dispatcher looks at: cases that wait for somebody, and people who wait for a case."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from chassis import ids
from chassis.door import Tx
from router.domain.dispatch import Candidate
from router.domain.work import Member

# The first of each queue: a long queue must not keep another one's people waiting.
_A_QUEUE: Final = 50
_WAITING: Final = """
with ranked as (
    select q.*, row_number() over (partition by marketplace, queue order by due_at, case_id) as nth
    from queued_cases q
    where holder is null and waiting_on = 'platform' and not exists (
        select from offers o where o.marketplace = q.marketplace and o.case_id = q.case_id
            and o.ended_at is null)
)
select r.marketplace, r.case_id, r.queue, r.due_at, r.skills, r.clearance,
    array(select member from offers o where o.marketplace = r.marketplace
            and o.case_id = r.case_id and o.outcome in ('declined', 'lapsed')
            and o.why not in ('offered_again', 'taken')
        union select member from assignments a where a.marketplace = r.marketplace
            and a.case_id = r.case_id) as refused_by,
    (select p.delegate from assignments a join presences p on p.member = a.member
        and p.delegated_from <= $1 and $1 < p.delegated_until
        where a.marketplace = r.marketplace and a.case_id = r.case_id
        order by a.assigned_at desc limit 1) as delegate
from ranked r where nth <= $2
"""
_CANDIDATES: Final = """
select m.*,
    (select count(*) from assignments a where a.member = m.member and a.ended_at is null)
    + (select count(*) from offers o where o.member = m.member and o.ended_at is null) as load
from presences p join members m using (member)
where p.presence = 'available' and (p.until is null or p.until > $1)
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class WaitingRow:
    """A case that nobody has and nobody is asked to take; who would not, and who stands in."""

    marketplace: str
    case_id: str
    queue: str
    due_at: datetime
    skills: tuple[str, ...]
    clearance: tuple[str, ...]
    refused_by: frozenset[str]
    delegate: str | None


async def list_waiting(tx: Tx) -> list[WaitingRow]:
    """Return the most urgent cases of each queue that could be worked now."""
    connection = await tx.raw()
    return [_waiting(row) for row in await connection.fetch(_WAITING, tx.now, _A_QUEUE)]


def _waiting(row: Any) -> WaitingRow:  # noqa: ANN401 - a row of the driver
    delegate = row["delegate"]
    return WaitingRow(
        marketplace=row["marketplace"],
        case_id=ids.from_uuid("case", row["case_id"]),
        queue=row["queue"],
        due_at=row["due_at"],
        skills=tuple(row["skills"]),
        clearance=tuple(row["clearance"]),
        refused_by=frozenset(ids.from_uuid("mem", one) for one in row["refused_by"]),
        delegate=None if delegate is None else ids.from_uuid("mem", delegate),
    )


async def list_candidates(tx: Tx) -> list[Candidate]:
    """Return who is available, with what each has in hands or is asked to take."""
    connection = await tx.raw()
    return [_candidate(row) for row in await connection.fetch(_CANDIDATES, tx.now)]


def _candidate(row: Any) -> Candidate:  # noqa: ANN401 - a row of the driver
    member = Member(
        member=ids.from_uuid("mem", row["member"]),
        login=row["login"],
        name=row["name"],
        marketplaces=tuple(row["marketplaces"]),
        teams=tuple(row["teams"]),
        roles=tuple(row["roles"]),
        authority=row["authority"],
        clearances=tuple(row["clearances"]),
        skills=tuple(row["skills"]),
        capacity=row["capacity"],
    )
    return Candidate(member=member, load=row["load"])
