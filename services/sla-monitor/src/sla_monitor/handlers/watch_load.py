"""Is this an ordinary day? If too much is due at once, firing waits for an operator."""

import structlog

from chassis.door import Tx
from sla_monitor.domain.guard import FEWEST, Load, Mode, may_fire
from sla_monitor.store import firing_holds
from sla_monitor.store.firing_holds import Standing

_log = structlog.get_logger()


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
    if standing is Standing.RELEASED:
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
