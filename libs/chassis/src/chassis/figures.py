"""What stands in the tables of every service, as figures: read when somebody looks, not before."""

from typing import Final

import structlog
from prometheus_client import Gauge
from sqlalchemy import text
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.ext.asyncio import AsyncEngine

from chassis.failures import describe

_PARKED_LABELS: Final = ("consumer", "reason", "state")

PENDING: Final = Gauge("chassis_outbox_pending", "Events that are not published yet.")
OLDEST_PENDING: Final = Gauge(
    "chassis_outbox_oldest_seconds", "How long the first of them has waited."
)
REFUSED: Final = Gauge("chassis_outbox_refused", "Those of them that Kafka has refused: an alarm.")
PARKED: Final = Gauge(
    "chassis_parked", "Records that wait, with what follows them.", _PARKED_LABELS
)
OLDEST_PARKED: Final = Gauge(
    "chassis_parked_oldest_seconds", "How long the first of them has waited.", _PARKED_LABELS
)
HELD: Final = Gauge("chassis_held_subjects", "Cases that wait for a parked record.", ("consumer",))
QUARANTINED: Final = Gauge("chassis_quarantined", "Records kept that are no events.")
READ_AT: Final = Gauge(
    "chassis_figures_timestamp_seconds", "When these figures were read, by the database's clock."
)

_COUNTS: Final = text("""
select
    (select count(*) from outbox_pending) as pending,
    (select count(*) from outbox_pending where error is not null) as refused,
    coalesce((
        select extract(epoch from clock_timestamp() - created_at)
        from outbox where id = (select min(id) from outbox_pending)
    ), 0)::float as oldest,
    (select count(*) from quarantine) as quarantined,
    extract(epoch from clock_timestamp())::float as read_at
""")
_PARKED: Final = text("""
select consumer, reason, state, count(*) as records,
       extract(epoch from clock_timestamp() - min(first_failed_at))::float as oldest
from parked_event where state in ('waiting', 'dead') group by 1, 2, 3
""")
_HELD: Final = text("""
select consumer, count(distinct subject) as subjects
from parked_event where state in ('waiting', 'dead') group by 1
""")
_log = structlog.get_logger()


async def read(engine: AsyncEngine) -> None:
    """Read them; while the database is away they stay as they were, and their time tells."""
    try:
        await _read(engine)
    except (SQLAlchemyError, OSError) as error:
        _log.warning("figures_not_read", error=describe(error))


async def _read(engine: AsyncEngine) -> None:
    async with engine.connect() as connection:
        counts = (await connection.execute(_COUNTS)).one()
        parked = (await connection.execute(_PARKED)).all()
        held = (await connection.execute(_HELD)).all()
    PENDING.set(counts.pending)
    REFUSED.set(counts.refused)
    OLDEST_PENDING.set(counts.oldest)
    QUARANTINED.set(counts.quarantined)
    READ_AT.set(counts.read_at)
    for gauge in (PARKED, OLDEST_PARKED, HELD):
        gauge.clear()
    for row in parked:
        PARKED.labels(row.consumer, row.reason, row.state).set(row.records)
        OLDEST_PARKED.labels(row.consumer, row.reason, row.state).set(row.oldest)
    for row in held:
        HELD.labels(row.consumer).set(row.subjects)
