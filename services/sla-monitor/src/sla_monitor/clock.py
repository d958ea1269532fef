"""Door 3: time passes. What is due fires; what nobody can explain waits for an operator."""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from sqlalchemy.ext.asyncio import AsyncEngine

from chassis.clock import Duty
from chassis.door import Journey, Pen, Tx, run
from sla_monitor.domain.following import Rules
from sla_monitor.domain.guard import FEWEST, Mode, Tick, next_mode
from sla_monitor.handlers.fire_clocks import fire_clocks
from sla_monitor.handlers.watch_load import may_fire_now, release_held
from sla_monitor.store import firing_holds, partitions

EVERY: Final = timedelta(milliseconds=500)


@dataclass(slots=True, kw_only=True)
class _Watch:
    """The tick before: the database's time and the host's, and what was known then."""

    mode: Mode = Mode.CATCHING_UP
    last: tuple[datetime, float] | None = None

    def look(self, now: datetime, *, lag: timedelta, due: int) -> Mode:
        here = asyncio.get_running_loop().time()
        tick = None
        if self.last is not None:
            before, here_before = self.last
            passed = timedelta(seconds=here - here_before)
            tick = Tick(elapsed=now - before, elapsed_here=passed, lag=lag)
        self.last = (now, here)
        self.mode = next_mode(self.mode, tick, due=due)
        return self.mode


def firing_duty(rules: Rules) -> Duty:
    """Fire every half second, by one replica at a time, and again at once while more is due."""
    watch = _Watch()

    async def fire(tx: Tx) -> bool:
        due = await firing_holds.count_due(tx, most=FEWEST)
        mode = watch.look(tx.now, lag=await partitions.find_lag(tx), due=due)
        if not await may_fire_now(tx, mode=mode, due=due):
            return False
        fired = await fire_clocks(tx, rules=rules)
        return fired.more

    return Duty(name="fire", every=EVERY, work=fire)


async def release(_arguments: Sequence[str], /, *, engine: AsyncEngine, pen: Pen) -> None:
    """Be the command `release`: an operator has looked, and what is held may fire."""
    journey = Journey(actor=f"service:{pen.service}")
    await run(engine, release_held, pen=pen, journey=journey)
