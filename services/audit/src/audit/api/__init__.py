"""Door 1: compliance reads, proves and takes away; each reading becomes a leaf."""

from audit.api import events, exports, log, trails
from audit.api.problems import PROBLEMS

ROUTERS = (trails.router, events.router, log.router, exports.router)

__all__ = ["PROBLEMS", "ROUTERS"]
