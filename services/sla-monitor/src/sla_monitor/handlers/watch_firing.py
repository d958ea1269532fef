"""Time passed: does the firer still do its work? Whoever asks sees, and an alarm is raised once."""

from dataclasses import dataclass, field
from datetime import timedelta
from typing import Final

import structlog
from prometheus_client import Gauge

from chassis.door import Tx
from sla_monitor.domain.auditing import PATIENCE, Alarm, Sight, find_alarms
from sla_monitor.store import firing_sights

_log = structlog.get_logger()

_BEHIND: Final = Gauge(
    "sla_monitor_behind_seconds", "How far the log of the partition furthest behind was not read."
)
_LATE: Final = Gauge(
    "sla_monitor_late_seconds", "For how long the oldest step that may fire has waited."
)
_FAILING: Final = Gauge("sla_monitor_failing_cases", "Cases that cannot be fired: an alarm.")
_HELD: Final = Gauge("sla_monitor_firing_held", "1 while firing waits for an operator: an alarm.")
_LOOKED: Final = Gauge(
    "sla_monitor_audited_timestamp_seconds", "When the auditor last looked, by the database."
)


@dataclass(slots=True, kw_only=True)
class Watch:
    """What one process knows of the alarms: `/readyz` asks it."""

    patience: timedelta = PATIENCE
    alarms: frozenset[Alarm] = field(default_factory=frozenset)

    async def ask(self) -> str | None:
        """Name what is wrong, for `/readyz`."""
        return ", ".join(sorted(self.alarms)) or None


async def watch_firing(tx: Tx, *, watch: Watch) -> None:
    """Look, show it as figures, and log each alarm when it begins and when it ends."""
    sight = await firing_sights.look(tx)
    alarms = find_alarms(sight, patience=watch.patience)

    for alarm in sorted(alarms - watch.alarms):
        _log.error(alarm.value, **_figures(sight))
    for alarm in sorted(watch.alarms - alarms):
        _log.info("alarm_over", alarm=alarm.value, **_figures(sight))
    watch.alarms = alarms

    _show(sight)
    _LOOKED.set(tx.now.timestamp())


def _show(sight: Sight) -> None:
    _BEHIND.set(sight.behind.total_seconds())
    _LATE.set(sight.late.total_seconds())
    _FAILING.set(sight.failing)
    _HELD.set(sight.held)


def _figures(sight: Sight) -> dict[str, float | int | bool]:
    return {
        "behind_seconds": round(sight.behind.total_seconds(), 1),
        "late_seconds": round(sight.late.total_seconds(), 1),
        "failing": sight.failing,
        "held": sight.held,
    }
