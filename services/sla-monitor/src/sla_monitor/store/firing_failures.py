"""Cases whose clocks could not be fired: each waits alone, and keeps nobody waiting."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from chassis import ids
from chassis.door import Tx
from sla_monitor.store.sla_cases import CaseKey

# 1 s, doubling, an hour at most, as the chassis waits for a parked record.
_NOTE: Final = """
insert into firing_failures as known (
    marketplace, case_id, subject, error, attempts, first_failed_at, next_attempt_at
)
select marketplace, case_id, subject, error, 1, clock_timestamp(),
       clock_timestamp() + interval '1 second'
from unnest($1::text[], $2::uuid[], $3::text[], $4::text[])
    as told (marketplace, case_id, subject, error)
on conflict (marketplace, case_id) do update
    set error = excluded.error, attempts = known.attempts + 1,
        next_attempt_at = clock_timestamp() + least(
            interval '1 hour', interval '1 second' * (1 << least(known.attempts, 12))
        )
"""
_FORGET: Final = "delete from firing_failures where marketplace = $1 and case_id = $2"
_DUE: Final = """
select marketplace, subject from firing_failures
where next_attempt_at <= clock_timestamp() order by next_attempt_at limit $1
"""
_RELEASE: Final = """
update firing_failures set next_attempt_at = clock_timestamp()
where $1::text is null or subject = $1 returning subject
"""
_LIST: Final = """
select marketplace, subject, error, attempts, first_failed_at, next_attempt_at
from firing_failures order by first_failed_at, marketplace, case_id limit $1
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class FiringFailure:
    """A case that cannot be fired: why, since when, and when it is tried again."""

    case: CaseKey
    error: str
    attempts: int
    first_failed_at: datetime
    next_attempt_at: datetime


async def note(tx: Tx, errors: Mapping[CaseKey, str]) -> None:
    """Note why cases could not be fired; each failure of a case makes its next wait longer."""
    if not errors:
        return
    cases = sorted(errors)
    names = [case.case_id for case in cases]
    marketplaces = [case.marketplace for case in cases]
    told = [errors[case] for case in cases]
    connection = await tx.raw()
    await connection.execute(_NOTE, marketplaces, ids.to_uuids(names), names, told)


async def forget(tx: Tx, case: CaseKey) -> None:
    """Note that it could be fired, or that nothing of it is due any more."""
    connection = await tx.raw()
    await connection.execute(_FORGET, case.marketplace, ids.to_uuid(case.case_id))


async def list_due(tx: Tx, *, limit: int) -> list[CaseKey]:
    """List cases that may be tried again, the longest waiting first."""
    connection = await tx.raw()
    rows = await connection.fetch(_DUE, limit)
    return [CaseKey(row["marketplace"], row["subject"]) for row in rows]


async def release(tx: Tx, case_id: str | None = None) -> int:
    """Let one of them, or all, be tried at once; say how many."""
    connection = await tx.raw()
    return len(await connection.fetch(_RELEASE, case_id))


async def list_all(tx: Tx, *, limit: int) -> list[FiringFailure]:
    """List them, the longest failing first."""
    connection = await tx.raw()
    return [
        FiringFailure(
            case=CaseKey(row["marketplace"], row["subject"]),
            error=row["error"],
            attempts=row["attempts"],
            first_failed_at=row["first_failed_at"],
            next_attempt_at=row["next_attempt_at"],
        )
        for row in await connection.fetch(_LIST, limit)
    ]
