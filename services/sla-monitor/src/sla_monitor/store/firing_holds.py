"""When firing was held for an operator, and what the operator said."""

from enum import Enum
from typing import Final

from sqlalchemy import text

from chassis.door import Tx
from sla_monitor.domain.guard import Load

_LOAD: Final = text("""
select count(*) filter (
           where clock_steps.due_at <= least(clock_timestamp(), caught_up_at)
       ) as due,
       count(*) as armed
from clock_steps
join clocks using (marketplace, clock_id)
join sla_cases using (marketplace, case_id)
join partitions using (partition)
where fired_at is null and clock_steps.due_at is not null
""")
_DUE: Final = text("""
select count(*) from (
    select 1 from clock_steps
    where fired_at is null and due_at <= clock_timestamp() limit :most
) as due
""")
_HOLD: Final = text(
    "insert into firing_holds (held_at, due, armed) values (clock_timestamp(), :due, :armed)"
)
_RELEASE: Final = text(
    "update firing_holds set released_at = clock_timestamp() where released_at is null"
)
_DRAIN: Final = text("""
update firing_holds set drained_at = clock_timestamp()
where released_at is not null and drained_at is null
""")
_STANDING: Final = text("select released_at from firing_holds where drained_at is null limit 1")


class Standing(Enum):
    """Whether firing waits for an operator."""

    FREE = "free"
    HELD = "held"
    RELEASED = "released"


async def count_due(tx: Tx, *, most: int) -> int:
    """Count steps that are due, up to `most`: enough to see whether it is worth a closer look."""
    count: int = await tx.scalar(_DUE, {"most": most})
    return count


async def weigh(tx: Tx) -> Load:
    """Count due and armed steps: reads all armed ones, so only when many are due."""
    row = (await tx.execute(_LOAD)).one()
    return Load(due=row.due, armed=row.armed)


async def hold(tx: Tx, load: Load) -> None:
    """Note that firing waits for an operator."""
    await tx.execute(_HOLD, {"due": load.due, "armed": load.armed})


async def release(tx: Tx) -> int:
    """Let what is held fire: an operator has looked. Says how many holds there were."""
    return (await tx.execute(_RELEASE)).rowcount


async def find_standing(tx: Tx) -> Standing:
    row = (await tx.execute(_STANDING)).first()
    if row is None:
        return Standing.FREE
    return Standing.HELD if row.released_at is None else Standing.RELEASED


async def close_drained(tx: Tx) -> None:
    """End a release once what it released has fired."""
    await tx.execute(_DRAIN)
