"""Is this an ordinary day? If too much is due at once, firing waits for an operator."""

from dataclasses import dataclass
from datetime import timedelta
from typing import Final

import structlog

from chassis.door import Tx
from sla_monitor.domain.guard import FEWEST, Load, Mode, Seen, may_fire, next_mode
from sla_monitor.store import firing_failures, firing_holds, firing_ticks, partitions, sla_cases
from sla_monitor.store.firing_holds import Standing
from sla_monitor.store.sla_cases import CaseKey

_log = structlog.get_logger()

KEEP_TICK_AFTER: Final = timedelta(seconds=2)
_ALONE_AT_ONCE: Final = 20


@dataclass(frozen=True, slots=True, kw_only=True)
class Prospect:
    """What a tick may do: fire at all, and which cases again, each alone."""

    may_fire: bool
    alone: tuple[CaseKey, ...] = ()


NOTHING: Final = Prospect(may_fire=False)


async def look_ahead(tx: Tx, *, host: float) -> Prospect:
    """Say what is to be done in this tick. `host`: the host's clock, s since 1970."""
    due = await sla_cases.count_due(tx, most=FEWEST)
    alone = await firing_failures.list_due(tx, limit=_ALONE_AT_ONCE)
    mode = await _see(tx, host=host, due=due)

    if not await may_fire_now(tx, mode=mode, due=due):
        return NOTHING
    return Prospect(may_fire=due > 0, alone=tuple(alone))


async def _see(tx: Tx, *, host: float, due: int) -> Mode:
    """Compare with the last tick, of whichever replica; keep this one now and then."""
    last = await firing_ticks.find(tx)
    tick = last.next_tick(tx.now, host, lag=await partitions.find_lag(tx)) if last else None
    mode = next_mode(last.mode if last else Mode.CATCHING_UP, tick, due=due)

    if last is None or mode is not last.mode or abs(tx.now - last.at) > KEEP_TICK_AFTER:
        await firing_ticks.save(tx, Seen(at=tx.now, host=host, mode=mode))
    return mode


async def may_fire_now(tx: Tx, *, mode: Mode, due: int) -> bool:
    """
    Say whether a round may fire. If not, note once that an operator has to look.

    `python -m sla_monitor release` lets what is held go, until no more is due than ever.
    """
    standing = await firing_holds.find_standing(tx)
    if standing is Standing.HELD:
        return False
    if due < FEWEST:
        if standing is Standing.RELEASED:
            await firing_holds.close_drained(tx)
        return True
    if standing is Standing.RELEASED or mode is Mode.CATCHING_UP:
        return True

    load = await firing_holds.weigh(tx)
    if may_fire(mode, load):
        return True
    await _hold(tx, load, mode)
    return False


async def _hold(tx: Tx, load: Load, mode: Mode) -> None:
    await firing_holds.hold(tx, load)
    _log.error("firing_held", due=load.due, armed=load.armed, mode=mode.value)


async def release_held(tx: Tx) -> None:
    """Let what is held fire: an operator has looked."""
    released = await firing_holds.release(tx)
    _log.info("firing_released", holds=released)
