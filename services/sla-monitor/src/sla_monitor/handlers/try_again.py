"""Someone has mended what kept cases from firing: try them at once."""

import structlog

from chassis.door import Tx
from sla_monitor.store import firing_failures

_log = structlog.get_logger()


async def try_again(tx: Tx, case_id: str | None = None) -> int:
    """Make one case, or all that could not be fired, due to be tried; say how many."""
    released = await firing_failures.release(tx, case_id)

    if released:
        _log.info("firing_again", cases=released)
    return released
