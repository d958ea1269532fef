"""What a dispatcher looks at: cases that wait for somebody, and people who wait for a case."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

import orjson

from chassis import ids
from chassis.door import Tx
from router.domain.dispatch import Candidate, Kind
from router.domain.work import Member, Reach

# The first of each kind: a long queue must not keep another one's people waiting.
_A_KIND: Final = 50
_KINDS: Final = """
select distinct marketplace, queue, skills, clearance from queued_cases
where holder is null and waiting_on = 'platform'
"""
# Only what somebody with room has not refused: else fifty that nobody takes hide all behind them.
# `case`, since PostgreSQL would take queue, skills and clearance for independent, expect a
# handful of rows, and so read and sort whole queues instead of stopping at the first fifty.
_WAITING: Final = """
select r.* from jsonb_to_recordset($3::jsonb)
    as k (marketplace text, queue text, skills text[], clearance text[], crew uuid[])
cross join lateral (
    select q.marketplace, q.case_id, q.queue, q.due_at, q.skills, q.clearance, w.refused_by,
        (select p.delegate from assignments a join presences p on p.member = a.member
            and p.delegated_from <= $1 and $1 < p.delegated_until
            where a.marketplace = q.marketplace and a.case_id = q.case_id
            order by a.assigned_at desc limit 1) as delegate
    from queued_cases q
    join case_view v on v.case_id = q.case_id and v.playbook = any($2)
    cross join lateral (select array(
        select member from offers o where o.marketplace = q.marketplace
            and o.case_id = q.case_id and o.outcome in ('declined', 'lapsed')
            and o.why not in ('offered_again', 'taken')
        union select member from assignments a where a.marketplace = q.marketplace
            and a.case_id = q.case_id) as refused_by) w
    where q.marketplace = k.marketplace and q.queue = k.queue and q.case_id <> all($5)
        and q.holder is null and q.waiting_on = 'platform'
        and case when q.skills = k.skills and q.clearance = k.clearance
            then not k.crew <@ w.refused_by end
        and not exists (select from offers o where o.marketplace = q.marketplace
            and o.case_id = q.case_id and o.ended_at is null)
    order by q.due_at, q.case_id limit $4
) r
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


async def list_kinds(tx: Tx) -> list[Kind]:
    """Return what kinds of work wait: few, however many cases there are."""
    connection = await tx.raw()
    return [
        Kind(
            marketplace=row["marketplace"],
            queue=row["queue"],
            skills=tuple(row["skills"]),
            clearance=tuple(row["clearance"]),
        )
        for row in await connection.fetch(_KINDS)
    ]


async def list_waiting(
    tx: Tx, crews: Mapping[Kind, Collection[str]], *, reach: Reach
) -> list[WaitingRow]:
    """
    Return the most urgent cases of each kind that somebody of its crew may be asked to take.

    `crews`: for each kind the members who could, and have room.
    """
    asked = [_asked(kind, crew) for kind, crew in crews.items() if crew]
    if not asked:
        return []
    connection = await tx.raw()
    found = await connection.fetch(
        _WAITING,
        tx.now,
        list(reach.playbooks),
        orjson.dumps(asked).decode(),
        _A_KIND,
        ids.to_uuids(sorted(reach.on_hold)),
    )
    return [_waiting(row) for row in found]


def _asked(kind: Kind, crew: Collection[str]) -> dict[str, object]:
    return {
        "marketplace": kind.marketplace,
        "queue": kind.queue,
        "skills": kind.skills,
        "clearance": kind.clearance,
        "crew": [str(one) for one in ids.to_uuids(list(crew))],
    }


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
