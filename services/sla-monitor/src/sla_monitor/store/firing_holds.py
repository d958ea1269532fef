"""When firing was held for an operator, and what the operator said."""

from enum import Enum
from typing import Any, Final

from sqlalchemy import text

from chassis.door import Tx
from sla_monitor.domain.guard import Load

# By the index of armed steps alone, whatever the planner knows of the tables: what is parked counts
# too, and only makes the guard ask sooner.
_LOAD: Final = text("""
select count(*) filter (where due_at <= reached) as due, count(*) as armed
from clock_steps
cross join (select least(clock_timestamp(), max(caught_up_at)) as reached from partitions) as log
where fired_at is null and due_at is not null
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
_HELD: Final = text(
    "select held_at, due, armed from firing_holds where released_at is null"
    " order by held_at limit 1"
)
_STANDING: Final = text("select released_at from firing_holds where drained_at is null limit 1")


class Standing(Enum):
    """Whether firing waits for an operator."""

    FREE = "free"
    HELD = "held"
    RELEASED = "released"


async def weigh(tx: Tx) -> Load:
    """Count steps that are due as far as the log was read, and all armed ones; not for free."""
    row = (await tx.execute(_LOAD)).one()
    return Load(due=row.due, armed=row.armed)


async def hold(tx: Tx, load: Load) -> None:
    """Note that firing waits for an operator."""
    await tx.execute(_HOLD, {"due": load.due, "armed": load.armed})


async def find_held(tx: Tx) -> dict[str, Any] | None:
    """Find what an operator is asked about: when it was held, steps due, steps armed."""
    row = (await tx.execute(_HELD)).mappings().first()
    return dict(row) if row else None


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
