"""Door 1: compliance reads, proves and takes away; each reading becomes a leaf."""

from audit.api import events, exports, holds, log, retention, rules, trails
from audit.api.problems import PROBLEMS

ROUTERS = (
    trails.router,
    rules.router,
    events.router,
    log.router,
    exports.router,
    holds.router,
    retention.router,
)

__all__ = ["PROBLEMS", "ROUTERS"]
