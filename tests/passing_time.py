"""Time passes for one clock of one case: a week is over at once, and nothing else moves."""

from datetime import datetime

import asyncpg

from chassis import ids
from stack.stacks import Stack

# All that the clock remembers moves back as far as the step lies ahead: to it and to everybody
# who asks it that is the same as if so much time had gone by.
_HOLD = "select from case_view where case_id = $1 for update"
"""What the SLA monitor has under way in the case is done before, or begins after."""
_AHEAD = """
select clock_id, clock_steps.due_at - clock_timestamp() as ahead from clocks join clock_steps
    using (marketplace, clock_id)
where case_id = $1 and kind = $2 and percent = $3
"""
_MOVES = (
    """
    update clocks set started_at = started_at - $2::interval, last_time = last_time - $2::interval,
        running_since = running_since - $2::interval, due_at = due_at - $2::interval
    where clock_id = $1
    """,
    "update clock_steps set due_at = due_at - $2::interval where clock_id = $1",
    """
    update sla_cases set next_due_at = least(next_due_at, next_due_at - $2::interval,
        clock_timestamp()) from clocks
    where clocks.clock_id = $1 and sla_cases.case_id = clocks.case_id
    """,
)


async def let_pass(stack: Stack, case: str, kind: str, *, percent: int) -> datetime:
    """Let the time pass until a step of a clock is due; return when that was going to be."""
    connection = await asyncpg.connect(stack.dsn("sla-monitor", role="owner"))
    try:
        async with connection.transaction():
            await connection.execute(_HOLD, ids.to_uuid(case))
            row = await connection.fetchrow(_AHEAD, ids.to_uuid(case), kind, percent)
            for move in _MOVES:
                await connection.execute(move, row["clock_id"], row["ahead"])
            due: datetime = await connection.fetchval("select clock_timestamp() + $1", row["ahead"])
            return due
    finally:
        await connection.close()
