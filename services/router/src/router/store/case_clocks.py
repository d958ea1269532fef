"""`case_clocks`: the promises that run on a case; the first to break is its place in line."""

from datetime import datetime
from typing import Final

from chassis import ids
from chassis.door import Tx
from router.domain.queueing import CaseKey

# One round trip each, by the driver: every clock of every case passes here.
_PUT: Final = """
with kept as (
    insert into case_clocks (marketplace, case_id, clock, kind, due_at) values ($1, $2, $3, $4, $5)
    on conflict (marketplace, case_id, clock) do update set due_at = excluded.due_at
    returning clock, kind, due_at
), first as (
    select due_at, kind from (
        select clock, kind, due_at from case_clocks
        where marketplace = $1 and case_id = $2 and clock <> $3
        union all select clock, kind, due_at from kept
    ) running order by due_at, clock limit 1
)
update queued_cases q set due_at = first.due_at, breaks = first.kind from first
where q.marketplace = $1 and q.case_id = $2
"""
# Where none runs any more the order stays as it was.
_REMOVE: Final = """
with gone as (
    delete from case_clocks where marketplace = $1 and case_id = $2 and clock = $3
), first as (
    select due_at, kind from case_clocks
    where marketplace = $1 and case_id = $2 and clock <> $3 order by due_at, clock limit 1
)
update queued_cases q set due_at = first.due_at, breaks = first.kind from first
where q.marketplace = $1 and q.case_id = $2
"""
_REMOVE_ALL: Final = "delete from case_clocks where marketplace = $1 and case_id = $2"


async def put(tx: Tx, case: CaseKey, *, clock: str, kind: str, due_at: datetime) -> None:
    """Keep when a running clock is due, and order the case by the first of them."""
    connection = await tx.raw()
    await connection.execute(_PUT, *_key(case), ids.to_uuid(clock), kind, due_at)


async def remove(tx: Tx, case: CaseKey, *, clock: str) -> None:
    """Forget a clock that runs no more, and order the case by what is left."""
    connection = await tx.raw()
    await connection.execute(_REMOVE, *_key(case), ids.to_uuid(clock))


async def remove_all(tx: Tx, case: CaseKey) -> None:
    connection = await tx.raw()
    await connection.execute(_REMOVE_ALL, *_key(case))


def _key(case: CaseKey) -> tuple[object, ...]:
    return case.marketplace, ids.to_uuid(case.case_id)
