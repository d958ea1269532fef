"""How firing stands, as anyone can see who looks at the tables: read, never written."""

from typing import Final

from chassis.door import Tx
from sla_monitor.domain.auditing import Sight
from sla_monitor.store.sla_cases import CONSUMER, FIREABLE

# Every partition that was ever read counts, and one that never was since something of it is due.
_LOOK: Final = f"""
select
    coalesce((
        select max(greatest(
            clock_timestamp() - coalesce(caught_up_at, next_due_at), interval '0'
        ))
        from (
            select partition, min(next_due_at) as next_due_at from sla_cases
            where next_due_at is not null group by partition
        ) as armed full join partitions using (partition)
    ), interval '0') as behind,
    coalesce((
        select max(least(clock_timestamp(), caught_up_at) - next_due_at)
        from sla_cases join partitions using (partition) where {FIREABLE}
    ), interval '0') as late,
    (select count(*) from firing_failures) as failing,
    exists (select from firing_holds where released_at is null) as held
"""  # noqa: S608 - of constants


async def look(tx: Tx) -> Sight:
    """Say how far behind the log is, how late the firer is, what it cannot fire, what it holds."""
    connection = await tx.raw()
    row = await connection.fetchrow(_LOOK, CONSUMER)
    return Sight(behind=row["behind"], late=row["late"], failing=row["failing"], held=row["held"])
