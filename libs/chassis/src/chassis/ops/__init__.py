"""`/ops` of every service: what waits, what failed, and asking for it again."""

from chassis.ops.routes import router

__all__ = ["router"]
