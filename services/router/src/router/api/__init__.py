"""Door 1: what the router is asked over HTTP."""

from fastapi import APIRouter

from router.api import (
    assignments,
    classifications,
    decisions,
    defects,
    members,
    presence,
    queues,
    recommendations,
    rerouting,
    taking,
)

ROUTERS: tuple[APIRouter, ...] = (
    queues.router,
    taking.router,
    decisions.router,
    classifications.router,
    rerouting.router,
    defects.router,
    assignments.router,
    recommendations.router,
    members.router,
    presence.router,
)
